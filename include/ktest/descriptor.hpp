#pragma once

#include <ktest/result.hpp>

#include <array>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ktest {

/// Owns one file descriptor.
class descriptor {
public:
    descriptor() = default;
    explicit descriptor(int number) : number_{number} {}
    descriptor(descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    auto operator=(descriptor&& other) noexcept -> descriptor& {
        if (this != &other) {
            close();
            number_ = other.release();
        }
        return *this;
    }
    ~descriptor() { close(); }

    auto get() const -> int { return number_; }
    auto release() -> int { return std::exchange(number_, -1); }
    void close() {
        if (number_ >= 0) ::close(std::exchange(number_, -1));
    }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_ = -1;
};

/// open(2), always close-on-exec.
inline auto open_file(std::filesystem::path const& path, int flags, mode_t mode = 0644)
    -> result<descriptor> {
    descriptor opened{::open(path.c_str(), flags | O_CLOEXEC, mode)};
    if (!opened) return system_failure(errno, "{}", path.string());
    return opened;
}

/// An empty read-write file in `directory` that has no name and goes with its last descriptor
/// (O_TMPFILE; where the file system has none: created and unlinked at once).
inline auto open_unnamed(std::filesystem::path const& directory) -> result<descriptor> {
    descriptor unnamed{::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
    if (unnamed) return unnamed;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)
        return system_failure(errno, "{}: cannot make a file", directory.string());
    auto name = (directory / "ktest-XXXXXX").string();
    descriptor named{::mkostemp(name.data(), O_CLOEXEC)};
    if (!named) return system_failure(errno, "{}: cannot make a file", directory.string());
    ::unlink(name.c_str());
    return named;
}

/// The same file, opened once more with other flags.
inline auto reopen(descriptor const& file, int flags) -> result<descriptor> {
    return open_file(fmt::format("/proc/self/fd/{}", file.get()), flags);
}

/// Two connected stream sockets, close-on-exec: the first is the host's end, the second QEMU's.
inline auto socket_pair() -> result<std::array<descriptor, 2>> {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return system_failure(errno, "socketpair");
    return std::array{descriptor{ends[0]}, descriptor{ends[1]}};
}

} // namespace ktest
