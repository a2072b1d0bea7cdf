#pragma once

#include <ktest/file.hpp>
#include <ktest/run/session.hpp>

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

namespace ktest {

/// Writes the guest's memory to a file that crash(8) and drgn open (QEMU's docs/interop/qmp:
/// dump-guest-memory). The guest stands still meanwhile.
class memory_dump {
public:
    /// `on_end` gets, as the last deed, what there is to tell of it in a line. Where it failed there is no
    /// file.
    memory_dump(boost::asio::io_context& loop, session& machine, std::filesystem::path path,
                std::function<void(std::string const&)> on_end)
        : machine_{machine}, timer_{loop}, path_{std::move(path)}, on_end_{std::move(on_end)} {}

    void begin(std::chrono::milliseconds limit) {
        auto const file = open_file(part(), O_RDWR | O_CREAT | O_TRUNC, 0600);
        if (!file) return end(file.error().message);
        machine_.qmp().pass(*file, "dump");
        machine_.qmp().execute(
            "dump-guest-memory",
            {{"paging", false}, {"protocol", "fd:dump"}, {"detach", true}, {"format", "kdump-zlib"}},
            [this, alive = std::weak_ptr<int>{life_}](result<nlohmann::json> const& taken) {
                if (!alive.expired() && !taken) end(taken.error().message);
            });
        timer_.expires_after(limit);
        timer_.async_wait([this, limit, alive = std::weak_ptr<int>{life_}](auto cancelled) {
            if (!cancelled && !alive.expired())
                end(fmt::format("it was not finished after {:g} s",
                                std::chrono::duration<double>{limit}.count()));
        });
    }

    /// QEMU's word that it has ended; empty: it is whole.
    void completed(std::string const& failure) { end(failure); }
    /// There will be no such word.
    void machine_gone() { end("QEMU has ended"); }

private:
    auto part() const -> std::filesystem::path { return path_.string() + ".part"; }

    void end(std::string const& failure) {
        if (std::exchange(ended_, true)) return;
        timer_.cancel();
        std::error_code failed;
        if (failure.empty())
            std::filesystem::rename(part(), path_, failed);
        else
            std::filesystem::remove(part(), failed);
        auto const call = std::move(on_end_); // which may be the end of this
        call(failure.empty() ? fmt::format("the guest's memory is in {}", path_.string())
                             : fmt::format("no dump of the guest's memory: {}", failure));
    }

    session& machine_;
    boost::asio::steady_timer timer_;
    std::filesystem::path path_;
    std::function<void(std::string const&)> on_end_;
    bool ended_ = false;
    std::shared_ptr<int> life_ = std::make_shared<int>(); ///< QMP may answer when this is over
};

} // namespace ktest
