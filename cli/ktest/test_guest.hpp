#pragma once

#include "../vm_presence.hpp"
#include "run_options.hpp"
#include <ktest/report/progress.hpp>
#include <ktest/report/run_report.hpp>
#include <ktest/run/guest_run_options.hpp>
#include <ktest/run/guest_source.hpp>
#include <ktest/run/prepare_guest.hpp>
#include <ktest/run/report_watch.hpp>
#include <ktest/run/run_log.hpp>
#include <ktest/run/symbolise_reports.hpp>

namespace ktest::cli {

/// One guest of a test: where it comes from, what is told of it while it runs, and what is known of it in the
/// end. The plan is its own, and outlives it, as all that it is given does.
class test_guest {
public:
    /// `node`: its name among others; empty: it is alone. Its files go to `directory`.
    test_guest(run_options const& options, test_plan& plan, paths const& where, template_use templates,
               progress& console, std::string const& node = {});

    /// A line for the user, about this guest.
    void say(std::string_view text) const;
    /// Where its files go, once it has a slot.
    auto open_log(std::filesystem::path const& directory) -> result<void>;
    auto log() -> run_log& { return *log_; }

    /// What a guest in a slot starts with; each attempt asks anew.
    auto start(slot const& place) -> result<launch>;
    /// What its run is told.
    auto run_options_in(slot const& place) -> result<guest_run_options>;
    void ended(guest_outcome const& outcome) { source_.ended(outcome); }

    /// Completes what was known of it before. A guest that never ran: with the reason.
    auto report(run_report begun, result<guest_outcome> const& outcome) -> run_report;
    /// Of the kernel since the test began, and what is worse.
    auto warnings() -> std::vector<std::string>& { return warnings_; }

private:
    void heed(wire::from_guest const& said);
    auto rules() const -> report_rules;
    auto symbols() const -> symbol_source;

    run_options const& options_;
    test_plan& plan_;
    paths const& where_;
    progress& console_;
    std::string head_; ///< of its lines
    guest_source source_;
    std::optional<run_log> log_;
    std::optional<vm_presence> presence_;

    std::optional<std::uintmax_t> logged_before_; ///< bytes of kernel.log when the test began
    std::vector<std::string> warnings_;
    std::optional<report_watch> reports_;
    std::vector<std::uint64_t> witnesses_before_, witnesses_after_;
    std::optional<std::uint64_t> text_; ///< where the kernel lies
};

} // namespace ktest::cli
