#pragma once

#include <ktest/file.hpp>
#include <ktest/net/ethernet.hpp>

#include <chrono>
#include <cstring>
#include <vector>

namespace ktest {

/// Writes frames as Wireshark reads them (draft-ietf-opsawg-pcapng): one interface for each node, times in
/// nanoseconds. What would make the file longer than its limit is counted, and not written.
class pcapng_writer {
public:
    using time = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;
    static constexpr std::uint64_t default_limit = 64U << 20U;

    /// Writes to `file` from its offset on.
    pcapng_writer(descriptor file, std::vector<std::string> const& interfaces,
                  std::uint64_t limit = default_limit)
        : file_{std::move(file)}, frames_(interfaces.size()), limit_{limit} {
        block(section_header, [&] {
            put(std::uint32_t{0x1A2B3C4D}); // in the byte order of this machine
            put(std::uint16_t{1});          // version 1.0
            put(std::uint16_t{0});
            put(std::int64_t{-1}); // as long as it gets
            option(user_application, "ktest");
            end_options();
        });
        for (auto const& name : interfaces)
            block(interface_description, [&] {
                put(std::uint16_t{1}); // Ethernet
                put(std::uint16_t{0});
                put(std::uint32_t{0}); // whole frames
                option(interface_name, name);
                option(time_resolution, "\x09"); // 10^-9 s
                end_options();
            });
    }

    /// A frame that came from a node; `comment` is shown beside it, unless it is empty.
    void write(std::size_t interface, time when, std::span<std::byte const> frame,
               std::string_view comment = {}) {
        ++frames_[interface].received;
        if (failure_ || written_ + block_.size() + frame.size() + comment.size() + 64 > limit_) return;
        ++frames_[interface].waiting;
        block(enhanced_packet, [&] {
            put(static_cast<std::uint32_t>(interface));
            put_time(when);
            put(static_cast<std::uint32_t>(frame.size()));
            put(static_cast<std::uint32_t>(frame.size()));
            put_padded({reinterpret_cast<char const*>(frame.data()), frame.size()});
            if (comment.empty()) return;
            option(comment_text, comment);
            end_options();
        });
        last_ = when;
        if (block_.size() >= buffered) flush();
    }

    /// Frames that are not in the file.
    auto left_out() const -> std::uint64_t {
        std::uint64_t all = 0;
        for (auto const& one : frames_) all += one.left_out();
        return all;
    }

    /// What is in the file now is whole blocks.
    void flush() {
        if (failure_ || block_.empty()) return block_.clear();
        auto const done = write_all(file_.get(), block_);
        if (!done) give_up(done.error());
        written_ += done ? block_.size() : 0;
        for (auto& one : frames_) one.kept += done ? one.waiting : 0;
        for (auto& one : frames_) one.waiting = 0;
        block_.clear();
    }

    /// Says for each interface how many of its frames were left out. Nothing is written after it. An error is
    /// the first that befell the file, which can be read up to there.
    auto finish() -> result<void> {
        for (std::size_t interface = 0; interface < frames_.size(); ++interface)
            block(interface_statistics, [&, dropped = frames_[interface].left_out()] {
                put(static_cast<std::uint32_t>(interface));
                put_time(last_);
                option(frames_received, bytes_of(frames_[interface].received));
                option(frames_dropped, bytes_of(dropped));
                end_options();
            });
        flush();
        if (failure_) return tl::unexpected{*failure_};
        return {};
    }

private:
    static constexpr std::uint32_t section_header = 0x0A0D0D0A, interface_description = 1,
                                   interface_statistics = 5, enhanced_packet = 6;
    static constexpr std::uint16_t comment_text = 1, user_application = 4, interface_name = 2,
                                   time_resolution = 9, frames_received = 4, frames_dropped = 5;
    static constexpr std::size_t buffered = 1U << 16U;

    template<class Content>
    void block(std::uint32_t type, Content content) {
        auto const begin = block_.size();
        put(type);
        put(std::uint32_t{0});
        content();
        auto const size = static_cast<std::uint32_t>(block_.size() - begin + 4);
        put(size);
        std::memcpy(block_.data() + begin + 4, &size, sizeof size);
    }

    void option(std::uint16_t code, std::string_view value) {
        value = value.substr(0, 0xFFFF);
        put(code);
        put(static_cast<std::uint16_t>(value.size()));
        put_padded(value);
    }
    void end_options() { put(std::uint32_t{0}); }

    template<class Number>
    static auto bytes_of(Number const& number) -> std::string_view {
        return {reinterpret_cast<char const*>(&number), sizeof number};
    }
    template<class Number>
    void put(Number number) {
        block_ += bytes_of(number);
    }
    void put_padded(std::string_view bytes) {
        block_ += bytes;
        block_.append((4 - bytes.size() % 4) % 4, '\0');
    }
    void put_time(time when) {
        auto const count = static_cast<std::uint64_t>(when.time_since_epoch().count());
        put(static_cast<std::uint32_t>(count >> 32U));
        put(static_cast<std::uint32_t>(count));
    }

    struct counts {
        std::uint64_t received = 0;
        std::uint64_t waiting = 0; ///< in a block that is still to be written
        std::uint64_t kept = 0;    ///< in the file
        auto left_out() const -> std::uint64_t { return received - waiting - kept; }
    };

    /// A block that is only in part in the file goes.
    void give_up(error why) {
        failure_ = std::move(why);
        auto const now = ::lseek(file_.get(), 0, SEEK_CUR);
        struct stat status {};
        if (now < 0 || ::fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
        auto const whole = begin_ + static_cast<off_t>(written_);
        if (now > whole && ::ftruncate(file_.get(), whole) == 0) ::lseek(file_.get(), whole, SEEK_SET);
    }

    descriptor file_;
    off_t begin_ = std::max<off_t>(::lseek(file_.get(), 0, SEEK_CUR), 0);
    std::string block_;          ///< whole blocks that are to be written, and the one that is being made
    std::vector<counts> frames_; ///< of each interface
    std::uint64_t limit_, written_ = 0;
    time last_{};
    std::optional<error> failure_;
};

} // namespace ktest
