#include "../report_error.hpp"
#include "commands.hpp"
#include <ktest/slot/running_vm.hpp>

#include <array>
#include <ctime>
#include <memory>

#include <pwd.h>

namespace ktest::cli {

namespace {

auto user_name(uid_t user) -> std::string {
    auto const* const entry = ::getpwuid(user);
    return entry != nullptr ? entry->pw_name : fmt::to_string(user);
}

/// A time by strftime(3); empty for one that no calendar has.
auto written(std::chrono::seconds since_epoch, char const* format,
             std::tm* (*calendar)(time_t const*, std::tm*)) -> std::string {
    std::tm broken_down{};
    auto const time = static_cast<time_t>(since_epoch.count());
    if (calendar(&time, &broken_down) == nullptr) return {};
    std::array<char, 64> text{};
    return {text.data(), std::strftime(text.data(), text.size(), format, &broken_down)};
}

/// A test's name is a file's: it may hold what would move the cursor.
auto printable(std::string text) -> std::string {
    for (auto& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return text;
}

using row = std::array<std::string, 6>;

auto row_of(running_vm const& vm) -> row {
    auto const test = vm.record ? printable(vm.record->test) : "-";
    auto const since = vm.record ? written(vm.record->started, "%F %T", ::localtime_r) : "-";
    return {vm.slot.name(),
            test,
            since,
            fmt::to_string(vm.owner),
            user_name(vm.user),
            fmt::to_string(vm.slot.ssh_port())};
}

void print_table(std::vector<running_vm> const& running) {
    std::vector<row> rows{{"SLOT", "TEST", "SINCE", "PID", "USER", "SSH PORT"}};
    for (auto const& vm : running) rows.push_back(row_of(vm));
    std::array<std::size_t, std::tuple_size_v<row>> widths{};
    for (auto const& cells : rows)
        for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
    for (auto const& cells : rows) {
        for (std::size_t i = 0; i + 1 < cells.size(); ++i) fmt::print("{:{}}  ", cells[i], widths[i]);
        fmt::print("{}\n", cells.back());
    }
}

void print_json(std::vector<running_vm> const& running) {
    auto list = nlohmann::ordered_json::array();
    for (auto const& vm : running) {
        nlohmann::ordered_json entry;
        entry["slot"] = vm.slot.value();
        entry["pid"] = vm.owner;
        entry["user"] = user_name(vm.user);
        entry["ssh_port"] = vm.slot.ssh_port();
        if (vm.record) {
            entry["test"] = vm.record->test;
            entry["since"] = written(vm.record->started, "%FT%TZ", ::gmtime_r);
            entry["kernel"] = vm.record->kernel;
            entry["directory"] = vm.record->directory.string();
        }
        list.push_back(std::move(entry));
    }
    fmt::print("{}\n", list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

} // namespace

void add_list(CLI::App& app, int& status) {
    auto* const command =
        app.add_subcommand("list", "List the running VMs: one's own, and whose the others are");
    auto const json = std::make_shared<bool>(false);
    command->add_flag("--json", *json, "for programs");
    command->callback([json, &status] {
        auto const where = find_paths();
        if (!where) {
            status = report(where.error());
            return;
        }
        auto const running = running_vms(*where, slot_directories(*where));
        if (*json)
            print_json(running);
        else if (running.empty())
            fmt::print("no VM is running\n");
        else
            print_table(running);
    });
}

} // namespace ktest::cli
