#include "fuzz.hpp"
#include <ktest/spec/deps.hpp>

using namespace ktest;

namespace {

/// An error is one line that can be read, and says where.
void check(error const& wrong) {
    always(wrong.kind == fault::usage && wrong.message.starts_with("t:deps:"));
    always(wrong.message.size() < 1000 && detail::find_rubbish(wrong.message) == std::string::npos);
}

void check(test_spec const& spec) {
    using namespace literals;
    always(spec.memory >= 16_MiB && spec.scratch.size() <= most_scratch_disks
           && spec.nodes.size() <= most_nodes && spec.networks.size() <= most_networks
           && find_clash(spec.config) == find_clash({}));
    for (auto const size : spec.scratch) always(size.count > 0 && size.count % 512 == 0);
    for (auto const& [node, own] : spec.node_specs)
        always(std::count(spec.nodes.begin(), spec.nodes.end(), node) == 1);
    for (auto const& net : spec.networks)
        for (auto const& node : net.nodes)
            always(std::count(spec.nodes.begin(), spec.nodes.end(), node) == 1);
    for (auto const& option : spec.config) always(read_option(to_string(option)) == option);
}

/// The same entries, in the order of their names, with other quotes and line ends.
auto write(std::vector<deps_entry> entries) -> std::string {
    std::stable_sort(entries.begin(), entries.end(),
                     [](auto const& one, auto const& other) { return one.name() < other.name(); });
    std::string text = "# sorted\r\n\r\n";
    for (auto const& entry : entries) {
        auto const quote = entry.value.find('\'') == std::string::npos ? "'" : "\"";
        text += fmt::format("  {} = {}{}{} # so\r\n", entry.name(), quote, entry.value, quote);
    }
    return text;
}

} // namespace

void fuzz(std::string_view input) {
    auto const entries = read_deps_lines(input, "t");
    auto const spec = parse_deps(input, "t");
    auto const of_library = parse_deps(input, "t", deps_of::library);
    if (!spec) check(spec.error());
    if (!entries) return always(spec.error() == entries.error() && !of_library);
    if (spec) check(*spec);
    if (spec) always(of_library == spec);

    for (auto const& entry : *entries) // what holds both quotes can be written in its own way alone
        if (entry.value.find('\'') != std::string::npos && entry.value.find('"') != std::string::npos) return;
    auto const again = parse_deps(write(*entries), "t");
    always(again.has_value() == spec.has_value());
    if (spec) always(*again == *spec);
}
