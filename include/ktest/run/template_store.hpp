#pragma once

#include <ktest/digest.hpp>
#include <ktest/paths.hpp>
#include <ktest/run/template_marks.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

#include <sys/file.h>

namespace ktest {

/// A saved guest, open: what of it is removed meanwhile is no loss.
struct opened_template {
    std::string id; ///< the beginning of its key
    std::chrono::seconds age{};
    descriptor memory, root_writes, state;
    std::string kernel_log; ///< of its boot, as init told it
};

/// What a list of templates tells of one.
struct stored_template {
    std::string key;
    std::chrono::seconds age{};
    std::uintmax_t uses = 0;
    std::uintmax_t bytes = 0; ///< on the disk
    std::string what;         ///< the guest, in a phrase
    bool good = false;        ///< whole, and neither too old nor too often used
};

/// How long a template serves, how often, and how much room all may take.
struct template_limits {
    std::chrono::seconds age = std::chrono::hours{24};
    std::uintmax_t uses = 200;
    std::uintmax_t bytes = std::uintmax_t{4} << 30U;
};

namespace detail {

/// What a file must still be: memory and root are too big to be read each time.
inline auto file_trace(descriptor const& file) -> std::string {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return "";
    return fmt::format("{} {} {}.{:09}", status.st_ino, status.st_size, status.st_mtim.tv_sec,
                       status.st_mtim.tv_nsec);
}

/// Of an object; anything else has none.
inline auto text_in(nlohmann::json const& object, char const* name) -> std::string {
    auto const at = object.is_object() ? object.find(name) : object.end();
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string{};
}

} // namespace detail

/// The user's templates: a directory each, by key. What is in one is complete when its manifest is there.
/// Whoever makes or removes one holds its lock; readers need none.
class template_store {
public:
    explicit template_store(std::filesystem::path directory, template_limits limits = {})
        : directory_{std::move(directory)}, limits_{limits} {}

    /// By what people name a key's template.
    static auto id_of(std::string const& key) -> std::string { return key.substr(0, 4); }
    auto place_of(std::string const& key) const -> std::filesystem::path { return directory_ / key; }
    auto marks() const -> template_marks { return template_marks{directory_}; }

    /// The key's template, if there is one; it counts as used. An error: it is not what was saved, and is
    /// removed.
    auto find(std::string const& key) const -> result<std::optional<opened_template>> {
        auto const place = place_of(key);
        if (!detail::age_of(place / "manifest.json")) return std::nullopt;
        if (!is_good(place)) {
            drop(key, [&] { return !is_good(place); });
            return std::nullopt;
        }
        if (auto closed = closed_to_others(); !closed) return tl::unexpected{closed.error()};
        auto opened = open_whole(place);
        if (!opened) {
            drop(key, [&] { return !open_whole(place); });
            return tl::unexpected{opened.error()};
        }
        opened->id = id_of(key);
        detail::count_in(place / "uses");
        return std::optional{std::move(*opened)};
    }

    /// The right to make the key's template; none: somebody else is making it. An error: there is no room for
    /// templates at all.
    auto begin_making(std::string const& key) const -> result<std::optional<descriptor>> {
        return make_private(directory_)
            .and_then([&] { return closed_to_others(); })
            .and_then([&] { return lock(key); })
            .and_then([&](std::optional<descriptor> held) -> result<std::optional<descriptor>> {
                if (held)
                    if (auto place = private_directory(place_of(key)); !place)
                        return tl::unexpected{place.error()};
                return held;
            });
    }

    /// For who holds the lock.
    void remove(std::string const& key) const {
        std::error_code ignored;
        std::filesystem::remove(place_of(key) / "manifest.json", ignored); // first: nobody takes a half
        std::filesystem::remove_all(place_of(key), ignored);
    }

    /// Removes it if nobody is making it and `condition` still holds then.
    template<class Condition>
    void drop(std::string const& key, Condition condition) const {
        if (auto held = lock(key); held && *held && condition()) remove(key);
    }
    void drop(std::string const& key) const {
        drop(key, [] { return true; });
    }

