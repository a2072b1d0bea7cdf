#pragma once

#include <fmt/core.h>
#include <tl/expected.hpp>

#include <cstring>
#include <string>
#include <utility>

namespace ktest {

/// Whose fault an error is: it decides the exit status.
enum class fault {
    usage,       ///< the caller's: 2
    unavailable, ///< the host's: 125
    not_in_tree, ///< what is asked for is not in this kernel's source: 2
    not_built    ///< the kernel's source does not build: 125
};

/// What is wrong, where (`file:line: ` at the front where there is one), and what to do.
struct error {
    fault kind{};
    std::string message;
    friend auto operator==(error const&, error const&) -> bool = default;
};

template<class T>
using result = tl::expected<T, error>;

/// The caller gave something that cannot be used: bad arguments, bad deps, a missing requirement.
template<class... Args>
auto usage_error(fmt::format_string<Args...> text, Args&&... args) -> tl::unexpected<error> {
    return tl::unexpected{error{fault::usage, fmt::format(text, std::forward<Args>(args)...)}};
}

/// The host failed or lacks something: no image, no QEMU, a full disk.
template<class... Args>
auto unavailable(fmt::format_string<Args...> text, Args&&... args) -> tl::unexpected<error> {
    return tl::unexpected{error{fault::unavailable, fmt::format(text, std::forward<Args>(args)...)}};
}

/// `unavailable` with errno's text behind the message; `number` is errno as it was at the failure.
template<class... Args>
auto system_failure(int number, fmt::format_string<Args...> text, Args&&... args) -> tl::unexpected<error> {
    return unavailable("{}: {}", fmt::format(text, std::forward<Args>(args)...), std::strerror(number));
}

} // namespace ktest
