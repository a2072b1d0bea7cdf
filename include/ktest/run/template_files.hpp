#pragma once

#include <ktest/copy_data.hpp>
#include <ktest/image/unfinished_file.hpp>
#include <ktest/run/open_machine.hpp>
#include <ktest/run/template_store.hpp>

#include <sys/mman.h>

namespace ktest {

/// The files of a template in the making; they have no names until it is whole.
struct template_files {
    /// The guest's while it boots: a disk's file system would take a second for its page faults.
    descriptor live_memory;
    descriptor live_root; ///< what it writes to the root
    unfinished_file memory, root_writes, state;

    /// `size` of memory, an empty overlay over a root of `root_size`; what the run goes on writing is on
    /// `scratch`.
    static auto open(std::filesystem::path const& place, std::filesystem::path const& scratch, bytes size,
                     bytes root_size) -> result<template_files> {
        auto memory = unfinished_file::open(place / "memory", 0600);
        auto root = unfinished_file::open(place / "root.qcow2", 0600);
        auto state = unfinished_file::open(place / "state", 0600);
        for (auto const* one : {&memory, &root, &state})
            if (!*one) return tl::unexpected{one->error()};
        descriptor live{::memfd_create("ktest-template", MFD_CLOEXEC)};
        if (!live || ::ftruncate(live.get(), static_cast<off_t>(size.count)) != 0)
            return system_failure(errno, "memfd_create");
        auto live_root = detail::open_overlay(scratch, root_size);
        return std::move(live_root).map([&](descriptor overlay) {
            return template_files{std::move(live), std::move(overlay), std::move(*memory), std::move(*root),
                                  std::move(*state)};
        });
    }

    /// Names them all, the manifest last. `what` describes the guest in a phrase.
    auto finish(std::filesystem::path const& place, std::string_view kernel_log, std::string const& what)
        -> result<void> {
        auto const trace = [](unfinished_file const& file) {
            descriptor const same{::fcntl(file.number(), F_DUPFD_CLOEXEC, 3)};
            return detail::file_trace(same);
        };
        if (auto copied = copy_data(live_memory.get(), memory.number(), place / "memory"); !copied)
            return copied;
        if (auto copied = copy_data(live_root.get(), root_writes.number(), place / "root.qcow2"); !copied)
            return copied;
        if (::lseek(state.number(), 0, SEEK_SET) != 0) return system_failure(errno, "{}", place.string());
        auto const saved = read_all(state.number());
        if (!saved) return tl::unexpected{saved.error()};
        auto const manifest = nlohmann::json{
            {"memory", trace(memory)},
            {"root", trace(root_writes)},
            {"state", digest{}.add(*saved).text()},
            {"what", what}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        for (auto const* mark : {"uses", "manifest.json"}) ::unlink((place / mark).c_str());
        return memory.finish()
            .and_then([&] { return root_writes.finish(); })
            .and_then([&] { return state.finish(); })
            .and_then([&] { return write_file(place / "kernel.log", kernel_log, 0600); })
            .and_then([&] { return write_file(place / "manifest.json", manifest, 0600); });
    }
};

} // namespace ktest
