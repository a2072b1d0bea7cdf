#pragma once

#include <ktest/net/apply_fault.hpp>
#include <ktest/net/frame_capture.hpp>
#include <ktest/run/switch_loop.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ktest {

/// A test's network as long as its run goes on: a switch, and what passes it in a file.
class test_network {
public:
    /// `place`: which of the test's networks it is, from 0. Faults are drawn from `seed`. Frames go to
    /// `capture`.
    static auto create(boost::asio::io_context& loop, network what, std::size_t place, std::uint64_t seed,
                       std::filesystem::path const& capture) -> result<std::unique_ptr<test_network>> {
        auto lan = l2_switch::create(link_faults{seed, place});
        if (!lan) return tl::unexpected{lan.error()};
        return open_file(capture, O_RDWR | O_CREAT | O_TRUNC).map([&](descriptor file) {
            return std::unique_ptr<test_network>{
                new test_network{loop, std::move(what), std::move(*lan), std::move(file)}};
        });
    }
    test_network(test_network&&) = delete;

    /// Takes the switch's end of a node's cable.
    auto plug(std::string_view node, descriptor end) -> result<void> {
        return lan_.plug(port_of(what_, node), std::move(end));
    }
    void unplug(std::string_view node) { lan_.unplug(port_of(what_, node)); }

    /// False: it is the carrier of a node's card that changes, which is QEMU's.
    auto apply(fault_command::action const& action) -> bool {
        return ktest::apply(action, lan_.faults(), what_);
    }

    /// Nothing passes any more: completes the file.
    auto finish() -> result<void> { return capture_.writer().finish(); }

private:
    test_network(boost::asio::io_context& loop, network what, l2_switch lan, descriptor file)
        : what_{std::move(what)},
          lan_{std::move(lan)},
          capture_{std::move(file), what_.nodes},
          worker_{loop, lan_} {
        lan_.on_frame([this](frame_passage const& passage) { capture_.keep(passage); });
    }

    network what_;
    l2_switch lan_;
    frame_capture capture_;
    switch_loop worker_;
};

} // namespace ktest
