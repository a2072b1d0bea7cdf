#pragma once

#include <ktest/take_line.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ktest {

/// What one of the kernel's detectors says: that something has not moved for some time. A host that does not
/// let the guest run makes it say so, too.
struct stall_report {
    std::string text;                          ///< the line from its headline on
    std::optional<std::chrono::seconds> after; ///< where it says it
    friend auto operator==(stall_report const&, stall_report const&) -> bool = default;
};

/// Finds it in a line of the kernel's log; none: it is none.
inline auto parse_stall_report(std::string_view line) -> std::optional<stall_report> {
    using namespace std::string_view_literals;
    auto const from = [&](std::string_view headline, std::string_view then) {
        auto const at = line.find(headline);
        return at != line.npos && line.find(then, at) != line.npos ? at : line.npos;
    };
    auto at = line.npos;
    for (auto const& [headline, then] : {std::pair{"watchdog: BUG: soft lockup"sv, ""sv},
                                         {"watchdog: Watchdog detected hard LOCKUP"sv, ""sv},
                                         {"NMI watchdog: "sv, "LOCKUP"sv},
                                         {"rcu: INFO: rcu_"sv, "detected"sv},
                                         {"INFO: rcu_"sv, "detected"sv},
                                         {"INFO: task "sv, " blocked "sv},
                                         {"BUG: workqueue lockup"sv, ""sv}})
        if (at == line.npos) at = from(headline, then);
    if (at == line.npos) return std::nullopt;
    stall_report report{.text = std::string{line.substr(at, line.find_last_not_of(" \r") + 1 - at)},
                        .after = {}};
    for (auto const number : {" stuck for "sv, " for more than "sv}) {
        auto const where = line.find(number, at);
        unsigned seconds = 0;
        if (where == line.npos) continue;
        auto const digits = line.substr(where + number.size());
        if (std::from_chars(digits.data(), digits.data() + digits.size(), seconds).ec == std::errc{})
            report.after = std::chrono::seconds{seconds};
    }
    return report;
}

/// Of the kernel's answer to SysRq w the tasks that it names, its own threads left out: `dd (pid 312)`.
inline auto blocked_tasks(std::string_view log) -> std::vector<std::string> {
    std::vector<std::string> tasks;
    while (!log.empty()) {
        auto const line = take_line(log);
        constexpr std::string_view head = "task:";
        auto const at = line.find(head);
        auto const state = line.find(" state:D", at);
        auto const pid = line.find(" pid:", state);
        if (at == line.npos || state == line.npos || pid == line.npos) continue;
        if (line.find(" ppid:2 ", pid) != line.npos) continue; // a child of kthreadd
        auto name = line.substr(at + head.size(), state - at - head.size());
        name = name.substr(0, name.find_last_not_of(' ') + 1);
        auto number = line.substr(pid + 5);
        number = number.substr(0, number.find(' '));
        auto task = std::string{name} + " (pid " + std::string{number} + ')';
        if (std::find(tasks.begin(), tasks.end(), task) == tasks.end()) tasks.push_back(std::move(task));
    }
    return tasks;
}

} // namespace ktest
