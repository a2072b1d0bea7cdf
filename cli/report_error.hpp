#pragma once

#include <ktest/file.hpp>

#include <cerrno>

namespace ktest::cli {

/// A line on stderr, begun with the program's name. One that cannot be written is dropped: nobody's run fails
/// because nobody looks.
template<class... Args>
void tell(fmt::format_string<Args...> text, Args&&... args) {
    auto const line = fmt::format(text, std::forward<Args>(args)...);
    (void)write_all(STDERR_FILENO, fmt::format("{}: {}\n", program_invocation_short_name, line));
}

/// Tells an error on stderr and gives the exit status that belongs to it.
inline auto report(error const& what) -> int {
    tell("{}", what.message);
    return what.kind == fault::usage || what.kind == fault::not_in_tree ? 2 : 125;
}

} // namespace ktest::cli
