#pragma once

#include <string_view>

namespace ktest {

/// What a report of the kernel is about.
enum class splat_class {
    memory,    ///< KASAN, KMSAN, KFENCE, KCSAN, kmemleak, SLUB, bad pages
    fault,     ///< the processor refused: an oops
    assertion, ///< BUG, WARNING, UBSAN and other checks of the kernel's own
    locking,   ///< lockdep, RCU usage, sleeping or scheduling while atomic
    lockup,    ///< soft and hard lockups, RCU stalls, hung tasks
    death,     ///< a panic
    reboot,    ///< a boot that nobody announced
    oom        ///< the machine had no memory left and a process was killed
};

inline auto to_string(splat_class kind) -> std::string_view {
    switch (kind) {
    case splat_class::memory: return "memory";
    case splat_class::fault: return "fault";
    case splat_class::assertion: return "assertion";
    case splat_class::locking: return "locking";
    case splat_class::lockup: return "lockup";
    case splat_class::death: return "death";
    case splat_class::reboot: return "reboot";
    case splat_class::oom: return "oom";
    }
    return "unknown";
}

} // namespace ktest
