#pragma once

#include <ktest/run/machine_request.hpp>
#include <ktest/spec/bytes.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

/// Where copies of what all nodes share may lie, as the user says it; no directory: nowhere.
struct node_cache_wish {
    std::filesystem::path directory;
    bytes most{std::uint64_t{8} << 30U};
    friend auto operator==(node_cache_wish const&, node_cache_wish const&) -> bool = default;
};

/// A machine's files on this node.
struct staged_files {
    node_copies copies;
    std::vector<descriptor> in_use; ///< nobody removes the copies while these are open
    std::size_t count = 0;          ///< of those that had to be copied
    std::uintmax_t copied = 0;      ///< their bytes
};

/// Copies what a guest's start reads, all or an error: kernel, initramfs, modules image, root image.
inline auto stage_files(machine_request const& wanted, node_cache const& cache) -> result<staged_files> {
    staged_files staged;
    auto const stage = [&](std::filesystem::path const& file, node_copy& to) -> result<void> {
        return cache.take(file).map([&](held_copy held) {
            to = std::move(held.copy);
            staged.in_use.push_back(std::move(held.in_use));
            staged.copied += held.copied;
            staged.count += held.copied > 0 ? 1 : 0;
        });
    };
    staged.copies.templates = cache.templates();
    return stage(wanted.kernel.image, staged.copies.kernel)
        .and_then([&] { return stage(wanted.initramfs, staged.copies.initramfs); })
        .and_then([&]() -> result<void> {
            if (!wanted.modules_image) return {};
            return stage(*wanted.modules_image, staged.copies.modules.emplace());
        })
        .and_then([&] { return stage(wanted.root_image, staged.copies.root); })
        .map([&] { return std::move(staged); });
}

/// The same, where it is wished for, and tells the machine; without room or right it goes on from what is
/// shared, and says so in a line. What is given is to live as long as the machine's run.
template<class Say>
auto stage_where_wished(node_cache_wish const& wish, machine_request& machine, Say say)
    -> std::vector<descriptor> {
    if (wish.directory.empty() || machine.keep_root) return {};
    auto staged = node_cache::open(wish.directory, wish.most.count).and_then([&](node_cache const& cache) {
        return stage_files(machine, cache);
    });
    if (!staged) {
        say(fmt::format("no copies on this node, so the guest starts from the shared files: {}",
                        staged.error().message));
        return {};
    }
    if (staged->count > 0)
        say(fmt::format("{} file{} copied to this node, {} MiB", staged->count, staged->count == 1 ? "" : "s",
                        staged->copied >> 20U));
    machine.copies = std::move(staged->copies);
    return std::move(staged->in_use);
}

/// The machine with the files that QEMU is to open: the copies, where there are any.
inline auto on_this_node(machine_request wanted) -> machine_request {
    if (!wanted.copies) return wanted;
    auto const& copies = *wanted.copies;
    wanted.kernel.image = copies.kernel.file;
    wanted.initramfs = copies.initramfs.file;
    if (copies.modules) wanted.modules_image = copies.modules->file;
    wanted.root_image = copies.root.file;
    return wanted;
}

/// The machine with digests in place of its files, wherever they lie; only of one that has copies.
inline auto named_by_content(machine_request wanted) -> machine_request {
    auto const name = [](node_copy const& copy) { return std::filesystem::path{"/" + copy.content}; };
    auto const& copies = *wanted.copies;
    wanted.kernel.image = name(copies.kernel);
    wanted.initramfs = name(copies.initramfs);
    if (copies.modules) wanted.modules_image = name(*copies.modules);
    wanted.root_image = name(copies.root);
    return wanted;
}

} // namespace ktest
