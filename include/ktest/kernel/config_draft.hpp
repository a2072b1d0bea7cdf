#pragma once

#include <ktest/file.hpp>
#include <ktest/kernel/check_stuck.hpp>
#include <ktest/kernel/config_request.hpp>
#include <ktest/kernel/source_tree.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ktest::detail {

/// A configuration in the making, beside the one that it shall become: that one stays as it is until all has
/// stuck.
template<class RunMake>
class config_draft {
public:
    config_draft(source_tree const& tree, RunMake& run_make)
        : tree_{tree}, run_make_{run_make}, file_{tree.build / ".config.ktest"} {}
    config_draft(config_draft const&) = delete;
    auto operator=(config_draft const&) -> config_draft& = delete;
    ~config_draft() {
        std::error_code ignored;
        for (auto const* suffix : {"", ".old", ".all"})
            std::filesystem::remove(file_.string() + suffix, ignored);
    }

    auto text() const { return read_file(file_); }
    /// allnoconfig with these options.
    auto make_from(std::string_view options) -> result<void> {
        auto const all = file_.string() + ".all";
        return write_file(all, options).and_then([&] {
            return make({"KCONFIG_ALLCONFIG=" + all, "allnoconfig"});
        });
    }
    /// What a target of make writes where there is no .config yet: some of them know no other name for it.
    auto make_by_target(std::string const& target) -> result<void> {
        auto const written = tree_.build / ".config";
        auto const made = run_make_(std::vector<std::string>{target});
        std::error_code failed;
        if (made) {
            std::filesystem::rename(written, file_, failed);
            if (failed) return usage_error("--kconfig {}: it made no .config", target);
        } else {
            std::filesystem::remove(written, failed);
        }
        return made;
    }
    /// What make makes of this .config.
    auto complete(std::string_view config) -> result<void> {
        return write_file(file_, config).and_then([&] { return make({"olddefconfig"}); });
    }
    /// Sets what the draft has not yet.
    auto add(config_request const& request, std::vector<kernel_option> const& wanted) -> result<void> {
        auto const there = text();
        if (!there) return tl::unexpected{there.error()};
        auto const unmet = unmet_options(parse_kconfig(*there), wanted);
        return unmet.empty() ? result<void>{}
                             : complete(applied(*there, options_to_set(request, wanted, unmet)));
    }
    /// Makes it the .config, if all has stuck.
    auto finish(std::vector<wanted_option> const& wanted) -> result<void> {
        auto const made = text();
        if (!made) return tl::unexpected{made.error()};
        if (auto stuck = check_stuck(tree_, parse_kconfig(*made), wanted); !stuck) return stuck;
        return write_file(tree_.build / ".config", *made);
    }

private:
    auto make(std::vector<std::string> words) -> result<void> {
        words.insert(words.begin(), "KCONFIG_CONFIG=" + file_.string());
        return run_make_(words);
    }

    source_tree const& tree_;
    RunMake& run_make_;
    std::filesystem::path file_;
};

} // namespace ktest::detail
