#pragma once

#include <ktest/kernel/tree_program.hpp>
#include <ktest/run/ask_all_deps.hpp>
#include <ktest/run/guest_wishes.hpp>
#include <ktest/run/nonce.hpp>
#include <ktest/run/prepare_guest.hpp>
#include <ktest/run/ssh_key.hpp>
#include <ktest/run/test_environment.hpp>
#include <ktest/run/timeouts.hpp>
#include <ktest/spec/join.hpp>
#include <ktest/spec/requirements.hpp>

#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace ktest {

/// What the user asked `ktest run` for.
struct test_request {
    std::filesystem::path script;
    std::vector<std::string> subtests;
    std::vector<std::string> arguments; ///< what stood behind `--`
    guest_wishes guest;
    std::optional<std::chrono::seconds> timeout, boot_timeout;
    std::optional<std::chrono::seconds> default_timeout; ///< where neither the user nor the test says one
    std::optional<std::uint32_t> seed;                   ///< none: one is drawn
    bool strict = false;                                 ///< what would be skipped fails
};

/// All that a run of a test needs, decided before anything is started.
struct test_plan {
    std::string name;
    test_spec spec;
    std::vector<archive_member> payload;
    machine_request machine;
    wire::run start;
    timeouts budgets;
    std::uint32_t seed = 0;         ///< for whatever in the run is drawn and can be drawn again
    std::vector<std::string> notes; ///< what the user should know of the choices, a line each
    std::optional<verdict> settled; ///< what is known before any VM is started
    descriptor build_lock;          ///< no other build changes the kernel while it is open
};

namespace detail {

inline auto check_subtests(test_spec const& spec, std::vector<std::string> const& chosen,
                           std::string_view test) -> result<void> {
    for (auto const& subtest : chosen)
        if (std::find(spec.tests.begin(), spec.tests.end(), subtest) == spec.tests.end())
            return usage_error("{}: no subtest '{}' (it has: {})", test, subtest,
                               spec.tests.empty() ? "none" : fmt::format("{}", fmt::join(spec.tests, ", ")));
    return {};
}

/// Finds what LREQUIRE names in a kernel tree, and builds the tools among it.
inline auto tree_files(source_tree const& tree, build_watcher const& watcher) {
    auto const builder = std::make_shared<kernel_builder>(tree, watcher, "tools.log");
    return [tree, builder](std::string const& name) -> result<std::filesystem::path> {
        return find_tree_file(tree, name, [&](command const& make) { return builder->run(make); })
            .map_error([](error why) {
                auto const absent = why.kind == fault::usage;
                return error{absent ? fault::not_in_tree : why.kind, std::move(why.message)};
            });
    };
}

/// A kernel that is not ours to build lacks what the test's CONFIG names.
inline auto lacking_options(std::string const& options, bool strict) -> verdict {
    auto const reason = fmt::format("the kernel lacks CONFIG {}", options);
    if (strict) return failed{reason};
    return skipped{reason};
}

} // namespace detail

/// Asks the test what it needs and finds all of it.
inline auto make_test_plan(test_request const& asked, paths const& where, build_watcher const& watcher)
    -> result<test_plan> {
    test_plan plan{.name = asked.script.filename().string()};
    auto const variables = test_environment();
    auto const scripts = ask_all_deps(asked.script, asked.arguments, variables);
    if (!scripts) return tl::unexpected{scripts.error()};
    auto spec = join(*scripts);
    if (!spec) return tl::unexpected{spec.error()};
    plan.spec = std::move(*spec);
    auto const title = asked.script.string();
    if (auto known = detail::check_subtests(plan.spec, asked.subtests, title); !known)
        return tl::unexpected{known.error()};

    auto wishes = asked.guest;
    wishes.config.insert(wishes.config.end(), plan.spec.config.begin(), plan.spec.config.end());
    auto machine = choose_machine(wishes, where, watcher);
    if (!machine) return tl::unexpected{machine.error()};
    if (!machine->unmet.empty())
        plan.settled = detail::lacking_options(to_string(machine->unmet), asked.strict);
    plan.build_lock = std::move(machine->build_lock);
    requirement_places places;
    if (machine->tree) places.find_in_tree = detail::tree_files(*machine->tree, watcher);
    auto const files = payload_files(*scripts, parse_image_libraries(machine->manifest), std::move(places));
    if (!files) return tl::unexpected{files.error()};
    for (auto const& file : *files)
        plan.payload.push_back(
            {.name = file.name, .source = file.source, .content = file.content, .mode = file.mode});

    plan.notes = std::move(machine->notes);
    plan.machine = std::move(machine->request);
    plan.machine.name = plan.name;
    plan.machine.memory = asked.guest.memory.value_or(plan.spec.memory);
    plan.machine.cpus = asked.guest.cpus.value_or(plan.spec.cpus.value_or(plan.machine.cpus));
    plan.machine.scratch = plan.spec.scratch;
    plan.machine.open_network |= plan.spec.open_network;
    plan.machine.may_reboot = plan.spec.may_reboot;
    plan.machine.append.insert(plan.machine.append.begin(), plan.spec.append.begin(), plan.spec.append.end());

    auto const& said = asked.timeout ? asked.timeout : plan.spec.timeout;
    plan.budgets = timeouts_for(plan.machine.acceleration, said ? said : asked.default_timeout);
    if (asked.boot_timeout) plan.budgets.boot = *asked.boot_timeout;
    plan.seed = asked.seed ? *asked.seed : std::random_device{}();
    plan.start = {.nonce = make_nonce(),
                  .authorized_key = guest_ssh_key(where).value_or(""),
                  .host_key = guest_host_key(where).value_or(""),
                  .hostname = "ktest",
                  .scratch = counts(plan.spec.scratch),
                  .has_payload = 1,
                  .arguments = {"/cdrom/" + plan.name},
                  .environment = variables};
    for (auto const* words : {&asked.subtests, &asked.arguments})
        plan.start.arguments.insert(plan.start.arguments.end(), words->begin(), words->end());
    return plan;
}

} // namespace ktest
