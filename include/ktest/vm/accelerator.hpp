#pragma once

#include <ktest/host.hpp>
#include <ktest/paths.hpp>
#include <ktest/vm/kvm_probe.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ktest {

/// What executes the guest's instructions: the processor (KVM), or QEMU's translator.
enum class accelerator { kvm, tcg };

constexpr auto to_string(accelerator what) -> std::string_view {
    return what == accelerator::kvm ? "kvm" : "tcg";
}

/// What was asked for (`--accel`).
enum class accelerator_wish { automatic, kvm, tcg };

/// Reads `auto`, `kvm` or `tcg`.
inline auto parse_accelerator_wish(std::string_view text) -> result<accelerator_wish> {
    if (text == "auto") return accelerator_wish::automatic;
    if (text == "kvm") return accelerator_wish::kvm;
    if (text == "tcg") return accelerator_wish::tcg;
    return usage_error("'{}' is not an accelerator (want auto, kvm or tcg)", text);
}

struct accelerator_choice {
    accelerator chosen{};
    std::string note; ///< one line, where `auto` fell back: why, and what to do about it
    friend auto operator==(accelerator_choice const&, accelerator_choice const&) -> bool = default;
};

namespace detail {

/// The machine's yes or no, kept for the rest of this host's boot.
class kvm_memory {
public:
    kvm_memory(std::filesystem::path file, std::string boot_id)
        : file_{std::move(file)}, boot_id_{std::move(boot_id)} {}

    auto recall() const -> std::optional<bool> {
        auto const text = boot_id_.empty() ? std::string{} : read_file(file_).value_or("");
        if (text == line(true)) return true;
        if (text == line(false)) return false;
        return std::nullopt;
    }
    /// An answer that cannot be written down is asked for again.
    void keep(bool works) const {
        if (!boot_id_.empty()) (void)write_file(file_, line(works), 0600);
    }

private:
    auto line(bool works) const -> std::string {
        return fmt::format("{} {}\n", boot_id_, works ? "works" : "broken");
    }
    std::filesystem::path file_;
    std::string boot_id_;
};

/// Why KVM cannot be used; nothing where it can. `fresh` asks the machine again whatever it said before.
template<class Kvm>
auto kvm_obstacle(paths const& where, Kvm const& kvm, bool fresh) -> std::optional<std::string> {
    auto const device = kvm.open();
    if (!device) return device.error().message;
    kvm_memory const memory{where.runtime / "kvm", this_host().boot_id};
    auto known = fresh ? std::nullopt : memory.recall();
    if (!known) {
        auto const answer = kvm.run(*device);
        if (answer.what == kvm_answer::kind::failed) return answer.why;
        known = answer.what == kvm_answer::kind::works;
        memory.keep(*known);
    }
    if (*known) return std::nullopt;
    return "/dev/kvm: opens but does not run 64-bit code in time (nested virtualization, broken or off): "
           "fix it on the host below, then ask again with --accel kvm";
}

} // namespace detail

/// KVM where it works, else TCG with a note; `kvm` that does not work is unavailable, with the reason.
/// `Kvm` opens the device and runs a guest on it, as host_kvm does.
template<class Kvm = host_kvm>
auto choose_accelerator(accelerator_wish wish, paths const& where, Kvm const& kvm = {})
    -> result<accelerator_choice> {
    if (wish == accelerator_wish::tcg) return accelerator_choice{accelerator::tcg, {}};
    auto const obstacle = detail::kvm_obstacle(where, kvm, wish == accelerator_wish::kvm);
    if (!obstacle) return accelerator_choice{accelerator::kvm, {}};
    if (wish == accelerator_wish::kvm) return unavailable("{}", *obstacle);
    return accelerator_choice{accelerator::tcg, fmt::format("{} (using TCG, which is slower)", *obstacle)};
}

} // namespace ktest
