#pragma once

#include <ktest/kernel/module_files.hpp>
#include <ktest/run/addr2line.hpp>
#include <ktest/run/symbol_file.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ktest {

/// A file with symbols, and the addresses in it that somebody wants to know.
struct wanted_symbols {
    symbol_file symbols;
    bool is_proven =
        false; ///< the very file of the kernel: a function that does not fit is that one's matter
    std::map<file_address, inlined_places> places{};

    /// Nothing of it can be believed.
    auto is_refused() const { return !is_proven && !symbols.mismatch().empty(); }
};

/// The vmlinux and the modules of one kernel, each opened when first asked for; what they cannot tell is
/// noted, each thing once.
class symbol_files {
public:
    symbol_files(std::filesystem::path vmlinux, std::vector<std::filesystem::path> directories)
        : vmlinux_{std::move(vmlinux)}, modules_{std::move(directories)} {}

    /// Of a module, or of the kernel itself (no name); null: there is none that could be used.
    auto find(std::string const& module) -> wanted_symbols* {
        auto const [place, is_new] = files_.try_emplace(module);
        auto& file = place->second;
        if (is_new) open(module, file);
        return file ? &*file : nullptr;
    }

    /// Looks up all that is wanted, with one process for a file (for a module: for each of its sections).
    void look_up(std::chrono::steady_clock::time_point until) {
        for (auto& [module, file] : files_)
            if (file) look_up(*file, until);
    }

    void note(std::string text) {
        constexpr std::size_t enough = 16; // a log may name any number of modules
        if (notes_.size() < enough && std::find(notes_.begin(), notes_.end(), text) == notes_.end())
            notes_.push_back(std::move(text));
    }
    auto notes() const -> std::vector<std::string> const& { return notes_; }

private:
    void open(std::string const& module, std::optional<wanted_symbols>& file) {
        auto const path = module.empty() ? std::optional{vmlinux_} : modules_.find(module);
        if (!path) return note(fmt::format("{}: no module of this name is found", module));
        if (path->empty()) return;
        auto opened = symbol_file::open(*path);
        if (!opened) return note(opened.error().message);
        file.emplace(wanted_symbols{std::move(*opened)});
    }

    void look_up(wanted_symbols& file, std::chrono::steady_clock::time_point until) {
        auto const& symbols = file.symbols;
        if (!symbols.mismatch().empty())
            note(fmt::format("{}: is of another kernel than the report: {}", symbols.path().string(),
                             symbols.mismatch()));
        if (file.is_refused()) return;
        std::map<std::size_t, address_query> queries;
        for (auto const& [where, places] : file.places)
            queries[where.section].addresses.push_back(where.address);
        for (auto& [section, query] : queries) {
            query.file = symbols.path();
            if (section != 0) query.section = symbols.object().sections()[section].name;
            auto answer = ask_addr2line(query, until);
            if (!answer) return note(answer.error().message);
            for (auto& [address, places] : *answer)
                if (auto const asked = file.places.find({section, address}); asked != file.places.end())
                    asked->second = std::move(places);
        }
    }

    std::filesystem::path vmlinux_;
    module_files modules_;
    std::map<std::string, std::optional<wanted_symbols>> files_;
    std::vector<std::string> notes_;
};

} // namespace ktest
