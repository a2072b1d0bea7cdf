#pragma once

#include <ktest/shell_quote.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace ktest {

/// What runs on the far side.
struct far_command {
    std::filesystem::path directory;      ///< the same there as here
    std::vector<std::string> environment; ///< `NAME=value`; of two values of one name the last counts
    std::vector<std::string> words;       ///< the program first, by its path
};

/// What the far side is told of this side's environment: the variables named KTEST_*, and last, for the last
/// counts, KTEST_HOST.
inline auto far_environment(std::string_view host, char const* const* environment = environ)
    -> std::vector<std::string> {
    std::vector<std::string> variables;
    for (; environment != nullptr && *environment != nullptr; ++environment)
        if (std::string_view const variable{*environment}; variable.starts_with("KTEST_"))
            variables.emplace_back(variable);
    variables.push_back(fmt::format("KTEST_HOST={}", host));
    return variables;
}

/// For sh on the host: what differs there from here is said, with status 125.
inline auto far_script(std::string_view host, far_command const& far) -> std::string {
    auto const lacks = [&](std::string const& path) {
        return fmt::format(
            " || {{ echo {} >&2; exit 125; }}; ",
            sh_quoted(fmt::format("ktest: {}: {} does not see it: the build tree and ktest must be "
                                  "on a file system that all hosts share",
                                  path, host)));
    };
    auto const directory = far.directory.string();
    auto script = fmt::format("cd {} 2>/dev/null{}[ -x {} ]{}exec env", sh_quoted(directory),
                              lacks(directory), sh_quoted(far.words.front()), lacks(far.words.front()));
    for (auto const& list : {far.environment, far.words})
        for (auto const& word : list) (script += ' ') += sh_quoted(word);
    return script;
}

/// The command line that runs it there. The user's arguments come first, for ssh heeds the first of two. It
/// asks nobody, shares no connection, and gives up a host that is silent for half a minute. Whatever shell
/// the user has there, sh reads the script.
inline auto ssh_command(std::vector<std::string> const& arguments, std::string const& host,
                        far_command const& far) -> std::vector<std::string> {
    std::vector<std::string> words{"ssh"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    words.insert(words.end(), {"-T", "-x", "-a"});
    for (auto const* option :
         {"BatchMode=yes", "ConnectTimeout=20", "ServerAliveInterval=10", "ServerAliveCountMax=3",
          "ControlMaster=no", "ControlPath=none", "ClearAllForwardings=yes", "RemoteCommand=none"})
        words.insert(words.end(), {"-o", option});
    words.insert(words.end(), {"--", host, "exec /bin/sh -c " + sh_quoted(far_script(host, far))});
    return words;
}

} // namespace ktest
