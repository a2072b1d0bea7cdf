#pragma once

#include <ktest/run/stack_line.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ktest {

/// What a kernel's log says of the kernel itself, of use where its reports are looked up in a vmlinux. What
/// several boots in one log say differently is not known.
class log_facts {
public:
    void read(std::string_view line) {
        constexpr std::string_view version = "Linux version ";
        constexpr std::string_view offset = "Kernel Offset: ";
        if (auto const at = line.find(version); at != std::string_view::npos) {
            auto const end = line.find_last_not_of(" \r") + 1;
            banner_.learn(std::string{line.substr(at, end - at)});
        } else if (auto const found = line.find(offset); found != std::string_view::npos) {
            text_.learn(text_address(line.substr(found + offset.size())));
        }
    }

    /// Its `Linux version ...`; empty: not known.
    auto banner() const -> std::string { return banner_.value.value_or(""); }
    /// Where _text was (KASLR), which a panic tells; nullopt: not known.
    auto text() const -> std::optional<std::uint64_t> { return text_.value.value_or(std::nullopt); }

private:
    template<class T>
    struct single {
        std::optional<T> value;
        bool differs = false;
        void learn(T other) {
            differs = differs || (value && *value != other);
            value = differs ? std::nullopt : std::optional{std::move(other)};
        }
    };

    /// Of `0x1d000000 from 0xffffffff81000000 (...)`; nullopt: of anything else, as `disabled`.
    static auto text_address(std::string_view words) -> std::optional<std::uint64_t> {
        constexpr std::string_view from = " from ";
        auto const moved = detail::take_hex(words);
        if (!moved || words.substr(0, from.size()) != from) return std::nullopt;
        words.remove_prefix(from.size());
        auto const linked = detail::take_hex(words);
        return linked ? std::optional{*linked + *moved} : std::nullopt;
    }

    single<std::string> banner_;
    single<std::optional<std::uint64_t>> text_;
};

} // namespace ktest
