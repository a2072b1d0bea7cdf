#pragma once

// Which lines of source a kernel's reports point to. Functions are found by name and size, which KASLR does
// not change; what could be wrong stays as the kernel printed it: an ambiguous name, another build's vmlinux.

#include <ktest/run/kernel_identity.hpp>
#include <ktest/run/symbol_files.hpp>
#include <ktest/run/symbolised_report.hpp>
#include <ktest/vm/linked_address.hpp>

#include <set>

namespace ktest {

/// What is known of the kernel that reports are of.
struct symbol_source {
    std::filesystem::path vmlinux;              ///< with debug info; empty: only modules have symbols
    std::vector<std::filesystem::path> modules; ///< directories with modules, besides that of the vmlinux
    std::optional<std::uint64_t> text;          ///< where _text lay when it ran (KASLR); none: not known
    std::string banner;                         ///< its `Linux version ...`; empty: not known
    std::chrono::milliseconds time = std::chrono::seconds{30}; ///< what it may take; then lines stay raw
};

struct symbolised {
    std::vector<symbolised_report> reports; ///< one for each, in order
    std::vector<std::string> notes;         ///< why lines stayed as they were; each thing once
};

namespace detail {

class symboliser {
public:
    explicit symboliser(symbol_source const& source)
        : source_{source}, files_{source.vmlinux, directories(source)} {}

    auto run(std::vector<std::string> const& texts) -> symbolised {
        symbolised all;
        auto const until = std::chrono::steady_clock::now() + source_.time;
        read_vmlinux();
        for (auto const& text : texts) {
            all.reports.emplace_back(text);
            wanted_.emplace_back(all.reports.back().lines.size());
            if (is_of_vmlinux(text)) locate(all.reports.back(), wanted_.back());
        }
        files_.look_up(until);
        for (std::size_t i = 0; i < texts.size(); ++i) give_places(all.reports[i], wanted_[i]);
        all.notes = files_.notes();
        return all;
    }

private:
    using wanted_lines = std::vector<std::optional<file_address>>;

    static auto directories(symbol_source const& source) -> std::vector<std::filesystem::path> {
        auto all = source.modules;
        std::error_code ignored;
        if (!source.vmlinux.empty())
            all.push_back(std::filesystem::absolute(source.vmlinux, ignored).parent_path());
        return all;
    }

    void read_vmlinux() {
        auto* const vmlinux = files_.find("");
        if (vmlinux == nullptr) return;
        vmlinux->is_proven = true; // until a report cannot prove it
        identity_ = identity_of(vmlinux->symbols.object());
        if (auto const linked = linked_address(source_.vmlinux); linked && source_.text)
            shift_ = *source_.text - *linked;
        start_kernel_ = vmlinux->symbols.address_of("start_kernel");
        if (start_kernel_) vmlinux->places[*start_kernel_];
    }

    /// Nothing says that the report is of another kernel than the vmlinux.
    auto is_of_vmlinux(std::string_view text) -> bool {
        auto* const vmlinux = files_.find("");
        if (vmlinux == nullptr) return source_.vmlinux.empty();
        auto ran = identity_in_log(text);
        auto const whole = identity_in_log(source_.banner);
        if (ran.release.empty()) ran = whole;
        if (ran.banner.empty()) ran.banner = whole.banner;
        auto const same = compare(ran, identity_);
        if (same == same_build::no)
            files_.note(fmt::format("{}: is {} {}, not the {} {} of the report{}", source_.vmlinux.string(),
                                    identity_.release, identity_.number, ran.release, ran.number,
                                    ran.number == identity_.number ? ", but another build" : ""));
        if (same == same_build::unknown) vmlinux->is_proven = false;
        return same != same_build::no;
    }

    void locate(symbolised_report const& report, wanted_lines& wanted) {
        std::set<std::string>
            instructions; // arm64 prints the program counter as the trace's first line again
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (!report.lines[i].stack) continue;
            auto const& stack = *report.lines[i].stack;
            auto* const file = files_.find(stack.module);
            if (file == nullptr) continue;
            auto const name = fmt::format("{}+{:#x}", stack.function, stack.offset);
            if (stack.is_instruction) instructions.insert(name);
            auto const is_instruction = stack.is_instruction || instructions.count(name) != 0;
            if (stack.function.empty() && shift_)
                wanted[i] = file->symbols.locate(stack.address - *shift_, is_instruction);
            else if (!stack.build_id.empty() && stack.build_id != file->symbols.object().build_id())
                files_.note(fmt::format("{}: is another build of the module than the report's",
                                        file->symbols.path().string()));
            else if (!stack.function.empty())
                wanted[i] = file->symbols.locate(stack, is_instruction);
            if (wanted[i]) file->places[*wanted[i]];
        }
    }

    void give_places(symbolised_report& report, wanted_lines const& wanted) {
        auto* const vmlinux = files_.find("");
        if (vmlinux != nullptr && vmlinux->is_refused()) return;
        if (start_kernel_) report.root = source_root(vmlinux->places[*start_kernel_]);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (!wanted[i]) continue;
            auto* const file = files_.find(report.lines[i].stack->module);
            if (!file->is_refused()) report.lines[i].places = file->places[*wanted[i]];
        }
    }

    symbol_source const& source_;
    symbol_files files_;
    std::vector<wanted_lines> wanted_; ///< for each report, for each of its lines
    kernel_identity identity_;
    std::optional<std::uint64_t> shift_;
    std::optional<file_address> start_kernel_;
};

} // namespace detail

/// Looks up all the lines of some reports at once. Needs no program but addr2line; never fails: what it could
/// not find out is left as it was, and the notes say why.
inline auto symbolise(std::vector<std::string> const& reports, symbol_source const& source) -> symbolised {
    return detail::symboliser{source}.run(reports);
}

} // namespace ktest
