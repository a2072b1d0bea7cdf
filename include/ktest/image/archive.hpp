#pragma once

#include <ktest/descriptor.hpp>

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace ktest {

/// One thing in an archive: a file or a whole directory of the host (`source`), or what `content` says.
struct archive_member {
    std::string name;             ///< relative; directories on the way to it are made
    std::filesystem::path source; ///< followed if it is a link; empty: `content` counts
    std::string content;          ///< a file's text, a link's target
    mode_t mode = 0;              ///< 0: the source's; without a type it is a file's
    dev_t device = 0;             ///< of a device node
    friend auto operator==(archive_member const&, archive_member const&) -> bool = default;
};

enum class archive_kind {
    cpio, ///< newc, as the kernel unpacks it (its Documentation/driver-api/early-userspace/buffer-format.rst)
    iso9660 ///< with Rock Ridge; volume KTEST
};

namespace detail {

class archive_writer {
public:
    archive_writer(int file, archive_kind kind) : file_{file}, kind_{kind} {}

    auto open() -> result<void> {
        auto const iso = kind_ == archive_kind::iso9660;
        auto* const out = out_.get();
        auto const good =
            (iso ? archive_write_set_format_iso9660(out) : archive_write_set_format_cpio_newc(out))
                == ARCHIVE_OK
            && (!iso
                || archive_write_set_options(out, "rockridge=useful,!joliet,!pad,iso-level=3,"
                                                  "volume-id=KTEST")
                       == ARCHIVE_OK)
            && archive_write_open_fd(out, file_) == ARCHIVE_OK;
        if (!good) return failure("archive");
        return {};
    }

    auto add(archive_member const& member) -> result<void> {
        if (auto parents = add_parents(member.name); !parents) return parents;
        if (!member.source.empty()) return add_source(member);
        auto const type = (member.mode & S_IFMT) == 0 ? S_IFREG : member.mode & S_IFMT;
        header what{.name = member.name, .mode = type | (member.mode & 07777U), .device = member.device};
        if (type == S_IFLNK) what.target = member.content;
        if (type != S_IFREG) return add_header(what);
        what.size = static_cast<std::int64_t>(member.content.size());
        if (auto begun = add_header(what); !begun) return begun;
        return add_data(member.name, member.content);
    }

    auto finish() -> result<void> {
        if (archive_write_close(out_.get()) != ARCHIVE_OK) return failure("archive");
        return {};
    }

private:
    struct header {
        std::string name;
        mode_t mode = 0;
        std::int64_t size = 0;
        std::string target;
        dev_t device = 0;
    };
    /// Where a walk through a directory is: `name` in the archive, `directory` on the host, and how it got
    /// there.
    struct place {
        std::filesystem::path directory;
        std::string name;
        std::filesystem::path below; ///< the path from the tree's top, to which links are relative
        std::vector<std::pair<dev_t, ino_t>> parents; ///< against loops
    };

    auto failure(std::string_view name) const -> tl::unexpected<error> {
        auto const number = archive_errno(out_.get());
        auto const* const text = archive_error_string(out_.get());
        return unavailable("{}: cannot be packed: {}", name,
                           number > 0        ? std::strerror(number)
                           : text != nullptr ? text
                                             : "out of memory");
    }

    auto add_header(header const& what) -> result<void> {
        auto const directory = S_ISDIR(what.mode);
        if (!names_.insert(what.name).second)
            return directory ? result<void>{} : usage_error("two files would be called {}", what.name);
        constexpr std::size_t longest_name = 253; // of a name, for Linux cuts longer ones (fs/isofs/rock.c)
        if (kind_ == archive_kind::iso9660 && what.name.size() - (what.name.rfind('/') + 1) > longest_name)
            return usage_error("{}: its name is too long for the guest: {} bytes at most", what.name,
                               longest_name);
        std::unique_ptr<::archive_entry, decltype(&archive_entry_free)> const entry{
            archive_entry_new2(out_.get()), &archive_entry_free};
        archive_entry_set_pathname(entry.get(), what.name.c_str());
        archive_entry_set_mode(entry.get(), what.mode);
        archive_entry_set_size(entry.get(), what.size);
        archive_entry_set_nlink(entry.get(), directory ? 2 : 1);
        archive_entry_set_ino64(entry.get(), static_cast<std::int64_t>(names_.size()));
        for (auto const set : {&archive_entry_set_mtime, &archive_entry_set_atime, &archive_entry_set_ctime})
            set(entry.get(), 0, 0);
        if (S_ISLNK(what.mode)) archive_entry_set_symlink(entry.get(), what.target.c_str());
        archive_entry_set_rdev(entry.get(), what.device);
        if (archive_write_header(out_.get(), entry.get()) != ARCHIVE_OK) return failure(what.name);
        return {};
    }

    auto add_data(std::string_view name, std::string_view data) -> result<void> {
        while (!data.empty()) {
            auto const written = archive_write_data(out_.get(), data.data(), data.size());
            if (written <= 0) return failure(name);
            data.remove_prefix(static_cast<std::size_t>(written));
        }
        return {};
    }

    auto add_parents(std::string const& name) -> result<void> {
        auto const path = std::filesystem::path{name};
        auto const plain = !name.empty() && path.is_relative() && path.lexically_normal().native() == name
                           && name != "." && *path.begin() != ".." && name.back() != '/';
        if (!plain) return usage_error("'{}' cannot be a name in an archive", name);
        for (auto slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1))
            if (auto made = add_header({.name = name.substr(0, slash), .mode = S_IFDIR | 0755}); !made)
                return made;
        return {};
    }

    auto add_source(archive_member const& member) -> result<void> {
        auto const file =
            open_file(member.source, O_RDONLY | O_NONBLOCK); // a named pipe is no reason to wait
        if (!file) return tl::unexpected{file.error()};
        struct stat status {};
        if (::fstat(file->get(), &status) != 0) return system_failure(errno, "{}", member.source.string());
        auto const mode = member.mode != 0 ? member.mode & 07777U : status.st_mode & 07777U;
        if (S_ISDIR(status.st_mode)) return add_tree({member.source, member.name, {}, {}}, status, mode);
        if (S_ISREG(status.st_mode)) return add_file(member.name, member.source, *file, status.st_size, mode);
        return usage_error("{}: neither a file nor a directory", member.source.string());
    }

    auto add_file(std::string const& name, std::filesystem::path const& source, descriptor const& file,
                  std::int64_t size, mode_t mode) -> result<void> {
        if (auto begun = add_header({.name = name, .mode = S_IFREG | mode, .size = size}); !begun)
            return begun;
        std::string block(1U << 17U, '\0');
        while (size > 0) {
            auto const got = ::read(file.get(), block.data(), block.size());
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return system_failure(errno, "{}", source.string());
            if (got == 0) return unavailable("{}: became shorter while it was read", source.string());
            auto const part = std::min<std::int64_t>(got, size);
            if (auto added = add_data(name, {block.data(), static_cast<std::size_t>(part)}); !added)
                return added;
            size -= part;
        }
        return {};
    }

    auto add_tree(place at, struct stat const& status, mode_t mode) -> result<void> {
        if (auto made = add_header({.name = at.name, .mode = S_IFDIR | mode}); !made) return made;
        at.parents.emplace_back(status.st_dev, status.st_ino);
        std::error_code failed;
        std::vector<std::string> names;
        for (auto i = std::filesystem::directory_iterator{at.directory, failed};
             !failed && i != std::filesystem::directory_iterator{}; i.increment(failed))
            names.push_back(i->path().filename().string());
        if (failed) return unavailable("{}: {}", at.directory.string(), failed.message());
        std::sort(names.begin(), names.end());
        for (auto const& name : names) {
            auto const source = at.directory / name;
            struct stat inner {};
            if (::lstat(source.c_str(), &inner) != 0) return system_failure(errno, "{}", source.string());
            auto added = S_ISLNK(inner.st_mode) ? add_link(at, name)
                         : S_ISDIR(inner.st_mode)
                             ? add_tree({source, at.name + '/' + name, at.below / name, at.parents}, inner,
                                        inner.st_mode & 07777U)
                             : add_source({.name = at.name + '/' + name, .source = source});
            if (!added) return added;
        }
        return {};
    }

    /// A link that stays inside its tree is kept, so is one that leads nowhere or in circles; what any other
    /// leads to is packed in its place.
    auto add_link(place const& at, std::string const& name) -> result<void> {
        auto const source = at.directory / name;
        auto const inside = at.name + '/' + name;
        std::error_code failed;
        auto const target = std::filesystem::read_symlink(source, failed);
        if (failed) return unavailable("{}: {}", source.string(), failed.message());
        auto const leads = (at.below / target).lexically_normal();
        struct stat status {};
        auto const kept =
            (target.is_relative() && *leads.begin() != "..") || ::stat(source.c_str(), &status) != 0
            || std::count(at.parents.begin(), at.parents.end(), std::pair{status.st_dev, status.st_ino}) != 0;
        if (kept) return add_header({.name = inside, .mode = S_IFLNK | 0777, .target = target.string()});
        if (S_ISDIR(status.st_mode))
            return add_tree({source, inside, {}, at.parents}, status, status.st_mode & 07777U);
        return add_source({.name = inside, .source = source});
    }

    int file_;
    archive_kind kind_;
    std::unique_ptr<::archive, decltype(&archive_write_free)> out_{archive_write_new(), &archive_write_free};
    std::set<std::string> names_;
};

} // namespace detail

