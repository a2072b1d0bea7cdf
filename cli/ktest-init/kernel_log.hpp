#pragma once

#include <ktest/descriptor.hpp>
#include <ktest/guest/messages.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace ktest::init {

/// The kernel's log from its first record on.
class kernel_log {
public:
    kernel_log();
    /// For poll.
    auto number() const -> int { return device_.get(); }
    /// Records that are there by now, a frame's worth; none: there is nothing new.
    auto next() -> std::optional<wire::kernel_log>;

private:
    descriptor device_;
    std::uint64_t expected_ = 0; ///< sequence number of the next record if none has been overwritten
};

/// Where the kernel is: the address of _text in hexadecimal; empty where it does not say.
auto kernel_offset() -> std::string;

} // namespace ktest::init
