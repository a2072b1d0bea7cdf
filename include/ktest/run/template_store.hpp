#pragma once

#include <ktest/digest.hpp>
#include <ktest/image/unfinished_file.hpp>
#include <ktest/paths.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>
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

inline auto age_of(std::filesystem::path const& file) -> std::optional<std::chrono::seconds> {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return std::nullopt;
    return std::chrono::seconds{::time(nullptr) - status.st_mtim.tv_sec};
}

/// Counts by a byte each, which needs no lock.
inline void count_in(std::filesystem::path const& file) {
    if (auto opened = open_file(file, O_WRONLY | O_CREAT | O_APPEND, 0600))
        (void)write_all(opened->get(), ".");
}
inline auto counted_in(std::filesystem::path const& file) -> std::uintmax_t {
    std::error_code failed;
    auto const size = std::filesystem::file_size(file, failed);
    return failed ? 0 : size;
}

} // namespace detail

/// The user's templates: a directory each, by key. What is in one is complete when its manifest is there.
class template_store {
public:
    explicit template_store(std::filesystem::path directory, template_limits limits = {})
        : directory_{std::move(directory)}, limits_{limits} {}

    auto place_of(std::string const& key) const { return directory_ / key; }

    /// The key's template, if it is whole and still good; one that is not is removed. An opened one counts as
    /// used.
    auto find(std::string const& key) const -> std::optional<opened_template> {
        auto const place = place_of(key);
        auto const lock = open_file(place, O_RDONLY | O_DIRECTORY);
        if (!lock || ::flock(lock->get(), LOCK_SH | LOCK_NB) != 0) return std::nullopt;
        if (!std::filesystem::exists(place / "manifest.json")) return std::nullopt;
        auto opened = open_whole(place);
        if (!opened) {
            remove(key);
            return std::nullopt;
        }
        opened->id = key.substr(0, 4);
        detail::count_in(place / "uses");
        return opened;
    }

    /// Whether the key has been asked for before: only then a template pays.
    auto is_known(std::string const& key) const -> bool {
        std::error_code ignored;
        return std::filesystem::exists(mark(key, "seen"), ignored);
    }
    void make_known(std::string const& key) const { touch(mark(key, "seen")); }

    /// A guest that did not wake up: its template goes at the second time, and the key stays cold for an
    /// hour.
    void failed(std::string const& key) const {
        detail::count_in(mark(key, "failures"));
        if (detail::counted_in(mark(key, "failures")) < 2) return;
        std::error_code ignored;
        std::filesystem::remove(mark(key, "failures"), ignored);
        remove(key);
        touch(mark(key, "cold"));
    }
    auto is_cold(std::string const& key) const -> bool {
        auto const age = detail::age_of(mark(key, "cold"));
        return age && *age < std::chrono::hours{1};
    }

    /// The right to make the key's template; none: somebody else is making it. An error: there is no room for
    /// templates at all.
    auto begin_making(std::string const& key) const -> result<std::optional<descriptor>> {
        std::error_code failed;
        std::filesystem::create_directories(place_of(key), failed);
        if (failed) return unavailable("{}: {}", place_of(key).string(), failed.message());
        std::filesystem::permissions(directory_, std::filesystem::perms::owner_all, failed);
        return open_file(mark(key, "lock"), O_RDWR | O_CREAT, 0600)
            .map([](descriptor lock) -> std::optional<descriptor> {
                if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
                return lock;
            });
    }

    void remove(std::string const& key) const {
        std::error_code ignored;
        std::filesystem::remove(place_of(key) / "manifest.json", ignored); // first: nobody takes a half
        std::filesystem::remove_all(place_of(key), ignored);
    }

    /// Removes what is too old, was used too often, is not whole, or is too much in all, the oldest first.
    void prune() const {
        std::vector<std::pair<std::chrono::seconds, std::string>> whole;
        for (auto const& key : keys()) {
            auto const age = detail::age_of(place_of(key) / "manifest.json");
            if (age && is_good(place_of(key), *age))
                whole.emplace_back(*age, key);
            else if (auto lock = begin_making(key); lock && *lock) // nobody is just making it
                remove(key);
        }
        std::sort(whole.begin(), whole.end());
        std::uintmax_t taken = 0;
        for (auto const& [age, key] : whole)
            if (taken += size_of(key); taken > limits_.bytes) remove(key);
        for (auto const& entry : entries()) // marks of keys that nobody asks for any more
            if (entry.is_regular_file()
                && detail::age_of(entry.path()).value_or(limits_.age) > 30 * limits_.age)
                std::filesystem::remove(entry.path());
    }

    /// Keys of templates, whole or not.
    auto keys() const -> std::vector<std::string> {
        std::vector<std::string> all;
        for (auto const& entry : entries())
            if (entry.is_directory()) all.push_back(entry.path().filename().string());
        std::sort(all.begin(), all.end());
        return all;
    }

    /// Bytes on the disk.
    auto size_of(std::string const& key) const -> std::uintmax_t {
        std::uintmax_t sum = 0;
        std::error_code ignored;
        for (auto const& entry : std::filesystem::directory_iterator{place_of(key), ignored}) {
            struct stat status {};
            if (::stat(entry.path().c_str(), &status) == 0)
                sum += static_cast<std::uintmax_t>(status.st_blocks) * 512;
        }
        return sum;
    }

private:
    auto mark(std::string const& key, std::string_view what) const -> std::filesystem::path {
        return directory_ / fmt::format("{}.{}", key, what);
    }
    void touch(std::filesystem::path const& file) const {
        std::error_code ignored;
        std::filesystem::create_directories(directory_, ignored);
        (void)write_file(file, "", 0600);
    }
    auto entries() const -> std::vector<std::filesystem::directory_entry> {
        std::error_code ignored;
        std::filesystem::directory_iterator const all{directory_, ignored};
        return {begin(all), end(all)};
    }

    auto is_good(std::filesystem::path const& place, std::chrono::seconds age) const -> bool {
        return age < limits_.age && detail::counted_in(place / "uses") < limits_.uses;
    }

    auto open_whole(std::filesystem::path const& place) const -> std::optional<opened_template> {
        auto const age = detail::age_of(place / "manifest.json");
        auto const manifest =
            nlohmann::json::parse(read_file(place / "manifest.json").value_or(""), nullptr, false);
        auto memory = open_file(place / "memory", O_RDWR);
        auto root = open_file(place / "root.qcow2", O_RDONLY);
        auto state = open_file(place / "state", O_RDONLY);
        auto log = read_file(place / "kernel.log");
        if (!age || !is_good(place, *age) || !manifest.is_object() || !memory || !root || !state || !log)
            return std::nullopt;
        auto const text = read_all(state->get());
        auto const is = [&](char const* what, std::string const& value) {
            return manifest.value(what, "") == value;
        };
        if (!text || ::lseek(state->get(), 0, SEEK_SET) != 0 || !is("memory", detail::file_trace(*memory))
            || !is("root", detail::file_trace(*root)) || !is("state", digest{}.add(*text).text()))
            return std::nullopt;
        return opened_template{.age = *age,
                               .memory = std::move(*memory),
                               .root_writes = std::move(*root),
                               .state = std::move(*state),
                               .kernel_log = std::move(*log)};
    }

    std::filesystem::path directory_;
    template_limits limits_;
};

} // namespace ktest