/// Writes an archive into an open empty file. Everything is root's and of 1970 (but for the ISO volume
/// itself, which has the time of its making). A name that comes twice, or leads out of the archive, is a
/// usage error; directories are joined.
inline auto write_archive(int file, archive_kind kind, std::vector<archive_member> const& members)
    -> result<void> {
    detail::archive_writer writer{file, kind};
    if (auto opened = writer.open(); !opened) return opened;
    for (auto const& member : members)
        if (auto added = writer.add(member); !added) return added;
    return writer.finish();
}

/// The content of a file that may be compressed with gzip, xz or zstd (`.ko`, `.ko.xz`).
inline auto decompress(std::filesystem::path const& path) -> result<std::string> {
    std::unique_ptr<::archive, decltype(&archive_read_free)> const in{archive_read_new(), &archive_read_free};
    auto const failure = [&] { return unavailable("{}: {}", path.string(), archive_error_string(in.get())); };
    auto const file = open_file(path, O_RDONLY);
    if (!file) return tl::unexpected{file.error()};
    archive_read_support_filter_gzip(in.get());
    archive_read_support_filter_xz(in.get());
    archive_read_support_filter_zstd(in.get());
    archive_read_support_format_raw(in.get());
    archive_read_support_format_empty(in.get());
    ::archive_entry* entry = nullptr;
    if (archive_read_open_fd(in.get(), file->get(), 1U << 17U) != ARCHIVE_OK) return failure();
    std::string text;
    auto const found = archive_read_next_header(in.get(), &entry);
    if (found == ARCHIVE_EOF) return text;
    if (found != ARCHIVE_OK) return failure();
    std::string block(1U << 17U, '\0');
    for (;;) {
        auto const got = archive_read_data(in.get(), block.data(), block.size());
        if (got < 0) return failure();
        if (got == 0) return text;
        text.append(block, 0, static_cast<std::size_t>(got));
    }
}

} // namespace ktest
