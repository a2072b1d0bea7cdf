#pragma once

// The bytes of the messages. Frames: u32 length of what follows the type byte, u8 type, payload;
// little-endian. A string is its u32 length and its bytes, a list its u32 count and its elements. The guest's
// init includes this header too, so it needs nothing but the standard library. Either side may be fed
// garbage: limits are checked, never trusted.

#include <ktest/guest/messages.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace ktest::wire {
namespace detail {

constexpr std::size_t header_size = 5;

template<std::unsigned_integral Integer>
void put(std::string& to, Integer value) {
    for (std::size_t i = 0; i < sizeof value; ++i)
        to.push_back(static_cast<char>(std::uint64_t{value} >> (8 * i) & 0xffU));
}
inline void put(std::string& to, std::string const& text) {
    put(to, static_cast<std::uint32_t>(text.size()));
    to += text;
}
template<class Element>
void put(std::string& to, std::vector<Element> const& list) {
    put(to, static_cast<std::uint32_t>(list.size()));
    for (auto const& element : list) put(to, element);
}

// Each takes its value from the front of `from`; false where that is too short.
template<std::unsigned_integral Integer>
auto take(std::string_view& from, Integer& value) -> bool {
    if (from.size() < sizeof value) return false;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < sizeof value; ++i)
        sum |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
    value = static_cast<Integer>(sum);
    from.remove_prefix(sizeof value);
    return true;
}
inline auto take(std::string_view& from, std::string& text) -> bool {
    std::uint32_t size = 0;
    if (!take(from, size) || from.size() < size) return false;
    text.assign(from.substr(0, size));
    from.remove_prefix(size);
    return true;
}
template<class Element>
auto take(std::string_view& from, std::vector<Element>& list) -> bool {
    std::uint32_t count = 0;
    if (!take(from, count)) return false;
    for (; count > 0; --count)
        if (!take(from, list.emplace_back())) return false;
    return true;
}

} // namespace detail

/// One whole frame. The reader refuses a payload of more than `frame_limit`: who sends data of any length
/// cuts it into pieces of `piece_limit`.
template<class Message>
auto encode(Message message) -> std::string {
    std::string payload;
    std::apply([&](auto const&... field) { (detail::put(payload, field), ...); }, message.fields());
    std::string frame;
    frame.reserve(detail::header_size + payload.size());
    detail::put(frame, static_cast<std::uint32_t>(payload.size()));
    detail::put(frame, Message::type);
    return frame += payload;
}

/// Makes messages of bytes that come in pieces of any size. `Variant` is `from_guest` or `to_guest`.
template<class Variant>
class reader {
public:
    /// Takes the next bytes of the stream. To keep memory bounded, call `next` until it gives nothing, then
    /// feed again.
    void feed(std::string_view bytes) {
        if (!broken_.empty()) return;
        buffer_.erase(0, std::exchange(taken_, 0));
        buffer_ += bytes;
    }

    /// The next whole message; nullopt: more bytes are needed, or broken().
    auto next() -> std::optional<Variant> {
        if (!broken_.empty()) return std::nullopt;
        auto rest = std::string_view{buffer_}.substr(taken_);
        std::uint32_t size = 0;
        std::uint8_t type = 0;
        if (!detail::take(rest, size) || !detail::take(rest, type)) return std::nullopt;
        if (size > frame_limit) return fail("a frame is longer than the limit");
        if (rest.size() < size) return std::nullopt;
        taken_ += detail::header_size + size;
        return decode(type, rest.substr(0, size), static_cast<Variant*>(nullptr));
    }

    /// Why the stream cannot be read any further; empty while it can.
    auto broken() const -> std::string_view { return broken_; }

private:
    template<class... Messages>
    auto decode(std::uint8_t type, std::string_view payload, std::variant<Messages...>* /*which*/)
        -> std::optional<Variant> {
        std::optional<Variant> message;
        auto const known = ((type == Messages::type && (fill<Messages>(payload, message), true)) || ...);
        if (!known) return fail("a frame is of no known type");
        if (!message) return fail("a frame's payload does not fit its type");
        return message;
    }

    template<class Message>
    static void fill(std::string_view payload, std::optional<Variant>& into) {
        Message message;
        auto const whole = std::apply([&](auto&... field) { return (detail::take(payload, field) && ...); },
                                      message.fields());
        if (whole && payload.empty()) into = std::move(message);
    }

    auto fail(std::string_view why) -> std::nullopt_t {
        broken_ = why;
        buffer_.clear();
        return std::nullopt;
    }

    std::string buffer_;
    std::size_t taken_ = 0; ///< of the buffer's front, by messages already given
    std::string_view broken_;
};

} // namespace ktest::wire
