#pragma once

#include <ktest/run/log_line.hpp>
#include <ktest/run/splat.hpp>
#include <ktest/run/splat_body.hpp>
#include <ktest/run/splat_guilt.hpp>
#include <ktest/run/splat_signs.hpp>
#include <ktest/run/splat_title.hpp>

#include <string>
#include <string_view>

namespace ktest {

namespace detail {

/// `WARNING: fs/a.c at f`, from whichever form the kernel's line has: `WARNING: CPU: 1 PID: 2 at fs/a.c:3
/// f+0x4/0x5`, `WARNING: [ptr == 0] fs/a.c:3 at f+0x4/0x5, CPU#1: sh/2`.
inline auto warning_title(std::string_view line) -> std::string {
    auto const place = [&] {
        auto const end = std::min({line.find(".c:"), line.find(".h:"), line.find(".S:"), line.find(".rs:")});
        if (end == std::string_view::npos) return std::string{};
        auto const begin = line.rfind(' ', end) + 1;
        return " " + std::string{source_path(line.substr(begin, line.find(':', end) - begin))};
    }();
    auto const frame = find_frame(line);
    if (place.empty() && !frame) return general_title(line);
    return fmt::format("WARNING:{}{}", place, frame ? fmt::format(" at {}", frame->function) : "");
}

inline auto title_of(splat_sign const& rule, std::string_view line) -> std::string {
    if (rule.kind == splat_class::reboot) return "unexpected reboot";
    if (auto const at = line.find("WARNING: ");
        rule.kind == splat_class::assertion && at != std::string_view::npos)
        return warning_title(line.substr(at));
    return general_title(line);
}

} // namespace detail

/// A report that has begun, line by line until its end.
class splat_report {
public:
    splat_report(splat_sign const& rule, log_line const& first, std::size_t number)
        : rule_{&rule}, headline_{first.text.substr(0, longest_line)}, spoke_{first.microseconds} {
        made_.line = number;
        made_.caller = first.caller;
        made_.microseconds = first.microseconds;
        made_.fatal = rule.kind == splat_class::death || rule.kind == splat_class::reboot;
        keep(first.text);
    }

    /// Whether a line of that time comes too late to be the report's: not even a slow console, or processors
    /// that are asked for their stacks, take so long.
    auto is_long_silent(std::optional<std::uint64_t> now) const -> bool { return waited(now, 15'000'000); }

    /// Whether a line that could begin a report belongs to this one.
    auto goes_on_with(splat_sign const& other, log_line const& line) const -> bool {
        using enum splat_class;
        if (other.kind == death) return rule_->kind != death && strays_ <= most_strays_after_stack;
        if (ending_ || &other == rule_) return false;
        // What a mark announced will come, and so will the rest of an oops; others come in one breath.
        if (has_no_headline()) return strays_ <= most_strays_after_stack;
        if (in_body_) return false;
        auto const oopses = [](splat_class kind) { return kind == fault || kind == assertion; };
        if (other.kind != rule_->kind && !(oopses(other.kind) && oopses(rule_->kind))) return false;
        if (rule_->kind == fault || line.text.find(" [#") != std::string_view::npos)
            return strays_ <= most_strays_after_stack;
        return strays_ == 0 && !waited(line.microseconds, 1'000'000);
    }

    /// Adds such a line; the more telling of the two is the headline.
    void go_on_with(splat_sign const& other, log_line const& line) {
        spoke_ = line.microseconds;
        if (other.kind == splat_class::death) {
            made_.fatal = true;
            ending_ = false;
        } else if (&other < rule_) {
            rule_ = &other;
            headline_ = line.text.substr(0, longest_line);
            made_.title.clear();
        }
        keep(line.text);
    }

    /// Adds a line that begins nothing; false: the report has ended before it.
    auto add(log_line const& line) -> bool {
        spoke_ = line.microseconds;
        auto const text = line.text;
        auto const what = classify_splat_line(text);
        switch (what) {
        case splat_line::panic_end: over_ = true; break;
        case splat_line::trace_end:
            // An oops may still panic, a warning has said it all.
            ending_ = true;
            over_ = rule_->kind == splat_class::assertion && headline_.find("BUG") == std::string::npos;
            break;
        case splat_line::rule:
            if (in_body_) {
                if (rule_->kind != splat_class::memory && rule_->kind != splat_class::assertion) return false;
                ending_ = true;
            }
            break;
        case splat_line::other:
            if (ending_) return false;
            break;
        case splat_line::body: in_body_ = true; break;
        case splat_line::lead: break;
        }
        // After a stack an indented line may be anybody's, and so may what reports are not known to hold.
        if (what == splat_line::other || (what == splat_line::lead && in_body_)) {
            auto const most = what == splat_line::other && in_body_ ? most_strays_after_stack : most_strays;
            if (++strays_ > most) return false;
            append(text);
        } else {
            keep(text);
        }
        if (made_.text.size() > largest) over_ = true;
        return true;
    }

    /// Nothing can come any more.
    auto is_over() const -> bool { return over_; }
    /// It has but the line that warnings and BUGs begin with alike.
    auto has_no_headline() const -> bool { return headline_.find("cut here") != std::string::npos; }
    auto fatal() const -> bool { return made_.fatal; }
    auto kind() const -> splat_class { return rule_->kind; }

    auto beginning() -> splat_began { return {rule_->kind, title(), made_.line}; }

    auto end() && -> splat {
        made_.text.resize(known_);
        made_.kind = rule_->kind;
        auto functions = accused_functions(made_.kind, headline_, made_.text);
        made_.fingerprint = splat_fingerprint(made_.kind, title(), functions);
        made_.headline = std::move(headline_);
        if (!functions.empty()) made_.guilty_function = std::move(functions.front());
        return std::move(made_);
    }

private:
    auto title() -> std::string const& {
        if (made_.title.empty()) made_.title = detail::title_of(*rule_, headline_);
        return made_.title;
    }
    auto waited(std::optional<std::uint64_t> now, std::uint64_t microseconds) const -> bool {
        return now && spoke_ && *now > *spoke_ + microseconds;
    }
    void append(std::string_view text) { (made_.text += text) += '\n'; }
    void keep(std::string_view text) {
        append(text);
        known_ = made_.text.size();
        strays_ = 0;
    }

    static constexpr std::size_t longest_line = 1024; // the kernel's own limit
    static constexpr int most_strays = 64;
    static constexpr int most_strays_after_stack = 8;
    static constexpr std::size_t largest = 1U << 18U;
    splat_sign const* rule_;
    std::string headline_;
    std::optional<std::uint64_t> spoke_; ///< when its last line came
    splat made_;
    std::size_t known_ = 0; ///< how much of the text is surely the report's
    int strays_ = 0;
    bool in_body_ = false;
    bool ending_ = false; ///< its last line has come, but for those of a panic
    bool over_ = false;
};

} // namespace ktest
