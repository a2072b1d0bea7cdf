#pragma once

#include <ktest/file.hpp>
#include <ktest/readable.hpp>
#include <ktest/slot/slot_backing.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/file.h>
#include <sys/inotify.h>

namespace ktest {

/// What to do when no slot is free.
struct slot_wait {
    std::optional<std::chrono::seconds> budget;      ///< none: wait for ever; 0: an error at once
    std::function<void(std::string_view why)> begun; ///< called once, when waiting begins
    int interrupt = -1;                              ///< waiting ends when this descriptor is readable
};

namespace detail {

/// Tells when a file of a directory is closed by anybody; where the kernel gives no more watches, never.
class close_watch {
public:
    explicit close_watch(std::filesystem::path const& directory)
        : events_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)} {
        if (events_) ::inotify_add_watch(events_.get(), directory.c_str(), IN_CLOSE);
    }
    auto get() const -> int { return events_.get(); }
    /// Forgets what it has told; whether there was anything.
    auto drain() const -> bool {
        std::array<char, 1U << 12U> block{};
        auto any = false;
        while (events_ && ::read(events_.get(), block.data(), block.size()) > 0) any = true;
        return any;
    }

private:
    descriptor events_;
};

} // namespace detail

/// The VM's directory, empty; nothing outside of it is touched, whatever links the last VM left.
inline auto fresh_vm_directory(paths const& where, slot_number number) -> result<std::filesystem::path> {
    auto const directory = vm_directory(where, number);
    return private_directory(directory.parent_path()).and_then([&](auto const&) {
        std::error_code failed;
        std::filesystem::remove_all(directory, failed);
        if (failed)
            return result<std::filesystem::path>{unavailable("{}: {}", directory.string(), failed.message())};
        return private_directory(directory);
    });
}

/// A host's slots. A slot is claimed by flock(2), so the kernel frees it, however its VM ends.
template<slot_backing Backing>
class slot_pool {
public:
    explicit slot_pool(Backing backing) : backing_{std::move(backing)} {}

    /// Claims a free slot whose ssh port is free too, and gives it an empty directory of the caller's.
    auto claim(paths const& where, slot_wait const& wait = {}) -> result<slot> {
        return claim(where, 1, wait).map([](std::vector<slot> one) { return std::move(one.front()); });
    }
    /// The same for several, all or none: who holds some while it waits for more may wait for ever.
    auto claim(paths const& where, std::size_t count, slot_wait const& wait) -> result<std::vector<slot>> {
        locks files;
        auto found = look(files, count);
        auto const possible = found.usable() + found.numbers.size() >= count;
        if (found.numbers.size() < count && possible && wait.budget != std::chrono::seconds{0})
            found = look_until_found(files, count, wait);
        if (found.numbers.size() < count) return none(found, count, wait);
        std::vector<slot> claimed;
        for (auto const number : found.numbers) {
            auto directory = fresh_vm_directory(where, number);
            if (!directory) return tl::unexpected{directory.error()};
            claimed.push_back({std::move(files[number.value()]), number, std::move(*directory)});
        }
        return claimed;
    }

private:
    /// The lock files, kept open while waiting: to open and close them at each look would wake every other
    /// waiter.
    using locks = std::array<descriptor, slot_number::count>;

    struct finding {
        std::vector<slot_number> numbers;
        unsigned taken = 0;     ///< locked by somebody
        unsigned port_held = 0; ///< free, but a stranger has the ssh port
        std::optional<error> unopened;
        bool interrupted = false;
        auto usable() const -> unsigned { return taken + port_held; }
    };

    /// Starts anywhere, so that runs which begin together, and users with pools of their own, seldom meet.
    auto look(locks& files, std::size_t count) const -> finding {
        finding found;
        auto const first = std::random_device{}();
        for (unsigned i = 0; i < slot_number::count && found.numbers.size() < count; ++i)
            look_at(slot_number::all()[(first % slot_number::count + i) % slot_number::count], files, found);
        if (found.numbers.size() < count)
            for (auto const number : found.numbers) ::flock(files[number.value()].get(), LOCK_UN);
        return found;
    }

