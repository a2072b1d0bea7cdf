#pragma once

#include <ktest/descriptor.hpp>

#include <filesystem>

#include <sys/sendfile.h>
#include <unistd.h>

namespace ktest {

/// Copies a file's data to the same places of another, which gets its size; where it has holes, nothing is
/// written (lseek(2), SEEK_DATA). `path` is the other's, for an error.
inline auto copy_data(int from, int to, std::filesystem::path const& path) -> result<void> {
    auto const size = ::lseek(from, 0, SEEK_END);
    if (size < 0 || ::ftruncate(to, size) != 0) return system_failure(errno, "{}", path.string());
    off_t hole = 0;
    while (hole < size) {
        auto data = ::lseek(from, hole, SEEK_DATA);
        if (data < 0 && errno == ENXIO) break; // the rest is a hole
        hole = ::lseek(from, data, SEEK_HOLE);
        if (data < 0 || hole < 0 || ::lseek(to, data, SEEK_SET) < 0)
            return system_failure(errno, "{}", path.string());
        while (data < hole) {
            auto const copied = ::sendfile(to, from, &data, static_cast<std::size_t>(hole - data));
            if (copied < 0 && errno == EINTR) continue;
            if (copied <= 0) return system_failure(copied < 0 ? errno : EIO, "{}", path.string());
        }
    }
    return {};
}

} // namespace ktest
