#include "run_planned.hpp"

#include "run_nodes.hpp"
#include "test_guest.hpp"
#include <ktest/run/run_guest.hpp>
#include <ktest/run/run_in_slot.hpp>

namespace ktest::cli {

auto run_planned(run_options const& options, test_plan plan, paths const& where, template_use templates,
                 progress& console) -> result<finished_run> {
    auto const copies = plan.settled ? std::vector<descriptor>{}
                                     : stage_where_wished(options.request.guest.node_cache, plan.machine,
                                                          [&](std::string_view text) {
                                                              console.line(fmt::format("ktest: {}", text));
                                                          });
    if (!plan.spec.nodes.empty() && !plan.settled)
        return run_nodes(options, std::move(plan), where, templates, console);
    test_guest guest{options, plan, where, templates, console};
    auto const say = [&](std::string_view text) { guest.say(text); };
    auto const prepare = [&]() -> result<prepared_guest> {
        return check_startable(plan.machine)
            .and_then(
                [&] { return claim_slot(where, {.budget = options.request.guest.slot_wait, .begun = say}); })
            .and_then([&](slot place) {
                return guest.start(place).map([&](launch start) {
                    return prepared_guest{std::move(place), std::move(start)};
                });
            });
    };
    // The slot first, for one may wait for it for long, and leave.
    auto prepared = plan.settled ? result<prepared_guest>{} : prepare();
    auto report = begin_report(options, plan);
    auto const files = run_directory_for(options, report, where, console);
    if (!files) return tl::unexpected{files.error()};
    if (auto opened = guest.open_log(files->path); !opened) return tl::unexpected{opened.error()};

    auto const run = [&](prepared_guest& with) -> result<guest_outcome> {
        auto told = guest.run_options_in(with.place);
        if (!told) return tl::unexpected{told.error()};
        console.update(fmt::format("booting {}", plan.machine.kernel.release));
        return run_guest(std::move(with.start), std::move(*told), guest.log())
            .map([&](guest_outcome outcome) {
                guest.ended(outcome);
                return outcome;
            });
    };
    auto const outcome = plan.settled ? result<guest_outcome>{guest_outcome{.said = *plan.settled}}
                                      : std::move(prepared).and_then([&](prepared_guest ready) {
                                            return run_in_slot(std::move(ready), prepare, run, say);
                                        });
    report = guest.report(std::move(report), outcome);
    conclude(report, options, read_file(files->path / "test.log").value_or(""), console);
    return finished_run{std::move(report), std::move(guest.warnings())};
}

} // namespace ktest::cli
