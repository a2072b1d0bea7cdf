#pragma once

#include <ktest/file.hpp>
#include <ktest/paths.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <sys/stat.h>

namespace ktest {

namespace detail {

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

/// What is remembered of keys, template or not: files `KEY.seen`, `KEY.failures`, `KEY.cold` in a directory.
class template_marks {
public:
    explicit template_marks(std::filesystem::path directory) : directory_{std::move(directory)} {}

    /// Whether the key has been asked for before: only then a template pays.
    auto is_known(std::string const& key) const -> bool {
        std::error_code ignored;
        return std::filesystem::exists(mark(key, "seen"), ignored);
    }
    void make_known(std::string const& key) const { touch(mark(key, "seen")); }

    /// Counts a failure; true: it was the second, and the key stays cold for an hour.
    auto count_failure(std::string const& key) const -> bool {
        detail::count_in(mark(key, "failures"));
        if (detail::counted_in(mark(key, "failures")) < 2) return false;
        forgive(key);
        touch(mark(key, "cold"));
        return true;
    }
    /// A restored guest was well: earlier failures do not count any more.
    void forgive(std::string const& key) const {
        std::error_code ignored;
        std::filesystem::remove(mark(key, "failures"), ignored);
    }
    auto is_cold(std::string const& key) const -> bool {
        auto const age = detail::age_of(mark(key, "cold"));
        return age && *age < std::chrono::hours{1};
    }

    /// Forgets what nobody has asked for so long.
    void forget_older_than(std::chrono::seconds age) const {
        std::error_code ignored;
        for (auto const& entry : std::filesystem::directory_iterator{directory_, ignored})
            if (entry.is_regular_file(ignored) && detail::age_of(entry.path()).value_or(age) > age)
                std::filesystem::remove(entry.path(), ignored);
    }

private:
    auto mark(std::string const& key, char const* what) const -> std::filesystem::path {
        return directory_ / (key + '.' + what);
    }
    void touch(std::filesystem::path const& file) const {
        (void)make_private(directory_);
        (void)write_file(file, "", 0600);
    }

    std::filesystem::path directory_;
};

} // namespace ktest
