#pragma once

#include <ktest/run/verdict.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace ktest {

/// What became of one VM and the test in it.
struct guest_outcome {
    verdict said;
    std::optional<int> wait_status; ///< of the test's first process
    int boots = 1;
    bool port_taken = false; ///< QEMU did not even begin: somebody else had the slot's ssh port
    std::string start_again; ///< why a new QEMU may try, nothing of the test having run; empty: it may not
    std::optional<std::chrono::duration<double>> boot; ///< QEMU's start to ready; none: it never was
    std::optional<std::chrono::duration<double>> test; ///< the test's own time; none: it never began
    std::chrono::duration<double> total{};
};

} // namespace ktest
