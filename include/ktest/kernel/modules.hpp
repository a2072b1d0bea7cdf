#pragma once

#include <ktest/file.hpp>
#include <ktest/kernel/kernel.hpp>

#include <range/v3/view/reverse.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ktest {

/// Modules in an order in which they can be loaded one after the other.
struct module_closure {
    std::vector<std::filesystem::path> files;
    std::vector<std::string> unknown; ///< wanted, but neither a module nor built in
    friend auto operator==(module_closure const&, module_closure const&) -> bool = default;
};

namespace detail {

/// `pvpanic-pci` from `.../pvpanic-pci.ko.xz`.
constexpr auto module_stem(std::string_view file) -> std::string_view {
    file.remove_prefix(file.rfind('/') + 1);
    return file.substr(0, file.find(".ko"));
}

/// Names of modules are equal where they differ in `-` and `_` alone.
struct module_name {
    static constexpr auto plain(char c) { return c == '-' ? '_' : c; }
    auto operator()(std::string_view name) const -> std::size_t {
        std::size_t hash = 5381;
        for (auto const c : name) hash = hash * 33 + static_cast<unsigned char>(plain(c));
        return hash;
    }
    auto operator()(std::string_view left, std::string_view right) const -> bool {
        return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                          [](char l, char r) { return plain(l) == plain(r); });
    }
};
template<class Value>
using by_module_name = std::unordered_map<std::string_view, Value, module_name, module_name>;
using module_names = std::unordered_set<std::string_view, module_name, module_name>;

template<class Take>
void for_each_piece(std::string_view text, std::string_view separators, Take take) {
    while (!text.empty()) {
        auto const piece = text.substr(0, text.find_first_of(separators));
        text.remove_prefix(std::min(piece.size() + 1, text.size()));
        if (!piece.empty()) take(piece);
    }
}

/// What depmod(8) and the kernel's build wrote about the modules of one kernel. All names are views into the
/// texts.
class module_index {
public:
    explicit module_index(std::filesystem::path directory) : directory_{std::move(directory)} {}
    module_index(module_index const&) = delete;
    auto operator=(module_index const&) -> module_index& = delete;
    ~module_index() = default;

    auto read() -> result<void> {
        auto text = read_file(directory_ / "modules.dep");
        if (!text)
            return unavailable("{}: run depmod -b {} {}", text.error().message,
                               (directory_ / "../../..").lexically_normal().string(),
                               directory_.filename().string());
        dependencies_ = std::move(*text);
        modules_.reserve(
            static_cast<std::size_t>(std::count(dependencies_.begin(), dependencies_.end(), '\n')));
        for_each_piece(dependencies_, "\n", [&](std::string_view line) {
            auto const file = line.substr(0, line.find(':'));
            if (file.size() < line.size() && !module_stem(file).empty())
                modules_.emplace(module_stem(file), line);
        });
        built_in_text_ = text_or_nothing("modules.builtin");
        for_each_piece(built_in_text_, "\n",
                       [&](std::string_view file) { built_in_.insert(module_stem(file)); });
        softdep_text_ = text_or_nothing("modules.softdep");
        for_each_piece(softdep_text_, "\n", [&](std::string_view line) { read_softdep(line); });
        return {};
    }

    auto knows(std::string_view name) const {
        return modules_.count(name) != 0 || built_in_.count(name) != 0;
    }

    /// Appends the module's file behind those of everything it needs; nothing twice.
    void load(std::string_view name, std::vector<std::filesystem::path>& order) {
        struct waiting_module {
            std::string_view line;
            std::vector<std::string_view> first; ///< what goes before it, the next one last
        };
        std::vector<waiting_module> waiting; // no recursion: nobody knows how long a chain may be
        auto const want = [&](std::string_view wanted) {
            auto const found = modules_.find(wanted);
            if (found == modules_.end() || !loaded_.insert(found->first).second) return;
            waiting.push_back({found->second, loaded_before(*found)});
        };
        for (want(name); !waiting.empty();) {
            auto& [line, first] = waiting.back();
            if (first.empty()) {
                order.push_back(directory_ / line.substr(0, line.find(':')));
                waiting.pop_back();
            } else {
                auto const next = first.back();
                first.pop_back();
                want(next);
            }
        }
    }

private:
    /// What is to be loaded before a module, in reverse: modules.dep, too, lists first what is loaded last.
    auto loaded_before(std::pair<std::string_view const, std::string_view> const& module)
        -> std::vector<std::string_view> {
        auto const& [name, line] = module;
        std::vector<std::string_view> before;
        for_each_piece(line.substr(line.find(':') + 1), " ",
                       [&](std::string_view file) { before.push_back(module_stem(file)); });
        if (auto const soft = softdeps_.find(name); soft != softdeps_.end())
            for (auto const wanted : soft->second | ranges::views::reverse) {
                auto const all = providers(wanted);
                before.insert(before.end(), all.rbegin(), all.rend());
            }
        return before;
    }

    /// `softdep NAME pre: A B post: C`, modprobe.d(5): what is to be loaded before.
    void read_softdep(std::string_view line) {
        std::vector<std::string_view> words;
        for_each_piece(line, " \t", [&](std::string_view word) { words.push_back(word); });
        if (words.size() < 3 || words[0] != "softdep") return;
        auto before = false;
        for (std::size_t i = 2; i < words.size(); ++i) {
            if (words[i].back() == ':')
                before = words[i] == "pre:";
            else if (before)
                softdeps_[words[1]].push_back(words[i]);
        }
    }

    /// A soft dependency may name a module or an alias (`crc32c`: every module that implements it).
    auto providers(std::string_view wanted) -> std::vector<std::string_view> {
        if (knows(wanted)) return {wanted};
        if (aliases_.empty()) aliases_ = text_or_nothing("modules.alias");
        std::vector<std::string_view> found;
        auto const line = fmt::format("\nalias {} ", wanted);
        for (auto at = aliases_.find(line); at != std::string::npos; at = aliases_.find(line, at + 1)) {
            auto const name = std::string_view{aliases_}.substr(at + line.size());
            found.push_back(name.substr(0, name.find('\n')));
        }
        return found;
    }

    auto text_or_nothing(char const* name) const -> std::string {
        return read_file(directory_ / name).value_or("");
    }

    std::filesystem::path directory_;
    std::string dependencies_, built_in_text_, softdep_text_, aliases_;
    by_module_name<std::string_view> modules_; ///< the module's line of modules.dep
    module_names built_in_;
    by_module_name<std::vector<std::string_view>> softdeps_;
    module_names loaded_;
};

} // namespace detail

/// The files of the modules `names` (`-` and `_` are the same) and of all that they need, hard and soft
/// dependencies alike; what is built in is left out. A kernel without modules has everything built in.
inline auto find_modules(kernel const& from, std::vector<std::string> const& names)
    -> result<module_closure> {
    module_closure found;
    if (from.modules.empty()) return found;
    detail::module_index index{from.modules};
    if (auto read = index.read(); !read) return tl::unexpected{read.error()};
    for (auto const& name : names) {
        if (!index.knows(name)) found.unknown.push_back(name);
        index.load(name, found.files);
    }
    return found;
}

} // namespace ktest
