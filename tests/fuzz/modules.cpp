#include "fuzz.hpp"
#include <ktest/kernel/modules.hpp>

#include <array>
#include <fstream>
#include <map>
#include <set>

using namespace ktest;

namespace {

auto stem(std::filesystem::path const& file) -> std::string {
    auto name = std::string{detail::module_stem(file.native())};
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

using needs_of_modules = std::map<std::string, std::set<std::string>>;

/// What each module needs of those that there are; of two of one name the first counts.
auto needs_in(std::string_view dependencies) -> needs_of_modules {
    needs_of_modules needs;
    detail::for_each_piece(dependencies, "\n", [&](std::string_view line) {
        auto const colon = line.find(':');
        if (colon == std::string_view::npos) return;
        auto const [module, is_new] = needs.try_emplace(stem(line.substr(0, colon)));
        if (!is_new) return;
        detail::for_each_piece(
            line.substr(colon + 1), " ",
            [&, &needed = module->second](std::string_view file) { needed.insert(stem(file)); });
    });
    needs.erase("");
    for (auto& [module, needed] : needs)
        for (auto file = needed.begin(); file != needed.end();)
            file = needs.count(*file) != 0 ? std::next(file) : needed.erase(file);
    return needs;
}

auto reaches(needs_of_modules const& all, std::string const& from, std::string const& to,
             std::set<std::string>& seen) -> bool {
    if (from == to) return true;
    if (!seen.insert(from).second) return false;
    auto const& needed = all.at(from);
    return std::any_of(needed.begin(), needed.end(),
                       [&](std::string const& next) { return reaches(all, next, to, seen); });
}

/// A directory in memory, gone with its owner: libFuzzer writes much and often.
struct memory_directory {
    std::filesystem::path path;

    memory_directory() {
        std::string name = "/dev/shm/ktest-fuzz-XXXXXX";
        always(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    memory_directory(memory_directory const&) = delete;
    auto operator=(memory_directory const&) -> memory_directory& = delete;
    ~memory_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};

/// Nothing comes twice; what a module needs comes with it, and before it where they do not need each other.
void check(needs_of_modules const& all, module_closure const& found, bool ordered) {
    std::map<std::string, std::size_t> places;
    for (auto const& file : found.files) always(places.try_emplace(stem(file), places.size()).second);
    for (auto const& [module, place] : places)
        for (auto const& needed : all.at(module)) {
            always(places.count(needed) != 0);
            if (!ordered || places.at(needed) <= place) continue;
            std::set<std::string> seen;
            always(reaches(all, needed, module, seen));
        }
}

} // namespace

/// What is wanted, modules.dep, .builtin, .softdep and .alias, with a NUL between them.
void fuzz(std::string_view input) {
    static memory_directory const directory;
    std::array<std::string_view, 5> texts;
    for (auto& text : texts) {
        text = input.substr(0, input.find('\0'));
        input.remove_prefix(std::min(input.size(), text.size() + 1));
    }
    auto const& [wanted, dependencies, built_in, soft, aliases] = texts;
    for (auto const& [name, text] : {std::pair{"modules.dep", dependencies},
                                     {"modules.builtin", built_in},
                                     {"modules.softdep", soft},
                                     {"modules.alias", aliases}})
        std::ofstream{directory.path / name} << text;
    std::vector<std::string> names;
    detail::for_each_piece(wanted, " ", [&](std::string_view name) { names.emplace_back(name); });

    auto const found = find_modules({.modules = directory.path}, names);
    always(found.has_value());
    check(needs_in(dependencies), *found, soft.empty()); // a soft dependency may turn the order round
}
