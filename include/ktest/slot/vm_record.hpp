#pragma once

#include <ktest/file.hpp>
#include <ktest/host.hpp>
#include <ktest/slot/slot.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace ktest {

/// What a slot's VM is, for people to read: a file in the VM's directory. Nobody is signalled on its word
/// alone.
struct vm_record {
    std::string test;
    std::string node{}; ///< which of the test's VMs it is; empty: it is alone
    slot_number slot;
    host_identity host;
    pid_t owner = 0;                 ///< the process that claimed the slot
    std::chrono::seconds started{};  ///< since the epoch
    std::string kernel;              ///< as the user knows it
    std::filesystem::path directory; ///< where it was started from
    std::filesystem::path symbols{}; ///< the kernel's vmlinux; empty where there is none
    friend auto operator==(vm_record const&, vm_record const&) -> bool = default;
};

/// A name may hold any bytes, JSON may not: what is no UTF-8 is replaced.
inline auto to_json(vm_record const& record) -> std::string {
    nlohmann::ordered_json json;
    json["test"] = record.test;
    json["node"] = record.node;
    json["slot"] = record.slot.name();
    json["host"] = record.host.name;
    json["boot_id"] = record.host.boot_id;
    json["owner"] = record.owner;
    json["started"] = record.started.count();
    json["kernel"] = record.kernel;
    json["directory"] = record.directory.string();
    json["symbols"] = record.symbols.string();
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

inline auto parse_vm_record(std::string_view text) -> result<vm_record> {
    auto const json = nlohmann::json::parse(text, nullptr, false);
    auto const string = [&](char const* key) {
        auto const found = json.find(key);
        return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
    };
    auto const number = [&](char const* key) {
        auto const found = json.find(key);
        return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
    };
    if (!json.is_object()) return unavailable("not a VM's record");
    return parse_slot_number(string("slot")).map([&](slot_number slot) {
        return vm_record{.test = string("test"),
                         .node = string("node"),
                         .slot = slot,
                         .host = {string("host"), string("boot_id")},
                         .owner = static_cast<pid_t>(number("owner")),
                         .started = std::chrono::seconds{number("started")},
                         .kernel = string("kernel"),
                         .directory = string("directory"),
                         .symbols = string("symbols")};
    });
}

/// Replaces the record in one step.
inline auto write_vm_record(std::filesystem::path const& file, vm_record const& record) -> result<void> {
    return write_file(file, to_json(record), 0600);
}

/// Reads a regular file of at most 64 KiB and nothing else; whatever stands there harms nobody.
inline auto read_vm_record(std::filesystem::path const& file) -> result<vm_record> {
    constexpr off_t limit = 1 << 16U;
    auto const opened = open_file(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!opened) return tl::unexpected{opened.error()};
    struct stat status {};
    if (::fstat(opened->get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > limit)
        return unavailable("{}: not a VM's record", file.string());
    return read_all(opened->get()).and_then(parse_vm_record).map_error([&](error e) {
        return error{fault::unavailable, fmt::format("{}: {}", file.string(), e.message)};
    });
}

/// The record's place in a VM's directory.
inline auto record_file(std::filesystem::path const& vm_directory) { return vm_directory / "record.json"; }

} // namespace ktest
