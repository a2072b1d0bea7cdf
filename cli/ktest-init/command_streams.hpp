#pragma once

#include "problem.hpp"
#include "process.hpp"
#include <ktest/descriptor.hpp>
#include <ktest/guest/messages.hpp>

#include <array>
#include <string>
#include <string_view>

namespace ktest::init {

/// The standard streams of the run's first process: the output port, a command's pipes or a tty.
class command_streams {
public:
    /// Opens them as `run` says and puts the child's ends into `what`, to be closed by `handed_over` once it
    /// has started.
    auto open(wire::run const& run, program& what) -> problem;
    void handed_over();

    /// For poll: what the command says beside its output port; -1: nothing (any more).
    auto output() const -> int { return output_.get(); }
    /// For poll, writable: what `give` could not write yet; -1: there is nothing.
    auto input() const -> int { return pending_.empty() ? -1 : input_.get(); }

    /// What it has said; none: nothing by now.
    auto next() -> std::optional<wire::command_output>;
    /// Bytes for its stdin or tty; none at all are the end.
    void give(std::string_view bytes);
    /// Writes what is pending, as far as the command takes it.
    void write_pending();
    /// Whether it should take some of its input before it is given more.
    auto full() const -> bool { return pending_.size() > wire::frame_limit; }
    void resize(std::uint16_t rows, std::uint16_t columns);
    /// The command has ended: nobody needs input any more.
    void end_input();

private:
    auto open_port(program& what) -> problem;
    auto open_pipes(program& what) -> problem;
    auto open_terminal(wire::run const& run, program& what) -> problem;

    std::array<descriptor, 3> theirs_;
    descriptor input_;
    descriptor output_;
    std::string pending_;
    bool ending_ = false; ///< close the input when nothing is pending
    bool terminal_ = false;
};

} // namespace ktest::init
