#include "command_streams.hpp"

#include "agent.hpp"

#include <cstdlib>

#include <sys/ioctl.h>

namespace ktest::init {

auto command_streams::open(wire::run const& run, program& what) -> problem {
    switch (static_cast<wire::streams>(run.io)) {
    case wire::streams::test: return open_port(what);
    case wire::streams::command: {
        auto wrong = open_port(what);
        return wrong ? wrong : open_pipes(what);
    }
    case wire::streams::terminal: return open_terminal(run, what);
    }
    return "`run` asks for streams of an unknown kind, " + std::to_string(run.io);
}

auto command_streams::open_port(program& what) -> problem {
    auto const path = port_named(wire::output_port);
    if (!path) return "there is no virtio-serial port named `" + std::string{wire::output_port} + "`";
    theirs_[0] = descriptor{::open(path->c_str(), O_WRONLY | O_CLOEXEC)};
    if (!theirs_[0]) return failure("cannot open the output port, " + *path);
    what.output = what.error = theirs_[0].get();
    return {};
}

auto command_streams::open_pipes(program& what) -> problem {
    std::array<int, 2> in{};
    std::array<int, 2> err{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) return failure("pipe");
    theirs_[1] = descriptor{what.input = in[0]};
    theirs_[2] = descriptor{what.error = err[1]};
    input_ = descriptor{in[1]};
    output_ = descriptor{err[0]};
    ::fcntl(input_.get(), F_SETFL, O_NONBLOCK); // of our ends alone: each end of a pipe has flags of its own
    ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
    return {};
}

auto command_streams::open_terminal(wire::run const& run, program& what) -> problem {
    output_ = descriptor{::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
    if (!output_ || ::unlockpt(output_.get()) != 0) return failure("cannot make a tty");
    theirs_[0] = descriptor{::ioctl(output_.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)};
    if (!theirs_[0]) return failure("cannot open a tty");
    input_ = descriptor{::fcntl(output_.get(), F_DUPFD_CLOEXEC, 3)};
    terminal_ = what.terminal = true;
    resize(run.rows, run.columns);
    what.input = what.output = what.error = theirs_[0].get();
    return {};
}

void command_streams::handed_over() {
    for (auto& end : theirs_) end.close();
}

auto command_streams::next() -> std::optional<wire::command_output> {
    wire::command_output said{.stream = static_cast<std::uint8_t>(terminal_ ? 0 : 2),
                              .data = std::string(wire::piece_limit, '\0')};
    auto const got = ::read(output_.get(), said.data.data(), said.data.size());
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) output_.close(); // the end: of a tty it is EIO
        return std::nullopt;
    }
    said.data.resize(static_cast<std::size_t>(got));
    return said;
}

void command_streams::give(std::string_view bytes) {
    if (!input_) return;
    pending_ += bytes;
    if (bytes.empty()) {
        if (terminal_)
            pending_ += '\4'; // ^D
        else
            ending_ = true;
    }
    write_pending();
}

void command_streams::write_pending() {
    while (input_ && !pending_.empty()) {
        auto const written = ::write(input_.get(), pending_.data(), pending_.size());
        if (written < 0) {
            if (errno == EAGAIN) return;
            end_input(); // nobody reads it
            return;
        }
        pending_.erase(0, static_cast<std::size_t>(written));
    }
    if (ending_) end_input();
}

void command_streams::resize(std::uint16_t rows, std::uint16_t columns) {
    winsize size{};
    size.ws_row = rows;
    size.ws_col = columns;
    if (terminal_) ::ioctl(output_.get(), TIOCSWINSZ, &size);
}

void command_streams::end_input() {
    pending_.clear();
    input_.close();
}

} // namespace ktest::init