    /// Removes what is too old, was used too often, is not whole, or is too much in all, the oldest first.
    void prune() const {
        std::uintmax_t taken = 0;
        for (auto const& one : list())
            if (!one.good)
                drop(one.key, [&] { return !is_good(place_of(one.key)); });
            else if (taken += one.bytes; taken > limits_.bytes)
                drop(one.key);
        marks().forget_older_than(30 * limits_.age);
    }

    /// All of them, whole or not, the newest first.
    auto list() const -> std::vector<stored_template> {
        std::vector<stored_template> all;
        std::error_code ignored;
        for (auto const& entry : std::filesystem::directory_iterator{directory_, ignored}) {
            if (!entry.is_directory(ignored)) continue;
            auto const place = entry.path();
            auto const age = detail::age_of(place / "manifest.json");
            auto const manifest =
                nlohmann::json::parse(read_file(place / "manifest.json").value_or(""), nullptr, false);
            all.push_back({.key = place.filename().string(),
                           .age = age.value_or(std::chrono::seconds::max()),
                           .uses = detail::counted_in(place / "uses"),
                           .bytes = room_of(place),
                           .what = detail::text_in(manifest, "what"),
                           .good = is_good(place)});
        }
        std::sort(all.begin(), all.end(), [](auto const& one, auto const& other) {
            return std::tie(one.age, one.key) < std::tie(other.age, other.key);
        });
        return all;
    }

private:
    auto lock(std::string const& key) const -> result<std::optional<descriptor>> {
        return open_file(directory_ / (key + ".lock"), O_RDWR | O_CREAT, 0600)
            .map([](descriptor file) -> std::optional<descriptor> {
                if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
                return file;
            });
    }

    /// The user may have put a link in the directory's place.
    auto closed_to_others() const -> result<void> {
        std::error_code ignored;
        auto const there = std::filesystem::canonical(directory_, ignored);
        return private_directory(there.empty() ? directory_ : there).map([](auto const&) {});
    }

    auto is_good(std::filesystem::path const& place) const -> bool {
        auto const age = detail::age_of(place / "manifest.json");
        return age && *age < limits_.age && detail::counted_in(place / "uses") < limits_.uses;
    }

    static auto room_of(std::filesystem::path const& place) -> std::uintmax_t {
        std::uintmax_t sum = 0;
        std::error_code ignored;
        for (auto const& entry : std::filesystem::directory_iterator{place, ignored}) {
            struct stat status {};
            if (::stat(entry.path().c_str(), &status) == 0)
                sum += static_cast<std::uintmax_t>(status.st_blocks) * 512;
        }
        return sum;
    }

    static auto open_whole(std::filesystem::path const& place) -> result<opened_template> {
        opened_template all;
        for (auto [name, file, mode] : {std::tuple{"memory", &all.memory, O_RDWR}, // as QEMU will open it
                                        std::tuple{"root.qcow2", &all.root_writes, O_RDONLY},
                                        std::tuple{"state", &all.state, O_RDONLY}}) {
            auto opened = open_file(place / name, mode);
            if (!opened) return tl::unexpected{opened.error()};
            *file = std::move(*opened);
        }
        auto log = read_file(place / "kernel.log");
        auto const state = read_all(all.state.get());
        if (!log || !state) return tl::unexpected{log ? state.error() : log.error()};
        if (::lseek(all.state.get(), 0, SEEK_SET) != 0) return system_failure(errno, "{}", place.string());
        auto const manifest =
            nlohmann::json::parse(read_file(place / "manifest.json").value_or(""), nullptr, false);
        for (auto const& [name, is] : {std::pair{"memory", detail::file_trace(all.memory)},
                                       std::pair{"root", detail::file_trace(all.root_writes)},
                                       std::pair{"state", digest{}.add(*state).text()}})
            if (detail::text_in(manifest, name) != is)
                return unavailable("{}: its {} is not what was saved", place.string(), name);
        all.age = detail::age_of(place / "manifest.json").value_or(std::chrono::seconds{});
        all.kernel_log = std::move(*log);
        return all;
    }

    std::filesystem::path directory_;
    template_limits limits_;
};

} // namespace ktest
