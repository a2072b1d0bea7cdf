#pragma once

#include <ktest/descriptor.hpp>
#include <ktest/guest/messages.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ktest::init {

/// A process's line to the host. What goes wrong with it is an answer too, with status 1.
class host_connection {
public:
    explicit host_connection(std::string_view socket);

    /// Asks and waits. When `patience` (none: without end) is over, the answer is why it has not come.
    auto ask(std::vector<std::string> words, std::string data = {},
             std::optional<std::chrono::milliseconds> patience = {}) -> wire::answer;

private:
    auto send(wire::request request) -> bool;
    auto has_answer_within(std::chrono::milliseconds time) const -> bool;
    auto receive() -> wire::answer;

    descriptor socket_;
    std::string trouble_; ///< of the connection, once there is one
};

} // namespace ktest::init
