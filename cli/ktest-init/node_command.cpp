#include "node_command.hpp"

#include "node_files.hpp"
#include "problem.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace ktest::init {
namespace {

auto end_of(std::string const& subject, wire::answer const& answer) -> node_command_end {
    if (answer.status == 0) return {};
    return {answer.status, subject + ": " + answer.text};
}

auto come_to_barrier(node_call& call) -> node_command_end {
    auto& name = call.words[0];
    auto const nodes = call.words.size() > 1 ? call.words[1] : "";
    return end_of(name, call.host.ask({"barrier", name, nodes}, {}, call.patience));
}

auto send_value(node_call& call) -> node_command_end {
    return end_of(call.words[0], call.host.ask({"send", call.words[0], call.words[1]}));
}

auto await_value(node_call& call) -> node_command_end {
    auto answer = call.host.ask({"wait", call.words[0]}, {}, call.patience);
    if (answer.status == 0) return {0, std::move(answer.text) + '\n'};
    return end_of(call.words[0], answer);
}

auto change_network(node_call& call) -> node_command_end {
    std::string fault;
    for (auto const& word : call.words) fault += (fault.empty() ? "" : " ") + word;
    return end_of(fault, call.host.ask({"net", fault}));
}

struct command {
    std::string_view name;
    char const* usage;
    char const* purpose;
    std::size_t fewest, most; ///< words
    bool waits;               ///< and so knows -t
    node_command_end (*run)(node_call&);
};

constexpr std::array commands{
    command{"ktest-barrier", "[-t SECONDS] NAME [NODE,NODE...]",
            "Waits until these nodes (none: all of the test) have come to the barrier.", 1, 2, true,
            come_to_barrier},
    command{"ktest-send", "KEY VALUE", "Tells all nodes the value of a key.", 2, 2, false, send_value},
    command{"ktest-wait", "[-t SECONDS] KEY", "Prints the value of a key, once a node has told it.", 1, 1,
            true, await_value},
    command{"ktest-put", "FILE [NAME]", "Gives all nodes a file, by its own name or another.", 1, 2, false,
            put_file},
    command{"ktest-get", "[-t SECONDS] NODE:NAME [FILE]",
            "Fetches a file, once that node has put it; FILE -: to stdout.", 1, 2, true, get_file},
    command{"ktest-net", "NETWORK FAULT...",
            "Disturbs a network: loss 5%, delay 20ms 5ms, dup 1%, reorder 2%, rate 10mbit, cut NODE NODE\n"
            "[one-way], heal [NODE NODE], down NODE, up NODE.",
            2, 100, false, change_network},
};

auto print(std::FILE* to, std::string const& text) -> bool {
    return std::fwrite(text.data(), 1, text.size(), to) == text.size() && std::fflush(to) == 0;
}

auto usage_of(command const& what) -> std::string {
    return "usage: " + std::string{what.name} + ' ' + what.usage + '\n' + what.purpose + '\n';
}

auto read_seconds(std::string const& text) -> std::optional<std::chrono::milliseconds> {
    constexpr auto most = 1e6;
    char* end = nullptr;
    auto const seconds = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !(seconds >= 0 && seconds <= most)) return std::nullopt;
    return std::chrono::milliseconds{static_cast<long>(seconds * 1000)};
}

/// Reads what stands in front of the words; what is wrong with that, if anything is.
auto take_options(std::vector<std::string>& words, command const& what,
                  std::optional<std::chrono::milliseconds>& patience) -> problem {
    while (!words.empty() && words[0].size() > 1 && words[0][0] == '-') {
        auto const option = words[0];
        words.erase(words.begin());
        if (option == "--") break;
        if (option != "-t" || !what.waits) return option + ": there is no such option";
        patience = words.empty() ? std::nullopt : read_seconds(words[0]);
        if (!patience) return "-t wants a number of seconds, up to 1000000";
        words.erase(words.begin());
    }
    if (words.size() < what.fewest) return "a word too few";
    if (words.size() > what.most) return "a word too many";
    return {};
}

} // namespace

auto node_command_names() -> std::vector<std::string> {
    std::vector<std::string> names;
    for (auto const& what : commands) names.emplace_back(what.name);
    return names;
}

auto run_node_command(std::vector<std::string> arguments, std::string_view socket) -> std::optional<int> {
    if (arguments.empty()) return std::nullopt;
    auto const name = arguments[0].substr(arguments[0].rfind('/') + 1); // npos + 1 is 0
    auto const* const what =
        std::find_if(commands.begin(), commands.end(), [&](auto const& one) { return one.name == name; });
    if (what == commands.end()) return std::nullopt;
    arguments.erase(arguments.begin());
    if (!arguments.empty() && (arguments[0] == "-h" || arguments[0] == "--help"))
        return print(stdout, usage_of(*what)) ? 0 : 1;

    std::optional<std::chrono::milliseconds> patience;
    if (auto const wrong = take_options(arguments, *what, patience)) {
        print(stderr, name + ": " + *wrong + '\n' + usage_of(*what));
        return 2;
    }
    node_call call{std::move(arguments), patience, host_connection{socket}};
    auto end = what->run(call);
    if (end.status == 0 && !print(stdout, end.text)) end = {1, failure("stdout")};
    if (end.status != 0) print(stderr, name + ": " + end.text + '\n');
    return end.status;
}

} // namespace ktest::init
