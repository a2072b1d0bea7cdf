#pragma once

#include "problem.hpp"
#include <ktest/descriptor.hpp>
#include <ktest/guest/messages.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace ktest::init {

/// What processes in the guest ask of the host, on a socket that all of them reach. They may say anything:
/// who does not keep to the rules is hung up on.
class node_requests {
public:
    using news = std::variant<wire::request, wire::request_dropped>;
    static constexpr std::size_t most_processes = 256; ///< at once; more wait

    auto listen(std::string_view path) -> problem;

    /// For poll; -1: does not listen.
    auto number() const -> int { return events_.get(); }
    /// Sees to one thing that has happened on the socket; what the host must hear of that.
    auto next() -> std::optional<news>;
    /// Passes the host's answer on; who asked may have gone.
    void pass(wire::answer const& answer);

private:
    struct process {
        descriptor socket;
        bool has_asked = false;
        bool waits = false; ///< for an answer
    };

    void accept();
    auto hear(std::uint32_t number, process& from) -> std::optional<news>;
    auto hang_up(std::uint32_t number) -> std::optional<news>;
    void watch(int operation, int socket, std::uint32_t number, bool active) const;

    descriptor listener_;
    descriptor events_; ///< epoll
    std::map<std::uint32_t, process> processes_;
    std::uint32_t last_ = 0; ///< number of a process
};

} // namespace ktest::init
