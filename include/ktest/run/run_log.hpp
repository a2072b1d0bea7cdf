#pragma once

#include <ktest/file.hpp>
#include <ktest/guest/wire.hpp>
#include <ktest/run/event.hpp>
#include <ktest/run/kernel_record.hpp>

#include <cstdint>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ktest {

/// The files that a run writes while it goes on: test.log, kernel.log, console.log, what the test left in
/// $KTEST_OUT, below `out/`, and hang.txt, where there was a hang.
class run_log {
public:
    static auto open(std::filesystem::path directory) -> result<run_log> {
        run_log log;
        log.directory_ = std::move(directory);
        for (auto [name, file] : {std::pair{"test.log", &log.test_}, std::pair{"kernel.log", &log.kernel_},
                                  std::pair{"console.log", &log.console_}}) {
            auto opened = open_file(log.directory_ / name, O_RDWR | O_CREAT | O_TRUNC | O_APPEND);
            if (!opened) return tl::unexpected{opened.error()};
            *file = std::move(*opened);
        }
        return log;
    }

    /// For a run of which no files are wanted: they have no names, and go with it.
    static auto unnamed(std::filesystem::path const& scratch) -> result<run_log> {
        run_log log;
        for (auto* const file : {&log.test_, &log.kernel_, &log.console_}) {
            auto opened = open_unnamed(scratch);
            if (!opened) return tl::unexpected{opened.error()};
            *file = std::move(*opened);
        }
        return log;
    }

    /// Empty for unnamed files.
    auto directory() const -> std::filesystem::path const& { return directory_; }
    auto test() const -> descriptor const& { return test_; }
    auto console() const -> descriptor const& { return console_; }

    /// Writes down what an event brings; records of the kernel's log are given, so that the caller can tell
    /// of some.
    auto keep(session_event const& event) -> result<std::vector<kernel_record>> {
        auto const nothing = [] { return std::vector<kernel_record>{}; };
        if (auto const* output = std::get_if<output_bytes>(&event))
            return write(test_, "test.log", output->data).map(nothing);
        if (auto const* console = std::get_if<console_bytes>(&event))
            return write(console_, "console.log", console->data).map(nothing);
        auto const* const said = std::get_if<wire::from_guest>(&event);
        if (said == nullptr) return nothing();
        if (auto const* piece = std::get_if<wire::out_file>(said)) return add_out_file(*piece).map(nothing);
        if (auto const* records = std::get_if<wire::kernel_log>(said)) return add_kernel_log(*records);
        return nothing();
    }

    /// What QEMU says of a guest that hangs.
    auto add_hang(std::string_view text) -> result<void> {
        if (directory_.empty()) return {};
        auto file = open_file(directory_ / "hang.txt", O_WRONLY | O_CREAT | O_APPEND);
        if (!file) return tl::unexpected{file.error()};
        return write(*file, directory_ / "hang.txt", text);
    }

    /// Begins kernel.log anew, for another guest.
    auto begin_kernel_log(std::string_view records) -> result<void> {
        if (::ftruncate(kernel_.get(), 0) != 0) return system_failure(errno, "kernel.log");
        return add_kernel_log({.records = std::string{records}}).map([](auto const&) {});
    }

private:
    auto add_kernel_log(wire::kernel_log const& log) -> result<std::vector<kernel_record>> {
        std::string text;
        std::vector<kernel_record> records;
        if (log.lost > 0)
            text = fmt::format("[ktest: {} records were overwritten before they could be read]\n", log.lost);
        for (std::string_view rest = log.records; !rest.empty();) {
            auto const end = rest.find('\n');
            auto const line = rest.substr(0, end);
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
            if (line.starts_with(' ')) continue; // the dictionary of the record before
            if (auto record = parse_kernel_record(line)) {
                text += to_string(*record) + '\n';
                records.push_back(std::move(*record));
            }
        }
        return write(kernel_, "kernel.log", text).map([&] { return std::move(records); });
    }

    /// A file of $KTEST_OUT. Names are the guest's: whatever could leave the directory is refused. More than
    /// init sends comes from an init that is none of ktest's, and must not fill the host's disk.
    auto add_out_file(wire::out_file const& piece) -> result<void> {
        if (directory_.empty()) return {};
        auto const relative = std::filesystem::path{piece.path}.lexically_normal();
        if (relative.empty() || relative.is_absolute() || *relative.begin() == ".." || relative == "."
            || !relative.has_filename())
            return {};
        out_bytes_ += piece.data.size();
        out_files_ += piece.offset == 0 ? 1 : 0;
        if (out_bytes_ > wire::out_file::most_bytes + wire::piece_limit
            || out_files_ > wire::out_file::most_files + 1
            || std::distance(relative.begin(), relative.end()) > wire::out_file::deepest + 1)
            return tl::unexpected{
                error{fault::unavailable, "the guest sends more of $KTEST_OUT than its init does"}};
        auto const path = directory_ / "out" / relative;
        std::error_code failed;
        std::filesystem::create_directories(path.parent_path(), failed);
        // O_NOFOLLOW, and a tree that only this function fills, with files alone: no link can stand in it.
        auto file =
            open_file(path, O_WRONLY | O_NOFOLLOW | (piece.offset == 0 ? O_CREAT | O_TRUNC : O_APPEND));
        if (!file) return tl::unexpected{file.error()};
        return write(*file, path, piece.data);
    }

    static auto write(descriptor const& file, std::filesystem::path const& name, std::string_view bytes)
        -> result<void> {
        return write_all(file.get(), bytes).map_error([&](error failed) {
            return error{failed.kind, fmt::format("{}: {}", name.string(), failed.message)};
        });
    }

    std::filesystem::path directory_;
    descriptor test_, kernel_, console_;
    std::uint64_t out_bytes_ = 0;
    int out_files_ = 0;
};

} // namespace ktest
