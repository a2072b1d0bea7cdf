#pragma once

#include <ktest/report/progress.hpp>
#include <ktest/run/kernel_builder.hpp>

namespace ktest::cli {

/// Shows a build on the console, which must live as long.
inline auto watch_build(progress& console) -> build_watcher {
    return {.line = [&console](std::string_view text) { console.line(text); },
            .passing = [&console](std::string_view text) { console.update(text); }};
}

} // namespace ktest::cli
