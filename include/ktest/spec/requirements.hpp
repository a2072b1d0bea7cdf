#pragma once

#include <ktest/shell_quote.hpp>
#include <ktest/spec/asked_script.hpp>
#include <ktest/spec/find_requirement.hpp>
#include <ktest/spec/interpreter.hpp>
#include <ktest/spec/library_plan.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <sys/stat.h>

namespace ktest {

/// One thing in /cdrom: a file, or a directory with what is in it, of the host; or a text.
struct payload_file {
    std::string name;             ///< below /cdrom
    std::filesystem::path source; ///< followed if it is a link; empty: `content` counts
    std::string content;
    mode_t mode = 0; ///< 0: the source's
    friend auto operator==(payload_file const&, payload_file const&) -> bool = default;
};

/// Where what a test requires is looked for on this host.
struct requirement_places {
    std::vector<std::filesystem::path> programs = program_directories();
    /// For LREQUIRE; none: there is no kernel source tree.
    std::function<result<std::filesystem::path>(std::string const&)> find_in_tree;
    std::optional<host_libraries> libraries; ///< none: found when they are needed
};

/// Where the libraries, loaders and true programs behind the wrappers are, below /cdrom.
constexpr std::string_view library_directory = ".ktest-lib";

namespace detail {

class payload_collector {
public:
    payload_collector(std::optional<image_libraries> image, requirement_places places)
        : image_{std::move(image)}, places_{std::move(places)} {}

    /// What follows is asked for by this script.
    void serve(std::filesystem::path const& script) { script_ = script; }

    auto add(std::string_view key, std::string_view name, std::filesystem::path const& source)
        -> result<void> {
        auto const named = [&](error e) {
            return error{e.kind, fmt::format("{}:deps: {}: {}: {}", script_.string(), key, name, e.message)};
        };
        auto const payload_name = name_in_payload(name);
        if (payload_name == library_directory)
            return tl::unexpected{named({fault::usage, "the name is ktest's own in /cdrom"})};
        auto const [known, fresh] = sources_.emplace(payload_name, source);
        if (std::error_code ignored; !fresh && !std::filesystem::equivalent(known->second, source, ignored))
            return tl::unexpected{
                named({fault::usage, fmt::format("two files would be /cdrom/{}: {} and {}", payload_name,
                                                 known->second.string(), source.string())})};
        if (!fresh) return {};
        // Of a test its own first line is wrong, of anything else that it was asked for.
        asked_at_ = key == "test" ? script_.string() + ":1"
                                  : fmt::format("{}:deps: {}: {}", script_.string(), key, name);
        return add_file(payload_name, source).map_error(named);
    }

    auto require(std::string_view key, std::string const& name) -> result<void> {
        auto const found = find_requirement(name, script_.parent_path(), places_.programs);
        if (found) return add(key, name, *found);
        auto const absent = !is_there(script_.parent_path() / name);
        if (absent && image_ && image_->programs.count(name) > 0)
            return {}; // the guest has it, if not this host
        return usage_error("{}:deps: {}: {}", script_.string(), key, found.error().message);
    }

    auto require_from_tree(std::string const& name) -> result<void> {
        auto const named = [&](error e) {
            return error{e.kind, fmt::format("{}:deps: LREQUIRE: {}: {}", script_.string(), name, e.message)};
        };
        if (!places_.find_in_tree)
            return tl::unexpected{named(
                {fault::usage, "there is no kernel source tree to take it from: stand in one, or say -C"})};
        return places_.find_in_tree(name)
            .and_then(check_readable)
            .map_error(named)
            .and_then([&](std::filesystem::path const& file) { return add("LREQUIRE", name, file); });
    }

    /// All files, when nothing more is asked for; each script among them can be run in the guest.
    auto take() -> result<std::vector<payload_file>> {
        for (auto const& [asked_at, by] : interpreters_)
            if (!is_in_guest(by))
                return usage_error(
                    "{}: its interpreter {} is not in the image: ktest image --include PACKAGE "
                    "makes one that has it",
                    asked_at, by.program);
        return std::move(files_);
    }

private:
    auto add_file(std::string const& name, std::filesystem::path const& source) -> result<void> {
        struct stat status {};
        if (::stat(source.c_str(), &status) != 0) return system_failure(errno, "{}", source.string());
        if (S_ISREG(status.st_mode) && (status.st_mode & 0111U) != 0) {
            auto const elf = read_elf_file(source);
            if (!elf) return tl::unexpected{elf.error()};
            if (*elf && (*elf)->is_program()) return add_program(name, source, **elf);
            if (auto const by = read_interpreter(source)) interpreters_.emplace_back(asked_at_, *by);
        }
        files_.push_back({name, source, {}, 0});
        return {};
    }

    /// The manifest speaks of the directories of programs only: what is elsewhere may be there.
    auto is_in_guest(interpreter const& by) const -> bool {
        constexpr std::array known{"/bin",      "/sbin",          "/usr/bin",
                                   "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"};
        if (!image_ || image_->programs.count(by.name()) > 0) return true;
        if (by.is_on_path()) return sources_.count(by.name()) > 0; // of /cdrom, the first on PATH
        auto const directory = std::filesystem::path{by.program}.parent_path();
        return std::find(known.begin(), known.end(), directory) == known.end();
    }

