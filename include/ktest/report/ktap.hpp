#pragma once

// Results within a test's output: KTAP (kernel: Documentation/dev-tools/ktap.rst), TAP 12 to 14, kselftest's
// nesting by `# `.

#include <ktest/report/ktap_line.hpp>
#include <ktest/report/printable.hpp>
#include <ktest/run/line_assembler.hpp>
#include <ktest/spec/shortened.hpp>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

namespace ktest {

/// Finds the subtests in a test's output. It believes nothing before a version line, or before a plan that
/// results follow at once or, as TAP 12 has it, go before.
class ktap_parser {
public:
    static constexpr std::size_t diagnostics_limit = 16U << 10U; ///< bytes for each subtest, the last ones
    static constexpr std::size_t name_limit =
        500; ///< bytes, the first ones: inner results repeat outer names
    static constexpr std::size_t most_results = 100'000; ///< then one that failed says that there were more

    /// Takes the next piece of the output, cut anywhere.
    void feed(std::string_view piece) {
        lines_.feed(piece, [this](std::string_view line, bool whole) {
            if (whole) read(line);
        });
    }
    /// The end of the output. Inner results stand before the outer one; each gap in a plan is a `missing`.
    auto finish() -> std::vector<subtest> {
        lines_.flush([this](std::string_view line, bool whole) {
            if (whole) read(line);
        });
        close_document();
        if (cut_ && !results_.empty())
            results_.push_back(
                {"more", outcome::missing, fmt::format("only {} results are kept", most_results), {}});
        return std::exchange(results_, {});
    }

private:
    /// What one document of results says; those inside it stand deeper.
    struct level {
        std::size_t column = 0;
        bool numbered = false;  ///< a result without a number is none
        bool tentative = false; ///< results that nothing has announced: a plan must come
        std::optional<unsigned> plan;
        std::set<unsigned> numbers;
        std::size_t count = 0;
        std::vector<subtest> results;
        std::vector<subtest> inner; ///< of documents inside, until the outer result names them
    };
    static constexpr std::size_t deepest_column = 64; ///< nobody nests deeper

    void read(std::string_view text) {
        auto line = read_ktap_line(text);
        if (line.column > deepest_column) line.what = ktap_other{};
        if (in_yaml(line)) return;
        auto const after_result = std::exchange(after_result_, false);
        auto const more = std::holds_alternative<ktap_plan>(line.what)
                          || std::holds_alternative<ktap_result>(line.what)
                          || std::holds_alternative<ktap_bail_out>(line.what);
        if (more && kept() >= most_results) {
            cut_ = true;
            return;
        }
        if (auto const* version = std::get_if<ktap_version>(&line.what))
            open(line.column, true, version->is_ktap);
        else if (auto const* plan = std::get_if<ktap_plan>(&line.what))
            see_plan(line.column, *plan);
        else if (auto* result = std::get_if<ktap_result>(&line.what))
            see_result(line.column, std::move(*result));
        else if (auto* bail = std::get_if<ktap_bail_out>(&line.what))
            see_bail_out(line.column, std::move(*bail));
        else if (auto const* diagnostic = std::get_if<ktap_diagnostic>(&line.what))
            see_diagnostic(diagnostic->text);
        else
            see_other(line, after_result);
    }

    auto kept() const -> std::size_t {
        auto count = results_.size();
        for (auto const& one : levels_) count += one.results.size() + one.inner.size();
        return count;
    }

    /// TAP's YAML block behind a result: it belongs to that result, and nothing in it is one.
    auto in_yaml(ktap_line const& line) -> bool {
        if (!yaml_) return false;
        auto const content = detail::ktap::trimmed(line.text);
        if (content == "..." || (!content.empty() && line.column < *yaml_)) yaml_.reset();
        if (yaml_)
            note(levels_.back().results.back().diagnostics,
                 line.text.substr(std::min(*yaml_, line.text.size())));
        return yaml_ || content == "...";
    }

    void see_plan(std::size_t column, ktap_plan plan) {
        close_deeper_than(column);
        if (levels_.empty() || levels_.back().column < column || levels_.back().plan)
            open(column, !levels_.empty() && believed_, false);
        auto& here = levels_.back();
        here.plan = plan.count;
        if (std::exchange(here.tentative, false)) believed_ = true;
    }

