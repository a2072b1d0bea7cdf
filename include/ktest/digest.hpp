#pragma once

#include <ktest/file.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace ktest {

/// Names content: 128 bits of XXH3 in hexadecimal. For caches; it proves nothing against an adversary.
class digest {
public:
    digest() : state_{XXH3_createState(), &XXH3_freeState} { XXH3_128bits_reset(state_.get()); }

    /// Adds a part; parts are delimited, so ("ab", "c") and ("a", "bc") differ.
    auto add(std::string_view part) -> digest& {
        auto const size = static_cast<std::uint64_t>(part.size());
        XXH3_128bits_update(state_.get(), &size, sizeof size);
        XXH3_128bits_update(state_.get(), part.data(), part.size());
        return *this;
    }

    auto text() const -> std::string {
        auto const value = XXH3_128bits_digest(state_.get());
        return fmt::format("{:016x}{:016x}", value.high64, value.low64);
    }

private:
    std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

} // namespace ktest
