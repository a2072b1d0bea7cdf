#pragma once

// Nodes of a test without VMs: init's socket of each, and the host behind all of them, in one loop that turns
// while commands run.

#include "node_command.hpp"
#include "node_requests.hpp"
#include <ktest/file.hpp>
#include <ktest/run/rendezvous.hpp>

#include <cstdio>
#include <iostream>

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace ktest {

class nodes_without_vms {
public:
    /// A command that runs on a node.
    struct command {
        pid_t process = -1;
        descriptor life, out, err;
    };

    nodes_without_vms() {
        ::mkdtemp(directory_.data());
        for (std::size_t node = 0; node < sockets_.size(); ++node) (void)sockets_[node].listen(socket(node));
    }
    nodes_without_vms(nodes_without_vms&&) = delete;
    ~nodes_without_vms() { std::filesystem::remove_all(directory_); }

    rendezvous meeting{{"server", "client"}, "/tmp"};

    auto directory() const -> std::string const& { return directory_; }
    auto socket(std::size_t node) const -> std::string { return directory_ + '/' + std::to_string(node); }

    /// Starts `ktest-...` on a node, in directory().
    auto start(std::size_t node, std::vector<std::string> words) const -> command {
        command started{.out = *open_unnamed("/tmp"), .err = *open_unnamed("/tmp")};
        std::cout.flush(); // or what the tests have said would be the process's, too
        std::fflush(nullptr);
        started.process = ::fork();
        if (started.process == 0) {
            ::dup2(started.out.get(), STDOUT_FILENO);
            ::dup2(started.err.get(), STDERR_FILENO);
            ::close_range(STDERR_FILENO + 1, ~0U, 0); // it would keep sockets of hostile processes open
            ::_exit(::chdir(directory_.c_str()) == 0 ? *init::run_node_command(std::move(words), socket(node))
                                                     : -1);
        }
        started.life = descriptor{static_cast<int>(::syscall(SYS_pidfd_open, started.process, 0))};
        return started;
    }

    /// Waits for its end: `0: what it said on stdout`, or its status and what it said on stderr.
    auto finish(command const& started) -> std::string {
        while (!turn(started.life.get())) {
        }
        auto status = 0;
        ::waitpid(started.process, &status, 0);
        auto const& said = status == 0 ? started.out : started.err;
        ::lseek(said.get(), 0, SEEK_SET);
        return fmt::format("{}: {}", WEXITSTATUS(status), *read_all(said.get()));
    }
    auto run(std::size_t node, std::vector<std::string> words) -> std::string {
        return finish(start(node, std::move(words)));
    }

    /// Turns the loop until something holds.
    template<class Condition>
    void until(Condition holds) {
        while (!holds()) turn(-1);
    }

    /// One round of the loop, which waits for something to happen; whether `other` is readable.
    auto turn(int other) -> bool {
        std::array<pollfd, 3> sources{
            {{sockets_[0].number(), POLLIN, 0}, {sockets_[1].number(), POLLIN, 0}, {other, POLLIN, 0}}};
        ::poll(sources.data(), sources.size(), -1);
        for (std::size_t node = 0; node < sockets_.size(); ++node)
            if (auto news = sockets_[node].next())
                std::visit([&](auto const& what) { hear(node, what); }, *std::move(news));
        return sources[2].revents != 0;
    }

    /// A test of `node` has ended.
    void end(std::size_t node, std::string_view cause) { pass(meeting.ended(node, cause)); }

    /// What nodes have asked for, in words.
    std::vector<std::string> heard;
    /// Processes that have gone.
    int dropped = 0;

private:
    void hear(std::size_t node, wire::request const& asked) {
        heard.push_back(fmt::format("{}", fmt::join(asked.words, " ")));
        if (asked.words.size() == 2 && asked.words[0] == "net")
            return pass({{node,
                          {asked.number, asked.words[1] == "lan heal" ? std::uint8_t{0} : std::uint8_t{1},
                           "there is no such fault", ""}}});
        pass(meeting.ask(node, asked));
    }
    void hear(std::size_t node, wire::request_dropped const& gone) {
        ++dropped;
        meeting.drop(node, gone.number);
    }
    void pass(std::vector<node_answer> const& answers) {
        for (auto const& [node, answer] : answers) sockets_[node].pass(answer);
    }

    std::string directory_ = "/tmp/ktest-unit-init-XXXXXX";
    std::array<init::node_requests, 2> sockets_;
};

} // namespace ktest