    void look_at(slot_number number, locks& files, finding& found) const {
        auto& file = files[number.value()];
        if (!file) {
            auto opened = backing_.open(number);
            if (!opened) {
                found.unopened = opened.error();
                return;
            }
            file = std::move(*opened);
        }
        if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
            ++found.taken;
        } else if (!is_file_at(file, backing_.directory() / lock_name(number))) {
            file.close(); // the pool was made anew; the next look opens what is there now
            ++found.taken;
        } else if (!backing_.port_is_free(number)) {
            ::flock(file.get(), LOCK_UN);
            ++found.port_held;
        } else {
            found.numbers.push_back(number);
        }
    }

    /// The kernel tells of a close just before it frees the lock, so the first looks after it follow fast;
    /// and of a port that a stranger gives up nobody tells, so there is a look a second.
    auto look_until_found(locks& files, std::size_t count, slot_wait const& wait) const -> finding {
        using namespace std::chrono_literals;
        auto const end = wait.budget ? std::optional{deadline::clock::now() + *wait.budget} : std::nullopt;
        detail::close_watch const closes{backing_.directory()};
        auto pause = std::chrono::milliseconds{1s};
        for (auto begun = false;;) {
            auto found = look(files, count);
            auto const now = deadline::clock::now();
            if (found.numbers.size() == count || (end && now >= *end)) return found;
            if (!begun && wait.begun)
                wait.begun(fmt::format("{}: waiting for {}", reason(found, count), how_many(count)));
            begun = true;
            wait_readable({closes.get(), wait.interrupt}, end ? std::min(*end, now + pause) : now + pause);
            if (wait.interrupt >= 0 && wait_readable({wait.interrupt, -1}, now)) {
                found.interrupted = true;
                return found;
            }
            pause = closes.drain() ? 1ms : std::min<std::chrono::milliseconds>(pause * 4, 1s);
        }
    }

    static auto how_many(std::size_t count) -> std::string {
        return count == 1 ? "one" : fmt::format("{} at once", count);
    }
    auto reason(finding const& found, std::size_t count) const -> std::string {
        auto const free = found.numbers.size();
        if (found.port_held == 0 && free == 0)
            return fmt::format("all {} slots are taken (vm-start list says by whom)", found.taken);
        auto const others =
            found.port_held == 0
                ? std::string{"vm-start list says who has the others"}
                : fmt::format("taken slots: {}; the ssh ports of the other {} are other programs' "
                              "(127.0.0.1:9000 and up: ss -ltnp says whose)",
                              found.taken, found.port_held);
        if (free == 0) return others;
        return fmt::format("{} slots are wanted and {} free ({})", count,
                           free == 1 ? "only one is" : fmt::format("only {} are", free), others);
    }

    auto none(finding const& found, std::size_t count, slot_wait const& wait) const -> tl::unexpected<error> {
        if (found.usable() + found.numbers.size() == 0)
            return unavailable("no slot can be locked: {}", found.unopened ? found.unopened->message : "");
        if (found.interrupted)
            return unavailable("{}: interrupted while waiting for {}", reason(found, count), how_many(count));
        if (found.usable() + found.numbers.size() < count) return unavailable("{}", reason(found, count));
        if (wait.budget->count() == 0)
            return unavailable("{}, and --slot-wait 0 forbids to wait", reason(found, count));
        return unavailable("{}, and {} in {} s (--slot-wait)", reason(found, count),
                           count == 1 ? "none became free" : "there were never enough", wait.budget->count());
    }

    Backing backing_;
};

/// Claims so many of the machine's slots where it has any, else of the caller's own.
inline auto claim_slots(paths const& where, std::size_t count, slot_wait const& wait = {})
    -> result<std::vector<slot>> {
    if (auto machine = machine_slots::find()) return slot_pool{std::move(*machine)}.claim(where, count, wait);
    return user_slots::make(where).and_then(
        [&](user_slots const& own) { return slot_pool{own}.claim(where, count, wait); });
}
inline auto claim_slot(paths const& where, slot_wait const& wait = {}) -> result<slot> {
    return claim_slots(where, 1, wait).map([](std::vector<slot> one) { return std::move(one.front()); });
}

} // namespace ktest
