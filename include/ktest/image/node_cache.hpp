#pragma once

#include <ktest/file.hpp>
#include <ktest/host.hpp>
#include <ktest/image/file_cache.hpp>
#include <ktest/image/file_content.hpp>
#include <ktest/image/node_cache_room.hpp>
#include <ktest/image/unfinished_file.hpp>
#include <ktest/paths.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

namespace ktest {

/// A copy of a file, and the digest of what is in it.
struct node_copy {
    std::filesystem::path file;
    std::string content;
    friend auto operator==(node_copy const&, node_copy const&) -> bool = default;
};

/// A copy that nobody removes while it is open.
struct held_copy {
    node_copy copy;
    descriptor in_use;
    std::uintmax_t copied = 0; ///< bytes, by this very call; 0: it was there
};

/// Copies of files of a shared file system, on a disk of this node. A copy is named by its source's path,
/// inode, size and time; `NAME.mark` beside it is its lock while it is made, and says what it holds, and in
/// which boot of the node that was found true: a node that went down may have lost some of it.
class node_cache {
public:
    /// The caller's own part of `directory`, which other users may have theirs in; it is not made, for it may
    /// be a disk that is not mounted. Copies take `most` bytes together.
    static auto open(std::filesystem::path const& directory, std::uintmax_t most,
                     std::string boot_id = this_host().boot_id) -> result<node_cache> {
        struct stat status {};
        if (!directory.is_absolute())
            return usage_error("'{}' is not an absolute path (KTEST_NODE_CACHE)", directory.string());
        if (::stat(directory.c_str(), &status) != 0)
            return system_failure(errno, "{} (KTEST_NODE_CACHE)", directory.string());
        auto const others_replace = (status.st_mode & 0022) != 0 && (status.st_mode & S_ISVTX) == 0;
        if (others_replace)
            return unavailable("{0}: others may replace what is in it: chmod +t {0}", directory.string());
        auto const own = directory / fmt::format("ktest-{}", ::geteuid());
        return private_directory(own, "KTEST_NODE_CACHE")
            .and_then([&](auto const&) { return private_directory(own / "files", "KTEST_NODE_CACHE"); })
            .map([&](auto const&) {
                return node_cache{own, most, std::move(boot_id)};
            });
    }

    auto files() const { return directory_ / "files"; }
    auto templates() const { return directory_ / "templates"; }

    /// The copy of `source`, made where there is none or not a whole one, once however many ask. `source` is
    /// opened, not only looked at: so a network file system tells what it is now.
    auto take(std::filesystem::path const& source,
              std::chrono::milliseconds patience = std::chrono::minutes{2}) const -> result<held_copy> {
        auto const from = open_file(source, O_RDONLY);
        if (!from) return tl::unexpected{from.error()};
        auto const name = detail::trace_of(from->get());
        auto const place = files() / digest{}.add(source.string()).add(name).text();
        auto const mark = detail::lock_mark(place, patience);
        if (!mark) return tl::unexpected{mark.error()};
        if (auto content = whole(place, *mark)) return hold(place, std::move(*content), 0);
        auto content = copy(source, *from, place, *mark);
        auto held = content.and_then([&](auto const& text) { return hold(place, text, size_of(place)); });
        if (!held) detail::remove_copy(place);
        return held;
    }

private:
    node_cache(std::filesystem::path directory, std::uintmax_t most, std::string boot_id)
        : directory_{std::move(directory)}, most_{most}, boot_id_{std::move(boot_id)} {}

    /// The digest of a copy that is what it was; by its trace alone, where it was read in this boot.
    auto whole(std::filesystem::path const& place, descriptor const& mark) const
        -> std::optional<std::string> {
        auto const said = read_all(mark.get()).value_or("");
        auto const there = open_file(place, O_RDONLY);
        auto const content = said.substr(0, said.find(' '));
        if (content.empty() || !there) return std::nullopt;
        if (!boot_id_.empty() && said == line(content, *there)) return content;
        if (content_digest(there->get(), place) != content) return std::nullopt;
        if (!write_mark(mark, line(content, *there))) return std::nullopt;
        return content;
    }

    auto copy(std::filesystem::path const& source, descriptor const& from, std::filesystem::path const& place,
              descriptor const& mark) const -> result<std::string> {
        if (::flock(from.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
            return unavailable("{}: a VM writes it", source.string());
        auto const before = detail::trace_of(from.get());
        struct stat status {};
        ::fstat(from.get(), &status);
        if (auto room = detail::make_room(files(), place, detail::room_of(status), most_); !room)
            return tl::unexpected{room.error()};
        auto made = unfinished_file::open(place, 0600);
        if (!made) return tl::unexpected{made.error()};
        auto content = copy_content(from.get(), source, made->number(), place);
        if (!content) return content;
        if (detail::trace_of(from.get()) != before)
            return unavailable("{}: changed while it was copied", source.string());
        auto const copied = content_digest(made->number(), place);
        if (!copied) return copied;
        if (*copied != *content)
            return unavailable("{}: the disk does not hold what was written", place.string());
        return made->finish()
            .and_then([&] { return open_file(place, O_RDONLY); })
            .and_then([&](descriptor const& there) { return write_mark(mark, line(*content, there)); })
            .map([&] { return *content; });
    }

    auto hold(std::filesystem::path const& place, std::string content, std::uintmax_t copied) const
        -> result<held_copy> {
        return open_file(place, O_RDONLY).and_then([&](descriptor file) -> result<held_copy> {
            if (::flock(file.get(), LOCK_SH | LOCK_NB) != 0)
                return system_failure(errno, "{}", place.string());
            detail::touch(place);
            return held_copy{{place, std::move(content)}, std::move(file), copied};
        });
    }

    auto line(std::string const& content, descriptor const& copy) const -> std::string {
        return fmt::format("{} {} {}", content, boot_id_, detail::trace_of(copy.get()));
    }

    static auto write_mark(descriptor const& mark, std::string const& text) -> result<void> {
        if (::ftruncate(mark.get(), 0) != 0 || ::lseek(mark.get(), 0, SEEK_SET) < 0)
            return system_failure(errno, "a mark of the node's cache");
        return write_all(mark.get(), text);
    }

    static auto size_of(std::filesystem::path const& file) -> std::uintmax_t {
        struct stat status {};
        return ::stat(file.c_str(), &status) == 0 ? std::max<std::uintmax_t>(detail::room_of(status), 1) : 1;
    }

    std::filesystem::path directory_;
    std::uintmax_t most_;
    std::string boot_id_;
};

} // namespace ktest
