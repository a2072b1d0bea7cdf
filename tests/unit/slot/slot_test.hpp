#pragma once

#include <ktest/child_process.hpp>
#include <ktest/slot/slot_pool.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace ktest::test {

/// A place like a user's runtime directory, gone at the end.
class temporary_place {
public:
    temporary_place() {
        std::string name = "/tmp/ktest-slots-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{name};
        path = name;
        where.runtime = path / "runtime";
        std::filesystem::create_directory(path / "slots");
        std::filesystem::create_directory(where.runtime);
        std::filesystem::permissions(where.runtime, std::filesystem::perms::owner_all);
    }
    ~temporary_place() { std::filesystem::remove_all(path); }
    temporary_place(temporary_place const&) = delete;
    auto operator=(temporary_place const&) -> temporary_place& = delete;

    std::filesystem::path path;
    paths where;
};

/// The first `size` slots in a directory. A stranger has a slot's port while a file `NN.port` stands there.
struct test_slots {
    std::filesystem::path place;
    unsigned size = slot_number::count;

    explicit test_slots(temporary_place const& where, unsigned how_many = slot_number::count)
        : place{where.path / "slots"}, size{how_many} {}
    auto directory() const -> std::filesystem::path const& { return place; }
    auto open(slot_number number) const -> result<descriptor> {
        if (number.value() >= size) return unavailable("slot {} is none of this test's", number.name());
        return open_file(place / lock_name(number), O_RDWR | O_CREAT, 0666);
    }
    auto port(slot_number number) const { return place / (number.name() + ".port"); }
    auto port_is_free(slot_number number) const -> bool { return !std::filesystem::exists(port(number)); }
};

/// A process that executes `body(talk)`, where `talk` is a socket to its parent, and holds nothing else open.
class other_process {
public:
    template<class Body>
    explicit other_process(Body const& body) {
        auto ends = socket_pair();
        if (!ends) throw std::runtime_error{ends.error().message};
        auto const parent = ::getpid();
        auto const pid = ::fork();
        if (pid == 0) {
            detail::settle_child(parent, SIGKILL);
            ::dup2((*ends)[1].get(), 3);
            ::syscall(SYS_close_range, 4U, ~0U, 0U);
            body(3);
            ::_exit(0);
        }
        child = child_process{pid};
        ::setpgid(pid, pid);
        talk = std::move((*ends)[0]);
    }
    /// A line that it has said; empty when it has ended.
    auto hear() const -> std::string {
        std::string line;
        char c = 0;
        while (::read(talk.get(), &c, 1) == 1 && c != '\n') line += c;
        return line;
    }
    auto pid() const { return child.pid(); }

    child_process child;
    descriptor talk;
};

/// In such a process: says a line; waits until the parent has gone or closes its end.
inline void say(int talk, std::string const& line) { (void)write_all(talk, line + "\n"); }
inline void wait_for_parent(int talk) {
    char c = 0;
    while (::read(talk, &c, 1) > 0) {
    }
}

/// Claims a slot, says its number (or the error), and holds it.
inline auto claimer(temporary_place const& place, test_slots const& slots) {
    return [&place, slots](int talk) {
        auto const claimed = slot_pool{slots}.claim(place.where);
        say(talk, claimed ? claimed->number.name() : claimed.error().message);
        wait_for_parent(talk);
    };
}

} // namespace ktest::test
