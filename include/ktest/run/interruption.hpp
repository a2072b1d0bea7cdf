#pragma once

#include <ktest/ignored_signal.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/core.h>

#include <csignal>
#include <cstring>
#include <functional>
#include <string>

namespace ktest {

/// Hears SIGINT, SIGTERM and, where it is not ignored (nohup(1)), SIGHUP in a loop, and says each time by
/// what the run is ended: `by Ctrl-C`.
class interruption {
public:
    interruption(boost::asio::io_context& loop, std::function<void(std::string)> call)
        : signals_{loop, SIGINT, SIGTERM}, call_{std::move(call)} {
        if (!is_ignored(SIGHUP)) signals_.add(SIGHUP);
        wait();
    }

private:
    void wait() {
        signals_.async_wait([this](auto cancelled, int number) {
            if (cancelled) return;
            call_(fmt::format("by {}", number == SIGINT ? "Ctrl-C" : ::strsignal(number)));
            wait();
        });
    }

    boost::asio::signal_set signals_;
    std::function<void(std::string)> call_;
};

} // namespace ktest
