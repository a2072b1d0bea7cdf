#pragma once

#include <ktest/capture.hpp>
#include <ktest/kernel/kernel_make.hpp>
#include <ktest/spec/find_requirement.hpp>

#include <elf.h>

namespace ktest {

namespace detail {

/// A file below tools/ and the directory whose Makefile makes it.
struct tool {
    std::filesystem::path directory; ///< in the source
    std::filesystem::path output;    ///< the same below the build's, or in the source where it must be there
    std::filesystem::path file;      ///< below either
    bool is_selftest = false;        ///< of kselftest, which has ways of its own
};

/// Whether a Makefile of tools/ has its output where O= says. One that does not speak of it itself may well
/// use what does, and then finds nothing again.
inline auto knows_output(std::filesystem::path const& makefile) -> bool {
    auto const text = read_file(makefile).value_or("");
    return text.find("$(O)") != std::string::npos || text.find("OUTPUT") != std::string::npos;
}

/// The nearest Makefile; none where only those are left that make all tools or all of kselftest.
inline auto find_tool(source_tree const& tree, std::filesystem::path const& name) -> std::optional<tool> {
    std::filesystem::path const selftests = "tools/testing/selftests";
    if (*name.begin() != "tools") return std::nullopt;
    for (auto part = name.parent_path(); part != "tools" && part != selftests; part = part.parent_path()) {
        auto const makefile = tree.source / part / "Makefile";
        if (!is_there(makefile)) continue;
        auto const is_selftest = part.string().starts_with(selftests.string() + '/');
        auto const apart = is_selftest || knows_output(makefile);
        return tool{tree.source / part, (apart ? tree.build : tree.source) / part,
                    name.lexically_relative(part), is_selftest};
    }
    return std::nullopt;
}

/// make for a tool. The Makefiles of tools/ take O= as kbuild does; those of kselftest take OUTPUT= and ask
/// to be told where the kernel's headers are.
inline auto tool_make(source_tree const& tree, tool const& what, std::vector<std::string> words) -> command {
    source_tree const as_tree{what.directory, what.output, what.output == what.directory || what.is_selftest,
                              tree.version};
    if (what.is_selftest)
        for (auto const& place : {"OUTPUT=" + what.output.string(),
                                  "KHDR_INCLUDES=-isystem " + (tree.build / "usr/include").string()})
            words.push_back(place);
    return kernel_make(as_tree, words);
}

/// Under which name the Makefile knows the file; empty: under none, a directory's default goal may make it.
inline auto find_goal(source_tree const& tree, tool const& what) -> result<std::string> {
    std::vector<std::string> goals{(what.output / what.file).string(), what.file.string()};
    // In the source, make's own rules would know every program by its whole path, and how to make it wrongly.
    if (what.output == what.directory && !what.is_selftest) goals.erase(goals.begin());
    for (auto const& goal : goals) {
        auto const asked = capture(tool_make(tree, what, {"--question", goal}));
        if (!asked) return tl::unexpected{asked.error()};
        if (WIFEXITED(asked->status) && WEXITSTATUS(asked->status) < 2) return goal;
    }
    return "";
}

/// Makes one program where that is possible, so that what others in its directory lack does not matter.
template<class RunMake>
auto make_tool(source_tree const& tree, tool const& what, RunMake run_make) -> result<std::filesystem::path> {
    auto const in_output = what.output / what.file;
    auto const in_source = what.directory / what.file;
    auto const apart = in_output != in_source;
    std::error_code failed;
    if (apart) std::filesystem::create_directories(in_output.parent_path(), failed);
    if (failed) return unavailable("{}: {}", in_output.parent_path().string(), failed.message());
    if (what.is_selftest)
        if (result<void> made = run_make(kernel_make(tree, {"headers"})); !made)
            return tl::unexpected{made.error()};

    auto const goal = find_goal(tree, what);
    if (!goal) return tl::unexpected{goal.error()};
    if (goal->empty() && apart) std::filesystem::remove(in_output, failed); // what is there then is new
    result<void> const made =
        run_make(tool_make(tree, what, {goal->empty() ? std::string{"--keep-going"} : *goal}));
    if (!made && !(goal->empty() && apart && is_there(in_output))) return tl::unexpected{made.error()};
    for (auto const& place : {in_output, in_source})
        if (is_there(place)) return place;
    return usage_error("the Makefile in {} does not make it", what.directory.string());
}

inline auto is_elf(std::filesystem::path const& path) -> bool {
    auto const file = open_file(path, O_RDONLY | O_NONBLOCK);
    std::array<char, SELFMAG> magic{};
    return file && ::pread(file->get(), magic.data(), magic.size(), 0) == SELFMAG
           && std::string_view{magic.data(), magic.size()} == std::string_view{ELFMAG, SELFMAG};
}

} // namespace detail

/// What LREQUIRE names: a file or directory of the source tree; a program below tools/, made (again, where it
/// is out of date) by `run_make(command const&) -> result<void>`, in the build directory where its Makefile
/// can do that; or what the kernel's own build has made. An error does not repeat the name.
template<class RunMake>
auto find_tree_file(source_tree const& tree, std::string_view name, RunMake run_make)
    -> result<std::filesystem::path> {
    auto const below = std::filesystem::path{name}.lexically_normal();
    if (below.empty() || below.is_absolute() || *below.begin() == "..")
        return usage_error("is not in the kernel's source tree: name it from there, as tools/perf/perf");
    if (name_in_payload(name).empty()) return usage_error("names no file that could come along");
    auto const in_source = tree.source / below;
    if (detail::is_there(in_source) && !detail::is_elf(in_source)) return in_source;
    if (auto const tool = detail::find_tool(tree, below)) return detail::make_tool(tree, *tool, run_make);
    for (auto const& place : {in_source, tree.build / below})
        if (detail::is_there(place)) return place;
    if (tree.in_place) return usage_error("not found in {}", tree.source.string());
    return usage_error("not found in {} nor, as something built, in {}", tree.source.string(),
                       tree.build.string());
}

} // namespace ktest
