#pragma once

#include <ktest/vm/accelerator.hpp>

#include <concepts>
#include <string_view>

namespace ktest {

/// What differs between architectures.
template<class Machine>
concept machine = requires(accelerator acceleration) {
    { Machine::program } -> std::convertible_to<std::string_view>;
    { Machine::type } -> std::convertible_to<std::string_view>;
    { Machine::console } -> std::convertible_to<std::string_view>;
    { Machine::cpu(acceleration) } -> std::convertible_to<std::string_view>;
};

struct x86_64 {
    static constexpr std::string_view program = "qemu-system-x86_64";
    static constexpr std::string_view type = "q35";
    static constexpr std::string_view console = "ttyS0";
    /// Without five-level page tables, which cost TCG time on every miss and no test needs.
    static constexpr auto cpu(accelerator acceleration) -> std::string_view {
        return acceleration == accelerator::kvm ? "host" : "max,la57=off";
    }
};

} // namespace ktest
