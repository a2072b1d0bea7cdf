#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>

namespace ktest {

/// A share of something, in millionths: 5 % is 50,000.
struct probability {
    std::uint32_t millionths = 0;
    friend auto operator<=>(probability, probability) = default;
};

/// Random numbers that are the same on every machine for the same seed: splitmix64 with integers alone, for
/// the distributions of the standard library differ between libraries.
class random_stream {
public:
    random_stream() = default;
    /// Streams of different words have nothing in common.
    explicit random_stream(std::initializer_list<std::uint64_t> words) {
        for (auto const word : words) state_ = mixed(state_ ^ word) + step;
    }

    auto next() -> std::uint64_t { return mixed(state_ += step); }

    /// Always takes one number.
    auto happens(probability share) -> bool { return below(next(), 1'000'000) < share.millionths; }

    /// From 0 to `most`, which is below 2^40; always takes one number.
    auto up_to(std::uint64_t most) -> std::uint64_t { return ((next() >> 40U) * (most + 1)) >> 24U; }

private:
    static constexpr std::uint64_t step = 0x9E3779B97F4A7C15;

    static auto mixed(std::uint64_t z) -> std::uint64_t {
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EB;
        return z ^ (z >> 31U);
    }
    static auto below(std::uint64_t number, std::uint64_t end) -> std::uint64_t {
        return ((number >> 32U) * end) >> 32U;
    }

    std::uint64_t state_ = 0;
};

} // namespace ktest
