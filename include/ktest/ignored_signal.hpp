#pragma once

#include <csignal>

namespace ktest {

/// Whether whoever started us had the signal ignored, as nohup(1) does with SIGHUP: then it stays so.
inline auto is_ignored(int number) -> bool {
    struct sigaction current {};
    return ::sigaction(number, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
}

} // namespace ktest
