#pragma once

#include <ktest/guest/wire.hpp>
#include <ktest/run/judge.hpp>
#include <ktest/run/kernel_record.hpp>
#include <ktest/run/template_saving.hpp>
#include <ktest/run/timeouts.hpp>

#include <functional>
#include <optional>
#include <string_view>

namespace ktest {

/// Whether a VM stays after the verdict, so that one can look.
struct hold_rules {
    bool when_failed = false; ///< its test has ended without success
    bool always = false;

    auto keep(verdict const& said) const -> bool {
        return !std::holds_alternative<interrupted>(said)
               && (always || (when_failed && std::holds_alternative<failed>(said)));
    }
};

/// What a run is told beforehand, and whom it tells.
struct guest_run_options {
    wire::run start; ///< what init is told; the nonce in it is the run's
    timeouts budgets;
    accelerator acceleration{};
    judge_rules rules;
    std::optional<wire::wake> wake;    ///< what a restored or saved guest is told first; none: it only boots
    template_saving* saving = nullptr; ///< the guest boots, and becomes a template before it is woken
    hold_rules hold;
    bool dump = false;      ///< the guest's memory goes to the run's files when it crashed or hung
    bool power_off = false; ///< when it is interrupted: the guest's disk is kept, so it must sync
    std::function<void(std::string_view)> say; ///< a line for the user
    std::function<bool()> is_debugged;         ///< whether a debugger has the guest; empty: nobody can
    std::function<void(session_event const&)> on_event; ///< everything, once the log has it
    std::function<void(verdict const&)> on_decided; ///< what it says in the end; not if it may start again
    std::function<void()> when_ready, when_passed;  ///< empty: it waits for no others there
    std::function<std::string()> waits_for;         ///< more of why its time was up
    std::function<bool()>
        report_goes_on; ///< the kernel's last report has no end yet; empty: nobody reads them
    std::function<void(verdict const&)> on_hold;           ///< the VM stays: tell how to get in
    std::function<void(wire::from_guest const&)> on_guest; ///< everything that init says
    bool whole_kernel_log = false; ///< tell all of it, not only the warnings of the test's own time
    std::function<void(kernel_record const&)> on_kernel_record;
};

} // namespace ktest
