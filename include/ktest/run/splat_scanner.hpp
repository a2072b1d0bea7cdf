#pragma once

#include <ktest/run/kernel_record.hpp>
#include <ktest/run/line_assembler.hpp>
#include <ktest/run/log_line.hpp>
#include <ktest/run/match_splat_sign.hpp>
#include <ktest/run/panic_replay.hpp>
#include <ktest/run/splat_report.hpp>
#include <ktest/run/terminal_escapes.hpp>

#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ktest {

/// Finds the reports in a kernel's log, whatever pieces its bytes come in: from a console, dmesg, syslog or
/// /dev/kmsg. Reports that tasks or processors interleave are taken apart where the log says who speaks.
class splat_scanner {
public:
    auto feed(std::string_view bytes) -> std::vector<splat_event> {
        lines_.feed(bytes, [this](std::string_view line, bool whole) { read(line, whole); });
        return std::exchange(events_, {});
    }

    /// The end of the log: a last line without an end counts, and every report has ended.
    auto flush() -> std::vector<splat_event> {
        lines_.flush([this](std::string_view line, bool whole) { read(line, whole); });
        return quiet();
    }

    /// Nothing has come for so long that no report goes on: those that have begun have ended.
    auto quiet() -> std::vector<splat_event> {
        close_all();
        return std::exchange(events_, {});
    }

    /// The next so many boots are no reports; `any_number` of them.
    void expect_reboots(unsigned count) { expected_reboots_ = count; }
    static constexpr auto any_number = std::numeric_limits<unsigned>::max();

    /// Whether a report has begun, and no line told its end.
    auto report_goes_on() const -> bool { return !open_.empty(); }

private:
    struct open_report {
        std::string caller;
        splat_report report;
        std::vector<std::string> witnesses = {}; ///< other callers whose lines belong to it
        bool announced = false;
    };
    using place = std::vector<open_report>::iterator;

    void read(std::string_view line, bool whole) {
        if (whole) ++number_;
        if (line.find('\x1b') != std::string_view::npos) {
            auto const plain = without_escapes(line);
            return read_plain(plain);
        }
        read_plain(line);
    }
    /// A lone carriage return is an end of line, too: what was overwritten was written.
    void read_plain(std::string_view line) {
        while (!line.empty()) {
            auto const end = line.find('\r');
            if (end != 0) read_record(parse_log_line(line.substr(0, end)));
            if (end == std::string_view::npos) return;
            line.remove_prefix(end + 1);
        }
    }

    /// /dev/kmsg has a record's lines in one, and tabs and newlines escaped.
    void read_record(log_line line) {
        if (!line.record || line.text.find('\\') == std::string_view::npos) return read_text(line);
        auto const lines = detail::unescape_record(line.text);
        std::string_view rest = lines;
        for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
            line.text = rest.substr(0, end);
            read_text(line);
            rest.remove_prefix(end + 1);
        }
        line.text = rest;
        read_text(line);
    }

    void read_text(log_line line) {
        // What has no prefix in a log that has them goes on with the line before it.
        if (line.prefixed)
            caller_ = line.caller;
        else
            line.caller = caller_;
        auto const* const rule = match_splat_sign(line.text);
        replay_.look_at(line);
        if (rule == nullptr && open_.empty()) return;
        if (line.text.starts_with("NMI backtrace for cpu")) join_lockup(line.caller);
        auto at = report_of(line.caller);
        if (at != open_.end() && at->report.is_long_silent(line.microseconds)) {
            close(at);
            at = open_.end();
        }
        if (rule != nullptr && line.text.find("---[ end ") == std::string_view::npos)
            return begin(*rule, line, at);
        if (at == open_.end() || line.text.empty()) return;
        if (replay_.has(line)) return;
        if (!at->report.add(line)) return close(at);
        announce(*at);
        if (at->report.is_over()) close(at);
    }

    void begin(splat_sign const& rule, log_line const& line, place at) {
        if (rule.kind == splat_class::reboot) return boot(rule, line);
        if (replay_.has_headline(line)) return;
        if (rule.kind == splat_class::death) replay_.panics(line);
        if (at != open_.end() && at->report.goes_on_with(rule, line)) {
            at->report.go_on_with(rule, line);
            return announce(*at);
        }
        if (at != open_.end() && at->caller != line.caller)
            std::erase(at->witnesses, line.caller);
        else if (at != open_.end())
            close(at);
        open(rule, line);
        if (rule.kind == splat_class::oom) close(std::prev(open_.end())); // this is its last line
    }

    auto report_of(std::string_view caller) -> place {
        return std::find_if(open_.begin(), open_.end(), [&](open_report const& open) {
            return open.caller == caller
                   || std::find(open.witnesses.begin(), open.witnesses.end(), caller) != open.witnesses.end();
        });
    }

    /// Where a processor is stuck, the others are told to show what they do: their lines are the lockup's.
    void join_lockup(std::string_view caller) {
        if (report_of(caller) != open_.end()) return;
        auto const lockup = std::find_if(open_.begin(), open_.end(), [](open_report const& open) {
            return open.report.kind() == splat_class::lockup;
        });
        if (lockup != open_.end()) lockup->witnesses.emplace_back(caller);
    }

    void open(splat_sign const& rule, log_line const& line) {
        constexpr std::size_t most = 64;
        if (open_.size() == most) close(open_.begin());
        open_.push_back({std::string{line.caller}, splat_report{rule, line, number_}});
        if (!open_.back().report.has_no_headline()) announce(open_.back());
    }

    void announce(open_report& open) {
        if (!std::exchange(open.announced, true)) events_.emplace_back(open.report.beginning());
    }

    void close(place at) {
        announce(*at);
        events_.emplace_back(splat_ended{std::move(at->report).end()});
        open_.erase(at);
    }

    void close_all() {
        while (!open_.empty()) close(open_.begin());
    }

    /// A kernel that starts is the first, or was announced, or is a report; after a panic it is neither:
    /// either the panic's consequence, or the whole log printed once more (panic_print).
    void boot(splat_sign const& rule, log_line const& line) {
        constexpr std::uint64_t early = 10'000'000;
        if (!line.text.starts_with(rule.phrase)) return;
        auto const speaks = rule.phrase.starts_with("Linux");
        if (speaks && (line.microseconds ? *line.microseconds > early : timed_)) return; // quoted by somebody
        if (speaks) timed_ = line.microseconds.has_value();
        auto const* const before = std::exchange(boot_step_, &rule);
        auto const after_panic = replay_.panicked();
        if (replay_.boots(speaks)) return close_all();
        if (before == nullptr || &rule < before || after_panic) return; // the signs stand in reverse
        close_all();
        if (expected_reboots_ > 0) {
            if (expected_reboots_ != any_number) --expected_reboots_;
            return;
        }
        open(rule, line);
        close(std::prev(open_.end()));
    }

    line_assembler lines_;
    std::size_t number_ = 0;
    std::string caller_; ///< of the last line
    std::vector<open_report> open_;
    std::vector<splat_event> events_;
    panic_replay replay_;
    unsigned expected_reboots_ = 0;
    splat_sign const* boot_step_ = nullptr; ///< how far the last boot has come
    bool timed_ = false;                    ///< it tells the time
};

} // namespace ktest
