#pragma once

#include <ktest/file.hpp>
#include <ktest/spec/deps_syntax.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ktest {

/// What runs a script: `#!/usr/bin/python3 -u`, or `#!/usr/bin/env python3`, which looks for it on PATH.
struct interpreter {
    std::string program; ///< a path; a name where PATH decides
    friend auto operator==(interpreter const&, interpreter const&) -> bool = default;

    auto is_on_path() const -> bool { return program.find('/') == std::string::npos; }
    auto name() const -> std::string { return program.substr(program.rfind('/') + 1); }
};

/// Reads a script's first line, or as much of it as the kernel does. none: it names nothing, or env has
/// options that say more than what to run.
inline auto parse_interpreter(std::string_view line) -> std::optional<interpreter> {
    if (!line.starts_with("#!")) return std::nullopt;
    auto words =
        split_words(line.substr(2, line.find_first_of("\r\n") - 2)).value_or(std::vector<std::string>{});
    if (words.empty()) return std::nullopt;
    if (interpreter{words.front()}.name() != "env") return interpreter{words.front()};
    auto word = std::next(words.begin());
    if (word != words.end() && *word == "-S") ++word;
    while (word != words.end() && word->find('=') != std::string::npos && word->front() != '-') ++word;
    if (word == words.end() || word->front() == '-') return std::nullopt;
    return interpreter{*word};
}

/// The interpreter of a file, none: it is no script.
inline auto read_interpreter(std::filesystem::path const& path) -> std::optional<interpreter> {
    std::array<char, 256> line{}; // BINPRM_BUF_SIZE: what execve(2) looks at
    auto const file = open_file(path, O_RDONLY | O_NONBLOCK);
    auto const got = file ? ::pread(file->get(), line.data(), line.size(), 0) : -1;
    return got > 0 ? parse_interpreter({line.data(), static_cast<std::size_t>(got)}) : std::nullopt;
}

} // namespace ktest
