#pragma once

#include <ktest/descriptor.hpp>
#include <ktest/digest.hpp>

#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include <unistd.h>

namespace ktest {

namespace detail {

constexpr off_t content_block = 1 << 16;

inline auto is_zero(std::string_view block) -> bool {
    return block.empty()
           || (block[0] == 0 && std::memcmp(block.data(), block.data() + 1, block.size() - 1) == 0);
}

/// What an open file has at `at`, up to a block of it.
inline auto read_block(int from, off_t at, std::string& block, std::filesystem::path const& path)
    -> result<void> {
    block.resize(static_cast<std::size_t>(content_block));
    std::size_t filled = 0;
    while (filled < block.size()) {
        auto const got =
            ::pread(from, block.data() + filled, block.size() - filled, at + static_cast<off_t>(filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_failure(errno, "{}", path.string());
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    block.resize(filled);
    return {};
}

/// Gives `take(offset, block) -> result<void>` the blocks that are not all zero; whether a zero is a hole
/// is nothing to it, for network file systems know no holes. `path` is the file's, for an error.
template<class Take>
auto for_each_block(int from, std::filesystem::path const& path, Take take) -> result<void> {
    auto const size = ::lseek(from, 0, SEEK_END);
    if (size < 0) return system_failure(errno, "{}", path.string());
    std::string block;
    for (off_t at = 0; at < size; at += content_block) {
        auto const data = ::lseek(from, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO) break; // the rest is a hole
        if (data > at) at = data / content_block * content_block;
        if (auto got = read_block(from, at, block, path); !got) return got;
        if (is_zero(block)) continue;
        if (auto taken = take(at, std::string_view{block}); !taken) return taken;
    }
    return {};
}

inline void add_block(digest& to, off_t at, std::string_view block) { to.add(std::to_string(at)).add(block); }

} // namespace detail

/// Names what an open file holds, wherever it lies and whatever of it is holes.
inline auto content_digest(int from, std::filesystem::path const& path) -> result<std::string> {
    digest all;
    return detail::for_each_block(from, path,
                                  [&](off_t at, std::string_view block) -> result<void> {
                                      detail::add_block(all, at, block);
                                      return {};
                                  })
        .map([&] { return all.add(std::to_string(::lseek(from, 0, SEEK_END))).text(); });
}

/// Copies an open file to an empty one, zeros as holes, and gives the digest of what was read. `from_path`
/// and `to_path` are for errors.
inline auto copy_content(int from, std::filesystem::path const& from_path, int to,
                         std::filesystem::path const& to_path) -> result<std::string> {
    auto const size = ::lseek(from, 0, SEEK_END);
    if (size < 0) return system_failure(errno, "{}", from_path.string());
    if (::ftruncate(to, size) != 0) return system_failure(errno, "{}", to_path.string());
    digest all;
    return detail::for_each_block(from, from_path,
                                  [&](off_t at, std::string_view block) -> result<void> {
                                      detail::add_block(all, at, block);
                                      while (!block.empty()) {
                                          auto const written = ::pwrite(to, block.data(), block.size(), at);
                                          if (written < 0 && errno == EINTR) continue;
                                          if (written < 0)
                                              return system_failure(errno, "{}", to_path.string());
                                          block.remove_prefix(static_cast<std::size_t>(written));
                                          at += written;
                                      }
                                      return {};
                                  })
        .map([&] { return all.add(std::to_string(size)).text(); });
}

} // namespace ktest
