#pragma once

#include <ktest/descriptor.hpp>

#include <filesystem>
#include <string>

#include <sys/file.h>
#include <sys/stat.h>

namespace ktest {

/// A file that gets its name when it is complete, and is nothing before that, however its maker ends. Where
/// the file system has no unnamed files (NFS), it is `PATH.new` meanwhile; the next maker of PATH takes that
/// over.
class unfinished_file {
public:
    /// Starts an empty file that is to become `path`.
    static auto open(std::filesystem::path const& path, mode_t mode = 0644) -> result<unfinished_file> {
        auto const directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
        descriptor unnamed{::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode)};
        if (unnamed) return unfinished_file{path, std::move(unnamed), {}};
        if (errno != EOPNOTSUPP && errno != EISDIR)
            return system_failure(errno, "{}: cannot make a file", directory.string());

        auto const name = path.string() + ".new";
        auto file = open_file(name, O_CREAT | O_RDWR, mode);
        if (!file) return tl::unexpected{file.error()};
        struct stat ours {};
        struct stat named {};
        if (::flock(file->get(), LOCK_EX | LOCK_NB) != 0 || ::fstat(file->get(), &ours) != 0
            || ::stat(name.c_str(), &named) != 0 || ours.st_ino != named.st_ino)
            return unavailable("{}: somebody else is making it", path.string());
        if (::ftruncate(file->get(), 0) != 0) return system_failure(errno, "{}", name);
        return unfinished_file{path, std::move(*file), name};
    }

    unfinished_file(unfinished_file&&) = default;
    auto operator=(unfinished_file&&) -> unfinished_file& = default;
    ~unfinished_file() {
        if (file_ && !name_.empty()) ::unlink(name_.c_str());
    }

    auto number() const -> int { return file_.get(); }

    /// It is complete: it takes its name, and the place of what had that name.
    auto finish() -> result<void> {
        auto name = name_;
        if (name.empty()) {
            name = fmt::format("{}.{}", path_.string(), ::getpid());
            auto const self = fmt::format("/proc/self/fd/{}", file_.get());
            if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0)
                return system_failure(errno, "{}", name);
        }
        if (::rename(name.c_str(), path_.c_str()) != 0) {
            auto const number = errno;
            ::unlink(name.c_str());
            return system_failure(number, "{}", path_.string());
        }
        file_.close();
        return {};
    }

private:
    unfinished_file(std::filesystem::path path, descriptor file, std::string name)
        : path_{std::move(path)}, file_{std::move(file)}, name_{std::move(name)} {}

    std::filesystem::path path_;
    descriptor file_;
    std::string name_; ///< empty: it has none yet
};

} // namespace ktest