    void see_result(std::size_t column, ktap_result found) {
        if (levels_.empty() && found.number != 1) return;
        if (levels_.empty()) open(column, false, true, true);
        if (levels_.front().column > column) levels_.insert(levels_.begin(), level{.column = column});
        close_deeper_than(column);
        if (levels_.back().column < column) { // indented, but neither version nor plan came before it
            if (found.number != 1) return;
            levels_.push_back({.column = column});
        }
        auto& here = levels_.back();
        if (found.number == 0 && here.numbered) return;
        if (found.number == 0) found.number = static_cast<unsigned>(here.count) + 1;
        if (found.name.empty()) found.name = std::to_string(found.number);
        found.name = detail::shortened(found.name, name_limit);
        after_result_ = true;
        believed_ = believed_ || !here.tentative;
        for (auto& inner : std::exchange(here.inner, {})) {
            if (found.what == outcome::skipped && inner.what == outcome::missing) continue;
            inner.name = detail::shortened(found.name + '.' + inner.name, name_limit);
            here.results.push_back(std::move(inner));
        }
        here.numbers.insert(found.number);
        ++here.count;
        here.results.push_back({std::move(found.name), found.what, std::move(found.detail), take_pending()});
    }

    void see_bail_out(std::size_t column, ktap_bail_out bail) {
        if (levels_.empty() || levels_.front().tentative) return levels_.clear();
        believed_ = true;
        close_deeper_than(column);
        subtest gave_up{"Bail out!", outcome::failed, std::move(bail.reason), take_pending()};
        if (levels_.empty())
            results_.push_back(std::move(gave_up));
        else if (levels_.back().column < column)
            levels_.back().inner.push_back(std::move(gave_up));
        else {
            levels_.back().results.push_back(std::move(gave_up));
            close_innermost();
        }
    }

    void see_diagnostic(std::string_view text) {
        if (levels_.empty() || detail::ktap::trimmed(text).substr(0, 9) == "Subtest: ") return;
        note(pending_, text);
    }

    void see_other(ktap_line const& line, bool after_result) {
        auto const content = detail::ktap::trimmed(line.text);
        if (!believed_ && !line.from_kernel && !content.empty()) levels_.clear();
        if (levels_.empty()) return;
        if (after_result && content == "---" && line.column > levels_.back().column) yaml_ = line.column;
        // KUnit explains a failed expectation on indented lines below the one that has the `#`.
        else if (line.column > 0 && !pending_.empty())
            note(pending_, line.text);
    }

    static void note(std::string& lines, std::string_view line) {
        (lines += lines.empty() ? "" : "\n") += line;
        if (lines.size() > 2 * diagnostics_limit) lines = std::string{last_lines(lines, diagnostics_limit)};
    }

    auto take_pending() -> std::string {
        auto const all = std::exchange(pending_, {});
        return std::string{last_lines(all, diagnostics_limit)};
    }

    /// A new document at `column`; what stood there or deeper has ended without a result of its own.
    void open(std::size_t column, bool believed, bool numbered, bool tentative = false) {
        close_deeper_than(column);
        if (!levels_.empty() && levels_.back().column == column) close_innermost();
        if (levels_.empty()) {
            pending_.clear();
            believed_ = false;
        }
        believed_ = believed_ || believed;
        levels_.push_back({.column = column, .numbered = numbered, .tentative = tentative});
    }

    void close_deeper_than(std::size_t column) {
        while (!levels_.empty() && levels_.back().column > column) close_innermost();
    }
    void close_document() {
        if (!believed_) levels_.clear();
        while (!levels_.empty()) close_innermost();
    }
    void close_innermost() {
        auto closed = std::move(levels_.back());
        levels_.pop_back();
        add_missing(closed);
        auto& to = levels_.empty() ? results_ : levels_.back().inner;
        if (levels_.empty() && !believed_) return;
        std::move(closed.results.begin(), closed.results.end(), std::back_inserter(to));
        std::move(closed.inner.begin(), closed.inner.end(), std::back_inserter(to));
    }

    static void add_missing(level& of) {
        auto const count = of.plan.value_or(0);
        if (of.count >= count) return; // numbered wrongly perhaps, but all there
        of.numbers.insert(count + 1);
        unsigned next = 1;
        for (auto const number : of.numbers) {
            if (number > count + 1) break;
            auto const last = number - 1;
            if (next <= last && number > 0)
                of.results.push_back({next == last ? std::to_string(next) : fmt::format("{}..{}", next, last),
                                      outcome::missing,
                                      fmt::format("planned in 1..{}, but no result came", count),
                                      {}});
            next = number + 1;
        }
    }

    line_assembler lines_;
    std::vector<level> levels_;
    std::vector<subtest> results_;
    std::string pending_;             ///< diagnostics of the next result
    std::optional<std::size_t> yaml_; ///< within a YAML block, that begins at this column
    bool believed_ = false;           ///< it is KTAP, not something that looks like a plan
    bool after_result_ = false;
    bool cut_ = false; ///< there were more results than are kept
};

/// The subtests in the whole output of a test.
inline auto parse_ktap(std::string_view output) -> std::vector<subtest> {
    ktap_parser parser;
    parser.feed(output);
    return parser.finish();
}

} // namespace ktest
