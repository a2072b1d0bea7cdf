#pragma once

#include <optional>
#include <string_view>

namespace ktest {

/// A function that a report's line names as `function+0x12/0x345`.
struct splat_frame {
    std::string_view function; ///< without what the compiler appends: `.isra.0`, `.cold`
    bool guess = false;        ///< marked `?`: found on the stack, perhaps stale
    std::size_t end = 0;       ///< where in the line it ends
};

/// The next frame in `line` from `from` on; nullopt: there is none. Of `[<ffffffff8110b2a5>] f+0x1/0x2`, f.
inline auto find_frame(std::string_view line, std::size_t from = 0) -> std::optional<splat_frame> {
    auto const in_name = [](char c) {
        return c == '_' || c == '.' || c == '$' || c == ':' || (c >= '0' && c <= '9')
               || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    };
    auto const in_offset = [](char c) {
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') || c == 'x';
    };
    for (auto at = line.find("+0x", from); at != std::string_view::npos; at = line.find("+0x", at + 1)) {
        auto begin = at;
        while (begin > from && in_name(line[begin - 1])) --begin;
        auto end = at + 3;
        while (end < line.size() && in_offset(line[end])) ++end;
        if (end >= line.size() || line[end] != '/') continue;
        ++end;
        while (end < line.size() && in_offset(line[end])) ++end;
        auto name = line.substr(begin, at - begin);
        if (auto const selector = name.rfind(':'); selector != std::string_view::npos) // RIP: 0010:f
            name.remove_prefix(selector + 1);
        while (name.starts_with('.')) name.remove_prefix(1); // powerpc's entry points
        name = name.substr(0, name.find('.'));
        if (name.empty() || (name.front() >= '0' && name.front() <= '9')) continue;
        return splat_frame{name, line.substr(0, begin).ends_with("? "), end};
    }
    return std::nullopt;
}

} // namespace ktest