    auto add_program(std::string const& name, std::filesystem::path const& source, elf_needs const& needs)
        -> result<void> {
        auto const machine = image_ ? image_->machine : own_machine();
        if (needs.machine != machine || !needs.is_native)
            return usage_error("{} is for {}, the guest is {}", source.string(),
                               needs.machine != machine ? elf_machine_name(needs.machine)
                                                        : "another kind of program",
                               elf_machine_name(machine));
        if (needs.interpreter.empty() || image_runs(image_, needs, libraries().libc)) {
            files_.push_back({name, source, {}, 0});
            return {};
        }
        auto const plan = collect_libraries(source, needs, libraries());
        if (!plan) return tl::unexpected{plan.error()};
        return wrap(name, source, *plan);
    }

    /// The program is started by its own loader with the libraries of this host, and tells it so by an
    /// argument: a variable would reach the programs that it starts. The loader has the program's name, for
    /// it is what ps, pkill and the kernel's reports show.
    auto wrap(std::string const& name, std::filesystem::path const& source, library_plan const& plan)
        -> result<void> {
        auto const place = [](std::string_view kind, auto const& file) {
            return fmt::format("{}/{}/{}", library_directory, kind, file);
        };
        auto const libraries_in = fmt::format("lib{}", library_set(plan.libraries));
        for (auto const& [soname, file] : plan.libraries)
            if (auto const to = place(libraries_in, soname); sources_.emplace(to, file).second)
                files_.push_back({to, file, {}, 0});
        files_.push_back({place("loader", name), plan.loader, {}, 0755});
        files_.push_back({place("program", name), source, {}, 0});
        constexpr glibc_version knows_argv0{2, 33};
        files_.push_back({name,
                          {},
                          fmt::format("#!/bin/sh\nexec {} --library-path /cdrom/{}/{} {}{} \"$@\"\n",
                                      sh_quoted("/cdrom/" + place("loader", name)), library_directory,
                                      libraries_in, libraries().libc < knows_argv0 ? "" : "--argv0 \"$0\" ",
                                      sh_quoted("/cdrom/" + place("program", name))),
                          0755});
        return {};
    }

    /// Programs share a directory of libraries while no two mean different files by one name.
    auto library_set(std::map<std::string, std::filesystem::path> const& libraries) -> std::size_t {
        auto const set = std::find_if(library_sets_.begin(), library_sets_.end(), [&](auto const& others) {
            return std::all_of(libraries.begin(), libraries.end(), [&](auto const& library) {
                auto const other = others.find(library.first);
                return other == others.end() || other->second == library.second;
            });
        });
        if (set == library_sets_.end()) {
            library_sets_.push_back(libraries);
            return library_sets_.size() - 1;
        }
        set->insert(libraries.begin(), libraries.end());
        return static_cast<std::size_t>(set - library_sets_.begin());
    }

    auto libraries() -> host_libraries const& {
        if (!places_.libraries) places_.libraries = find_host_libraries();
        return *places_.libraries;
    }

    static auto own_machine() -> std::uint16_t {
        Elf64_Ehdr header{};
        auto const self = open_file("/proc/self/exe", O_RDONLY);
        if (!self || ::pread(self->get(), &header, sizeof header, 0) != sizeof header) return EM_X86_64;
        return header.e_machine;
    }

    std::filesystem::path script_;
    std::string asked_at_; ///< for errors about what is added last
    std::vector<std::pair<std::string, interpreter>> interpreters_;
    std::optional<image_libraries> image_;
    requirement_places places_;
    std::map<std::string, std::filesystem::path> sources_; ///< what is behind each name
    std::vector<std::map<std::string, std::filesystem::path>> library_sets_;
    std::vector<payload_file> files_;
};

} // namespace detail

/// All that /cdrom holds for a test, the last of the scripts: itself under its own name and as `rc`, its
/// libraries, what each of them requires, and the shared libraries without which a program of this host would
/// not run in the image (none: nothing is known of it). An error names the script, the key and the
/// requirement. Directories come as they are: their programs get nothing.
inline auto payload_files(std::vector<asked_script> const& scripts,
                          std::optional<image_libraries> const& image, requirement_places places = {})
    -> result<std::vector<payload_file>> {
    detail::payload_collector payload{image, std::move(places)};
    auto const& test = scripts.back().path;
    payload.serve(test);
    result<void> good = payload.add("test", test.filename().string(), test);
    if (good) good = payload.add("test", "rc", test);
    for (auto const& [script, spec] : scripts) {
        payload.serve(script);
        for (auto const& name : spec.require)
            if (good) good = payload.require("REQUIRE", name);
        for (auto const& name : spec.test_require)
            if (good) good = payload.require("TEST_REQUIRE", name);
        for (auto const& name : spec.tree_require)
            if (good) good = payload.require_from_tree(name);
    }
    if (!good) return tl::unexpected{good.error()};
    return payload.take();
}

} // namespace ktest
