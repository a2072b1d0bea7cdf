#pragma once

#include <ktest/descriptor.hpp>

#include <filesystem>
#include <random>
#include <string>
#include <string_view>

#include <sys/stat.h>

namespace ktest {

/// Writes everything; an error names no file, the caller knows it.
inline auto write_all(int number, std::string_view text) -> result<void> {
    while (!text.empty()) {
        auto const written = ::write(number, text.data(), text.size());
        if (written < 0) {
            if (errno == EINTR) continue;
            return system_failure(errno, "write");
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

/// The rest of an open file, from its offset on.
inline auto read_all(int number) -> result<std::string> {
    std::string text;
    std::string block(1 << 16, '\0');
    for (;;) {
        auto const got = ::read(number, block.data(), block.size());
        if (got < 0) {
            if (errno == EINTR) continue;
            return system_failure(errno, "read");
        }
        if (got == 0) return text;
        text.append(block, 0, static_cast<std::size_t>(got));
    }
}

/// The whole content of a file.
inline auto read_file(std::filesystem::path const& path) -> result<std::string> {
    auto file = open_file(path, O_RDONLY);
    if (!file) return tl::unexpected{file.error()};
    return read_all(file->get()).map_error([&](error e) {
        return error{e.kind, fmt::format("{}: {}", path.string(), e.message)};
    });
}

/// Whether `path` names this very file: who waited for a lock on it may hold one that was removed meanwhile.
inline auto is_file_at(descriptor const& file, std::filesystem::path const& path) -> bool {
    struct stat opened {};
    struct stat named {};
    return ::fstat(file.get(), &opened) == 0 && ::stat(path.c_str(), &named) == 0
           && opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/// Replaces `path` in one step (written beside it, then renamed): a reader sees the old file or the new. What
/// is no regular file (/dev/stdout, /dev/null, a named pipe) stays, and is written to. `mode` as open(2)'s.
inline auto write_file(std::filesystem::path const& path, std::string_view text, mode_t mode = 0644)
    -> result<void> {
    struct stat there {};
    auto const name = std::string_view{path.native()};
    auto const is_stream =
        name.starts_with("/dev/std") || name.starts_with("/dev/fd/") || name.starts_with("/proc/");
    if (is_stream || (::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode)))
        return open_file(path, O_WRONLY | O_APPEND).and_then([&](descriptor place) -> result<void> {
            if (write_all(place.get(), text)) return {};
            return system_failure(errno, "{}", path.string());
        });
    // mkostemp(3) would take neither the mode nor the umask.
    auto const beside = fmt::format("{}.{:08x}", path.string(), std::random_device{}());
    descriptor file{::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
    if (!file) return system_failure(errno, "{}", path.string());
    auto const written = write_all(file.get(), text);
    if (!written || ::rename(beside.c_str(), path.c_str()) != 0) {
        auto const number = errno;
        ::unlink(beside.c_str());
        return system_failure(number, "{}", path.string());
    }
    return {};
}

} // namespace ktest
