#pragma once

#include <ktest/kernel/modules.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ktest {

/// Where the files of modules lie that kernel reports name, in any of some directories: a build tree, an
/// installed `lib/modules/<release>`, any other with .ko files in it. The first directory wins.
class module_files {
public:
    explicit module_files(std::vector<std::filesystem::path> directories)
        : directories_{std::move(directories)} {}

    /// nullopt: none of that name. The first call looks through the directories.
    auto find(std::string_view name) -> std::optional<std::filesystem::path> {
        if (!looked_) {
            for (auto const& directory : directories_)
                if (!read_order(directory)) walk(directory);
            looked_ = true;
        }
        auto const found = files_.find(std::string{name});
        return found == files_.end() ? std::nullopt : std::optional{found->second};
    }

private:
    /// What the kernel's build says that it made, which spares a walk through the whole build tree.
    auto read_order(std::filesystem::path const& directory) -> bool {
        std::error_code ignored;
        if (!std::filesystem::exists(directory / "Module.symvers", ignored)
            && !std::filesystem::exists(directory / "vmlinux", ignored))
            return false;
        auto const order = read_file(directory / "modules.order");
        if (!order) return false;
        detail::for_each_piece(*order, "\n", [&](std::string_view line) {
            auto const stem = line.substr(0, line.rfind('.'));
            add(directory / (std::string{stem} + ".ko"));
        });
        return true;
    }

    void walk(std::filesystem::path const& directory) {
        std::error_code failed;
        std::filesystem::recursive_directory_iterator at{
            directory, std::filesystem::directory_options::skip_permission_denied, failed};
        for (; !failed && at != std::filesystem::recursive_directory_iterator{}; at.increment(failed)) {
            auto const name = at->path().filename().native();
            if (name.find(".ko") != std::string::npos && at->is_regular_file(failed)) add(at->path());
        }
    }

    void add(std::filesystem::path const& file) {
        auto const& text = file.native();
        auto const suffix = text.substr(std::min(text.rfind(".ko"), text.size()));
        if (suffix == ".ko" || suffix == ".ko.debug" || suffix == ".ko.xz" || suffix == ".ko.zst"
            || suffix == ".ko.gz")
            files_.emplace(std::string{detail::module_stem(text)}, file);
    }

    std::vector<std::filesystem::path> directories_;
    bool looked_ = false;
    std::unordered_map<std::string, std::filesystem::path, detail::module_name, detail::module_name> files_;
};

} // namespace ktest
