#pragma once

#include <ktest/file.hpp>
#include <ktest/spec/deps_values.hpp>
#include <ktest/take_line.hpp>

#include <charconv>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace ktest {

/// A Linux source tree and where it is built.
struct source_tree {
    std::filesystem::path source;
    std::filesystem::path build; ///< make's O=; the source itself where that was built in place
    bool in_place = false;
    std::string version; ///< of its Makefile: `6.1.192`

    /// Where ktest's own files about the build go.
    auto own() const -> std::filesystem::path { return in_place ? source / ".ktest" : build; }
    friend auto operator==(source_tree const&, source_tree const&) -> bool = default;
};

namespace detail {

/// The value of `NAME = value` in the head of a Makefile; empty: it is not there.
inline auto makefile_value(std::string_view text, std::string_view name) -> std::string_view {
    constexpr std::size_t head = 4096;
    text = text.substr(0, head);
    while (!text.empty()) {
        auto const line = take_line(text);
        auto const equals = line.find('=');
        if (equals != std::string_view::npos && trim(line.substr(0, equals)) == name)
            return trim(line.substr(equals + 1));
    }
    return {};
}

/// `6.1.192` of the tree's own Makefile; empty: this is no kernel's.
inline auto tree_version(std::filesystem::path const& directory) -> std::string {
    std::error_code ignored;
    for (auto const* part : {"Kconfig", "Kbuild", "scripts/kconfig", "arch"})
        if (!std::filesystem::exists(directory / part, ignored)) return "";
    auto const makefile = read_file(directory / "Makefile").value_or("");
    auto const major = makefile_value(makefile, "VERSION");
    auto const minor = makefile_value(makefile, "PATCHLEVEL");
    if (major.empty() || minor.empty()) return "";
    return fmt::format("{}.{}.{}{}", major, minor, makefile_value(makefile, "SUBLEVEL"),
                       makefile_value(makefile, "EXTRAVERSION"));
}

/// The source of what `make O=directory` has begun there: it leaves a Makefile and the link `source`.
inline auto source_of_output(std::filesystem::path const& directory) -> std::optional<std::filesystem::path> {
    std::error_code ignored;
    auto const link = directory / "source";
    if (!std::filesystem::is_symlink(link, ignored)
        || !std::filesystem::exists(directory / "Makefile", ignored))
        return std::nullopt;
    auto source = std::filesystem::canonical(link, ignored);
    if (tree_version(source).empty()) return std::nullopt;
    return source;
}

/// Kbuild's own test: a source tree in such a state takes no O=.
inline auto is_built_in_place(std::filesystem::path const& source) -> bool {
    std::error_code ignored;
    return std::filesystem::exists(source / ".config", ignored)
           || std::filesystem::exists(source / "include/config", ignored)
           || std::filesystem::exists(source / "arch/x86/include/generated", ignored);
}

inline auto check_version(source_tree tree) -> result<source_tree> {
    auto const number = [rest = std::string_view{tree.version}]() mutable {
        unsigned value = 0;
        auto const [end, failed] = std::from_chars(rest.begin(), rest.end(), value);
        rest.remove_prefix(std::min(static_cast<std::size_t>(end - rest.begin()) + 1, rest.size()));
        return value;
    };
    auto parse = number;
    auto const major = parse();
    auto const minor = parse();
    if (std::pair{major, minor} < std::pair{5U, 10U})
        return usage_error("{}: Linux {}: ktest builds 5.10 and newer (-k takes any kernel that is built)",
                           tree.source.string(), tree.version);
    return tree;
}

} // namespace detail

/// The source tree or build directory (make's O=) that `place` is or lies in, at any depth; none: nothing
/// there is a kernel's. `build_directory`, where it is not empty, is the O= that the user wants.
inline auto find_source_tree(std::filesystem::path const& place,
                             std::filesystem::path const& build_directory = {})
    -> result<std::optional<source_tree>> {
    std::error_code failed;
    auto const start = std::filesystem::canonical(place, failed);
    if (failed) return usage_error("{}: {}", place.string(), failed.message());
    auto const wanted = build_directory.empty()
                            ? build_directory
                            : std::filesystem::weakly_canonical(std::filesystem::absolute(build_directory));
    for (auto directory = start;; directory = directory.parent_path()) {
        source_tree tree;
        if (auto const source = detail::source_of_output(directory)) {
            tree = {.source = *source, .build = wanted.empty() ? directory : wanted};
        } else if (!detail::tree_version(directory).empty()) {
            auto const in_place = detail::is_built_in_place(directory);
            if (in_place && !wanted.empty() && wanted != directory)
                return usage_error(
                    "--build-dir {}: {} was built (or configured) in place, and Linux then takes no other "
                    "directory: say 'make mrproper' there first, which also removes its .config, or leave "
                    "--build-dir away",
                    build_directory.string(), directory.string());
            tree = {.source = directory, .build = wanted.empty() ? directory / ".ktest" : wanted};
            tree.in_place = in_place || wanted == directory;
            if (tree.in_place) tree.build = directory;
        } else if (directory == directory.root_path()) {
            return std::nullopt;
        } else {
            continue;
        }
        tree.version = detail::tree_version(tree.source);
        return detail::check_version(std::move(tree)).map([](source_tree found) {
            return std::optional{std::move(found)};
        });
    }
}

} // namespace ktest
