#pragma once

#include <ktest/kernel/elf_object.hpp>
#include <ktest/take_line.hpp>

#include <string>
#include <string_view>

namespace ktest {

/// Which build of the kernel something is of; what is not known is empty.
struct kernel_identity {
    std::string banner;   ///< `Linux version 6.1.0 (...) #3 SMP ...`: differs from build to build by its date
    std::string release;  ///< `6.1.0`
    std::string number;   ///< `#3`: differs where it was built again, in the same directory
    std::string build_id; ///< in hexadecimal
    friend auto operator==(kernel_identity const&, kernel_identity const&) -> bool = default;
};

namespace detail {

inline auto word_at(std::string_view text, std::size_t at) -> std::string_view {
    auto const rest = text.substr(std::min(at, text.size()));
    return rest.substr(0, rest.find_first_of(" \r\n"));
}

/// `Linux version <release> ... #<number> ...`
inline void read_banner(std::string_view line, kernel_identity& who) {
    constexpr std::string_view start = "Linux version ";
    who.banner = line.substr(0, line.find_last_not_of(" \r") + 1);
    who.release = word_at(line, start.size());
    if (auto const number = line.rfind(" #"); number != std::string_view::npos)
        who.number = word_at(line, number + 1);
}

/// `CPU: 0 PID: 1 Comm: it Tainted: G W 6.1.0 #3 <build id>`; the taint's letters stand where they please.
inline void read_cpu_line(std::string_view line, kernel_identity& who) {
    auto const comm = line.find(" Comm: ");
    auto const number = line.rfind(" #");
    if (comm == std::string_view::npos || number == std::string_view::npos || number < comm) return;
    auto const before = line.substr(0, number);
    who.release = before.substr(before.rfind(' ') + 1);
    who.number = word_at(line, number + 1);
    constexpr std::size_t sha1 = 40;
    for (auto at = number + 1; at < line.size(); at = line.find(' ', at) + 1) {
        auto const word = word_at(line, at);
        if (word.size() == sha1 && word.find_first_not_of("0123456789abcdef") == std::string_view::npos)
            who.build_id = word;
        if (line.find(' ', at) == std::string_view::npos) return;
    }
}

} // namespace detail

/// Which build a kernel's log, or a report of it, says that it is.
inline auto identity_in_log(std::string_view text) -> kernel_identity {
    kernel_identity who;
    while (!text.empty()) {
        auto const line = take_line(text);
        if (auto const banner = line.find("Linux version ");
            banner != std::string_view::npos && who.banner.empty())
            detail::read_banner(line.substr(banner), who);
        else if (line.find("CPU: ") != std::string_view::npos)
            detail::read_cpu_line(line, who);
    }
    return who;
}

/// Which build a vmlinux is.
inline auto identity_of(elf_object const& vmlinux) -> kernel_identity {
    kernel_identity who{.build_id = vmlinux.build_id()};
    auto const* const constants = vmlinux.section(".rodata");
    auto const text = constants == nullptr ? "" : vmlinux.content(*constants).value_or("");
    constexpr std::string_view start = "Linux version ";
    for (auto at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) {
        auto const line = detail::text_at(text, at);
        auto const number = line.rfind(" #");
        // An early stage of the link leaves one without number and date (init/version.c).
        if (detail::release_word(line.substr(start.size())).empty() || number == std::string_view::npos
            || number + 2 == line.size() || line[number + 2] < '0' || line[number + 2] > '9')
            continue;
        detail::read_banner(line.substr(0, line.find('\n')), who);
        break;
    }
    return who;
}

enum class same_build { unknown, yes, no };

/// Whether a log is of the kernel that a vmlinux is. Its release and number alone prove nothing.
inline auto compare(kernel_identity const& log, kernel_identity const& vmlinux) -> same_build {
    auto const differ = [](std::string const& left, std::string const& right) {
        return !left.empty() && !right.empty() && left != right;
    };
    auto const agree = [](std::string const& left, std::string const& right) {
        return !left.empty() && left == right;
    };
    if (agree(log.banner, vmlinux.banner) || agree(log.build_id, vmlinux.build_id)) return same_build::yes;
    auto const other = differ(log.banner, vmlinux.banner) || differ(log.build_id, vmlinux.build_id)
                       || differ(log.release, vmlinux.release) || differ(log.number, vmlinux.number);
    return other ? same_build::no : same_build::unknown;
}

} // namespace ktest
