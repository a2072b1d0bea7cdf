#pragma once

#include <ktest/capture.hpp>
#include <ktest/file.hpp>
#include <ktest/kernel/kernel_make.hpp>
#include <ktest/run/line_assembler.hpp>
#include <ktest/run/make_output.hpp>

#include <functional>
#include <string>
#include <vector>

namespace ktest {

/// Who watches a kernel being built.
struct build_watcher {
    std::function<void(std::string_view)> line;    ///< a line that stays
    std::function<void(std::string_view)> passing; ///< how far it is; replaces the one before
};

/// Runs make in one tree: what it says goes to `build.log`, its errors and warnings to the user as well.
class kernel_builder {
public:
    /// The log lies in the tree's own directory for builds; it is emptied when there is something to run.
    kernel_builder(source_tree tree, build_watcher watcher, std::string const& log_name = "build.log")
        : tree_{std::move(tree)}, watcher_{std::move(watcher)}, path_{tree_.own() / log_name} {
        auto const text = read_file(steps_file()).value_or("");
        std::from_chars(text.data(), text.data() + text.size(), before_);
    }

    /// Runs make with these words. An error names the log, and tells a source that does not build (not_built)
    /// from a host that cannot build it (unavailable); what was wrong has been told.
    auto make(std::vector<std::string> const& words) -> result<void> {
        return run(kernel_make(tree_, words));
    }

    /// Runs any program that builds something for this tree.
    auto run(command what) -> result<void> {
        if (lock_ >= 0) what.kept.push_back(lock_);
        auto const title = fmt::format("{}\n", fmt::join(what.arguments, " "));
        if (auto noted = begin_log().and_then([&] { return write_all(log_.get(), title); }); !noted)
            return noted;
        line_assembler out;
        line_assembler err;
        auto const source = readable_source();
        auto host_failed = false;
        auto const tell = [&](std::string_view line, bool) {
            host_failed = host_failed || is_hosts_fault(line);
            watcher_.line(source.empty() ? std::string{line} : with_readable_names(line, source));
        };
        auto logged = result<void>{};
        auto const how = follow(what, std::chrono::hours{24}, [&](int stream, std::string_view bytes) {
            if (logged) logged = write_all(log_.get(), bytes);
            if (stream == 2)
                err.feed(bytes, tell);
            else
                out.feed(bytes, [&](std::string_view line, bool) { heed(line); });
            return true;
        });
        err.flush(tell);
        if (!how) return tl::unexpected{how.error()};
        if (!logged || how->status == 0) return logged;
        auto const killed = WIFSIGNALED(how->status);
        return tl::unexpected{error{
            host_failed || killed ? fault::unavailable : fault::not_built,
            fmt::format("{}: it {} ({} {}); all that it said is in {}", tree_.source.string(),
                        host_failed ? "could not be built here" : "did not build", what.arguments.front(),
                        killed ? fmt::format("was killed by signal {}", WTERMSIG(how->status))
                               : fmt::format("ended with status {}", WEXITSTATUS(how->status)),
                        path_.string())}};
    }

    /// The tree's lock, which stays until what make started has ended, be ktest gone by then.
    void lock(int number) { lock_ = number; }

    /// Says something of ktest's own to who watches.
    void say(std::string_view text) const { watcher_.line(fmt::format("ktest: {}", text)); }
    /// Keeps the number for the next build's progress.
    auto keep_steps() const -> result<void> {
        return steps_ == 0 ? result<void>{} : write_file(steps_file(), fmt::format("{}\n", steps_));
    }

private:
    auto begin_log() -> result<void> {
        if (log_) return {};
        return open_file(path_, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND).map([&](descriptor log) {
            log_ = std::move(log);
        });
    }

    auto steps_file() const -> std::filesystem::path { return tree_.own() / "build.steps"; }

    /// What `../` means in make's words, seen from here; empty: they need no change.
    auto readable_source() const -> std::string {
        if (tree_.in_place || tree_.build.parent_path() != tree_.source) return "";
        std::error_code ignored;
        return std::filesystem::equivalent(tree_.source, ".", ignored) ? "./" : tree_.source.string() + "/";
    }

    void heed(std::string_view line) {
        auto const step = build_step(line);
        if (step.empty()) return;
        ++steps_;
        watcher_.passing(build_progress(step, steps_, before_));
    }

    source_tree tree_;
    build_watcher watcher_;
    std::filesystem::path path_;
    descriptor log_;
    int lock_ = -1;
    unsigned steps_ = 0;
    unsigned before_ = 0;
};

} // namespace ktest
