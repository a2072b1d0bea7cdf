#pragma once

#include <ktest/run/guest_outcome.hpp>
#include <ktest/run/prepare_guest.hpp>

namespace ktest {

/// Runs a prepared guest by `run(prepared_guest&) -> result<guest_outcome>`. Where QEMU failed by a mishap
/// before anything of the test ran, `say` tells it and `prepare() -> result<prepared_guest>` gives another.
template<class Prepare, class Run, class Say>
auto run_in_slot(prepared_guest guest, Prepare prepare, Run run, Say say) -> result<guest_outcome> {
    constexpr auto attempts = 3;
    for (auto attempt = 1;; ++attempt) {
        auto outcome = run(guest);
        if (!outcome || outcome->start_again.empty() || attempt == attempts) return outcome;
        if (std::holds_alternative<interrupted>(outcome->said)) return outcome;
        say(fmt::format("{}: trying again", outcome->start_again));
        auto another = prepare();
        if (!another) return tl::unexpected{another.error()};
        guest = std::move(*another);
    }
}

} // namespace ktest
