#pragma once

#include <ktest/run/line_assembler.hpp>
#include <ktest/run/stall_report.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ktest {

/// What a guest says on its console that its run must know at once, whatever pieces that comes in.
class console_words {
public:
    void feed(std::string_view console) {
        lines_.feed(console, [this](std::string_view line, bool) { read(line); });
    }

    auto panic() const -> std::string const& { return panic_; }     ///< why; empty: none
    auto despair() const -> std::string const& { return despair_; } ///< why init cannot reach the host
    /// The kernel has said, since this was last asked, that it is going to reset the machine.
    auto take_farewell() -> bool { return std::exchange(farewell_, false); }
    /// The latest stall that was reported since this was last asked.
    auto take_stall() -> std::optional<stall_report> { return std::exchange(stall_, std::nullopt); }

private:
    void read(std::string_view line) {
        constexpr std::string_view headline = "Kernel panic - not syncing: ";
        constexpr std::string_view init = "ktest-init: ";
        if (auto report = parse_stall_report(line)) stall_ = std::move(report);
        if (auto const at = line.find(headline); at != line.npos && panic_.empty())
            panic_ = line.substr(at + headline.size());
        if (line.starts_with(init)) despair_ = line.substr(init.size());
        farewell_ = farewell_ || line.find("reboot: Restarting system") != line.npos
                    || line.find("sysrq: Resetting") != line.npos;
    }

    line_assembler lines_;
    std::string panic_, despair_;
    std::optional<stall_report> stall_;
    bool farewell_ = false;
};

} // namespace ktest
