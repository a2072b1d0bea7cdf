#pragma once

#include <ktest/run/guest_run.hpp>
#include <ktest/run/prepare_guest.hpp>

namespace ktest {

/// Runs a prepared guest by `run(prepared_guest&) -> result<guest_outcome>`. Where a stranger took the slot's
/// ssh port after the slot was claimed and before QEMU bound it, `prepare() -> result<prepared_guest>` gives
/// another one.
template<class Prepare, class Run>
auto run_in_slot(prepared_guest guest, Prepare prepare, Run run) -> result<guest_outcome> {
    constexpr auto attempts = 3;
    for (auto attempt = 1;; ++attempt) {
        auto outcome = run(guest);
        if (!outcome || !outcome->port_was_taken || attempt == attempts) return outcome;
        auto another = prepare();
        if (!another) return tl::unexpected{another.error()};
        guest = std::move(*another);
    }
}

} // namespace ktest
