#pragma once

#include <ktest/file.hpp>
#include <ktest/kernel/kconfig_lines.hpp>
#include <ktest/kernel/kconfig_source.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ktest {

namespace detail {

/// Reads Kconfig files into a kconfig_source.
class kconfig_reader {
public:
    kconfig_reader(kconfig_source& into, std::filesystem::path tree, std::string architecture)
        : into_{into}, tree_{std::move(tree)}, architecture_{std::move(architecture)} {}

    void read(std::string const& file) {
        constexpr std::size_t most_files = 20'000;
        if (std::count(open_.begin(), open_.end(), file) != 0 || into_.files == most_files) return;
        auto const text = read_file(tree_ / file);
        if (!text) return;
        ++into_.files;
        open_.push_back(file);
        auto const depth = blocks_.size();
        kconfig_lines lines{*text};
        for (std::string line; lines.next(line);) {
            cut_comment(line);
            auto const length = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_-");
            std::string_view const word = std::string_view{line}.substr(0, length);
            auto rest = std::string_view{line}.substr(word.size());
            rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
            if (word == "help" || word == "---help---")
                lines.skip_help();
            else if (!structure(word, rest, lines.number()) && symbol_ != nullptr)
                property(word, rest);
            else if (symbol_ == nullptr && block_open_)
                block_property(word, rest);
        }
        blocks_.resize(std::min(depth, blocks_.size()));
        open_.pop_back();
    }

private:
    struct block {
        std::vector<std::string> conditions;
        int choice = -1;
    };

    static void cut_comment(std::string& line) {
        char quote = 0;
        for (std::size_t at = 0; at < line.size(); ++at) {
            auto const c = line[at];
            if (quote != 0 ? c == quote : c == '"' || c == '\'')
                quote = quote != 0 ? '\0' : c;
            else if (c == '#' && quote == 0)
                line.erase(at);
        }
        line.erase(line.find_last_not_of(" \t") + 1);
    }

    /// The condition behind ` if `; of a prompt only what stands behind its closing quote counts.
    static auto condition(std::string_view text) -> std::string_view {
        if (text.starts_with('"') || text.starts_with('\''))
            text.remove_prefix(std::min(text.find(text.front(), 1), text.size()));
        auto const at = text.find(" if ");
        return at == std::string_view::npos ? std::string_view{} : text.substr(at + 4);
    }

    void begin(bool is_block) {
        symbol_ = nullptr;
        block_open_ = is_block;
    }
    void open_block(std::string_view text, int choice) {
        auto& added = blocks_.emplace_back();
        added.choice = choice;
        if (!text.empty()) added.conditions.emplace_back(text);
    }

    /// Whether the line begins or ends something.
    auto structure(std::string_view word, std::string_view rest, unsigned line) -> bool {
        if (word == "config" || word == "menuconfig") {
            begin(false);
            symbol_ = &into_.symbols[std::string{rest}];
            name_ = rest;
            kconfig_definition added{.file = open_.back(), .line = line};
            for (auto const& one : blocks_) {
                added.conditions.insert(added.conditions.end(), one.conditions.begin(), one.conditions.end());
                if (one.choice >= 0) added.choice = one.choice;
            }
            symbol_->definitions.push_back(std::move(added));
        } else if (word == "if") {
            begin(false);
            open_block(rest, -1);
        } else if (word == "menu" || word == "choice") {
            begin(true);
            open_block("", word == "choice" ? choices_++ : -1);
        } else if (word == "endif" || word == "endmenu" || word == "endchoice") {
            begin(false);
            if (!blocks_.empty()) blocks_.pop_back();
        } else if (word == "comment" || word == "mainmenu") {
            begin(false);
        } else if (word == "source" || word == "osource" || word == "rsource" || word == "orsource") {
            begin(false);
            follow(rest, word.find("rsource") != std::string_view::npos);
        } else {
            return false;
        }
        return true;
    }

    void follow(std::string_view rest, bool relative) {
        std::string file{rest};
        std::erase_if(file, [](char c) { return c == '"' || c == '\''; });
        for (std::string_view const variable : {"$(SRCARCH)", "$SRCARCH"})
            if (auto const at = file.find(variable); at != std::string::npos)
                file.replace(at, variable.size(), architecture_);
        auto const base =
            relative ? std::filesystem::path{open_.back()}.parent_path() : std::filesystem::path{};
        read((base / file).lexically_normal().string());
        begin(false);
    }

    void property(std::string_view word, std::string_view rest) {
        auto& definition = symbol_->definitions.back();
        auto const is_default = word.starts_with("def_");
        auto const type = is_default ? word.substr(4) : word;
        for (std::string_view const known : {"bool", "tristate", "string", "int", "hex"})
            if (type == known) symbol_->type = known;
        if (word == "depends" && rest.starts_with("on")) {
            definition.conditions.emplace_back(rest.substr(2));
        } else if (word == "prompt" || (symbol_->type == word && !rest.empty() && !rest.starts_with("if "))) {
            definition.has_prompt = true;
            definition.prompt_condition = condition(rest);
        } else if (word == "range") {
            symbol_->range = rest.substr(0, rest.find(" if "));
        } else if (word == "select") {
            auto const target = rest.substr(0, rest.find_first_of(" \t"));
            into_.symbols[std::string{target}].selected_by.emplace_back(name_, condition(rest));
        }
    }

    void block_property(std::string_view word, std::string_view rest) {
        auto& conditions = blocks_.back().conditions;
        if (word == "depends" && rest.starts_with("on"))
            conditions.emplace_back(rest.substr(2));
        else if (word == "visible" && rest.starts_with("if"))
            conditions.emplace_back(rest.substr(2));
        else if ((word == "prompt" || word == "bool" || word == "tristate") && !condition(rest).empty())
            conditions.emplace_back(condition(rest));
    }

    kconfig_source& into_;
    std::filesystem::path tree_;
    std::string architecture_;
    std::vector<std::string> open_; ///< files that are being read
    std::vector<block> blocks_;
    kconfig_symbol* symbol_ = nullptr; ///< that the lines are about
    std::string name_;
    bool block_open_ = false; ///< the lines are about the last block
    int choices_ = 0;
};

} // namespace detail

/// Follows `source` from the tree's Kconfig on, with `architecture`'s directory under arch/; what is not
/// there or not understood is passed over.
inline auto read_kconfig_source(std::filesystem::path const& tree, std::string const& architecture)
    -> kconfig_source {
    kconfig_source found;
    detail::kconfig_reader{found, tree, architecture}.read("Kconfig");
    return found;
}

} // namespace ktest
