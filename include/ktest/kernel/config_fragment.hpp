#pragma once

#include <string>
#include <string_view>

namespace ktest {

/// Lines of a .config that are set together.
struct config_fragment {
    std::string_view required; ///< what must have stuck afterwards
    std::string_view wanted;   ///< set where this kernel knows it
    auto text() const -> std::string { return std::string{required} + std::string{wanted}; }
    friend auto operator==(config_fragment const&, config_fragment const&) -> bool = default;
};

} // namespace ktest
