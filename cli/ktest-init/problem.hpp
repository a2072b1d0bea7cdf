#pragma once

// Errors in the guest's init are sentences: it has nobody but the host to hand them to, and fmt and
// tl::expected would double its size, which every boot pays for.

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

namespace ktest::init {

/// What is wrong; none: it went well.
using problem = std::optional<std::string>;

/// `what` and errno's text.
inline auto failure(std::string what) -> std::string { return what + ": " + std::strerror(errno); }

} // namespace ktest::init
