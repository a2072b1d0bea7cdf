#pragma once

#include <ktest/net/l2_switch.hpp>
#include <ktest/net/pcapng.hpp>

namespace ktest {

/// Keeps what passes a switch: each frame once, as it came from its node, and a comment to whom it did not
/// get.
class frame_capture {
public:
    /// `nodes` in the order of the switch's ports.
    frame_capture(descriptor file, std::vector<std::string> nodes,
                  std::uint64_t limit = pcapng_writer::default_limit)
        : nodes_{std::move(nodes)}, writer_{std::move(file), nodes_, limit} {}

    void keep(frame_passage const& passage) {
        auto comment = std::string{};
        passage.lost.for_each([&](port_number to) { say(comment, "lost on the way to ", to); });
        passage.cut.for_each([&](port_number to) { say(comment, "cut off from ", to); });
        auto const when = epoch_ + passage.when.time_since_epoch();
        writer_.write(passage.from.index, when, passage.frame.bytes(), comment);
    }

    auto writer() -> pcapng_writer& { return writer_; }

private:
    void say(std::string& comment, std::string_view what, port_number to) const {
        comment += fmt::format("{}{}{}", comment.empty() ? "" : ", ", what, nodes_[to.index]);
    }

    std::vector<std::string> nodes_;
    pcapng_writer writer_;
    /// The wall clock when the steady one was zero; it may be set anew during a run, the frames stay in
    /// order.
    pcapng_writer::time epoch_ = std::chrono::time_point_cast<std::chrono::nanoseconds>(
        std::chrono::system_clock::now() - std::chrono::steady_clock::now().time_since_epoch());
};

} // namespace ktest
