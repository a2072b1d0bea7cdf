#pragma once

#include <ktest/descriptor.hpp>
#include <ktest/paths.hpp>

#include <array>
#include <compare>
#include <filesystem>
#include <string>
#include <string_view>

namespace ktest {

/// Which slot: 0 to 99. Everything that must differ between a host's VMs follows from it.
class slot_number {
public:
    static constexpr unsigned count = 100;

    static constexpr auto all() -> std::array<slot_number, count> {
        std::array<slot_number, count> numbers{};
        for (unsigned i = 0; i < count; ++i) numbers[i].value_ = i;
        return numbers;
    }

    constexpr auto value() const -> unsigned { return value_; }
    /// Two digits: how files and tables name it.
    auto name() const -> std::string { return fmt::format("{:02}", value_); }
    /// On 127.0.0.1, to the guest's sshd.
    constexpr auto ssh_port() const -> unsigned { return 9000 + value_; }
    /// The last byte's hexadecimal digits are the number's decimal ones.
    auto mac() const -> std::string { return fmt::format("DE:AD:BE:EF:01:{:02}", value_); }
    /// On a vde network, where dhcpd gives it to the MAC.
    auto vde_address() const -> std::string { return fmt::format("172.20.0.{}", 100 + value_); }

    friend constexpr auto operator<=>(slot_number, slot_number) = default;

private:
    unsigned value_ = 0;
};

/// Reads `7`, `07`, `42`.
inline auto parse_slot_number(std::string_view text) -> result<slot_number> {
    unsigned value = 0;
    for (auto const c : text)
        value = c >= '0' && c <= '9' ? value * 10 + static_cast<unsigned>(c - '0') : slot_number::count;
    if (text.empty() || text.size() > 2 || value >= slot_number::count)
        return usage_error("'{}' is not a slot (want 0 to {})", text, slot_number::count - 1);
    return slot_number::all()[value];
}

/// The directory of the caller's VM in a slot.
inline auto vm_directory(paths const& where, slot_number number) -> std::filesystem::path {
    return where.runtime / "vm" / number.name();
}

/// A claimed slot. It is free again when the last copy of `lock` is closed, so QEMU inherits one.
struct slot {
    descriptor lock;
    slot_number number;
    std::filesystem::path directory; ///< vm_directory: 0700, for its record and its sockets
};

} // namespace ktest
