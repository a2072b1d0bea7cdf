#pragma once

#include <ktest/run/splat_class.hpp>

#include <array>
#include <string_view>

namespace ktest {

/// Where in a line a sign's phrase must stand.
enum class phrase_place {
    anywhere, ///< but not within a word
    counted,  ///< anywhere, with a digit behind it
    first     ///< at its beginning, or behind `name: ` or `[ `
};

/// How the kernel begins a report.
struct splat_sign {
    splat_class kind;
    std::string_view phrase;
    std::string_view then = {};                  ///< must stand behind the phrase
    std::array<std::string_view, 2> unless = {}; ///< must not stand in the line
    phrase_place where = phrase_place::first;
};

/// The first that a line matches is its sign, and the first of a report's lines' gives its title: so what
/// says more stands above what says less.
inline constexpr auto splat_signs = [] {
    using enum splat_class;
    using enum phrase_place;
    return std::to_array<splat_sign>({
        {death, "Kernel panic - not syncing", "", {}, anywhere},

        {memory, "BUG: KASAN: ", "", {}, anywhere},
        {memory, "BUG: KMSAN: ", "", {}, anywhere},
        {memory, "BUG: KFENCE: ", "", {}, anywhere},
        {memory, "BUG: KCSAN: ", "", {}, anywhere},
        {memory, "BUG: memory leak"},
        {memory, "unreferenced object 0x"},
        {memory, "kmemleak: ", " new suspected memory leaks"},
        {memory, "BUG: Bad page ", "", {}, anywhere},
        {memory, "BUG: Bad rss-counter"},
        {memory, "BUG: non-zero pgtables_bytes"},
        {memory, "BUG: non-zero nr_p"},
        {memory, "Slab corruption (", " start="},
        {memory, "slab error in ", "(): cache `"},
        {memory, "BUG ", "): ", {"BUG: "}}, // SLUB: BUG kmalloc-64 (Not tainted):
                                            // Poison overwritten
        {memory, "BUG ", " remaining", {"BUG: "}},

        {locking, "possible circular locking dependency detected"},
        {locking, "possible recursive locking detected"},
        {locking, "possible irq lock inversion dependency detected"},
        {locking, "-safe -> ", "-unsafe lock order detected", {}, anywhere},
        {locking, "inconsistent lock state"},
        {locking, "inconsistent {", "} usage"},
        {locking, "suspicious RCU usage"},
        {locking, "suspicious RCU context usage"},
        {locking, "Invalid wait context"},
        {locking, "bad unlock balance detected"},
        {locking, "bad contention detected"},
        {locking, "held lock freed"},
        {locking, "still has locks held", "", {}, anywhere},
        {locking, "lock held when returning to user space"},
        {locking, "lock held at task exit time"},
        {locking, "lock held before exiting to user"},
        {locking, "trying to register non-static key", "", {}, anywhere},
        {locking, "Nested lock was not taken"},
        {locking, "nested lock was not taken"},
        {locking, "chain_key collision"},
        {locking, "MAX_LOCKDEP_", " too low"},
        {locking, "MAX_LOCK_DEPTH too low"},
        {locking, "MAX_STACK_TRACE_ENTRIES too low"},
        {locking, "looking up invalid subclass"},
        {locking, "BUG: sleeping function called from invalid context", "", {}, anywhere},
        {locking, "BUG: scheduling while atomic", "", {}, anywhere},
        {locking, "bad: scheduling from the idle thread"},
        {locking, "BUG: using ", " in preemptible"},
        {locking, "BUG: workqueue leaked lock or atomic"},
        {locking, "BUG: workqueue leaked atomic, lock or RCU"},
        {locking, "BUG: spinlock ", "", {"lockup suspected"}},
        {locking, "BUG: rwlock ", "", {"lockup suspected"}},
        {locking, "BUG: rwlock-"},

        {lockup, "BUG: soft lockup", "", {}, anywhere},
        {lockup, "hard LOCKUP", "", {}, anywhere},
        {lockup, "Hard LOCKUP", "", {}, anywhere},
        {lockup, "Detected non-responsive CSD lock"},
        {lockup, "INFO: rcu", "detected stall"},
        {lockup, "INFO: rcu", "detected expedited stall"},
        {lockup, "INFO: rcu", "self-detected stall"},
        {lockup, "INFO: task ", " blocked for more than"},
        {lockup, "INFO: task ", " blocked in I/O wait for more than"},
        {lockup, "INFO: task ", " can't die for more than"},
        {lockup, "BUG: workqueue lockup", "", {}, anywhere},
        {lockup, "BUG: spinlock lockup suspected", "", {}, anywhere},
        {lockup, "BUG: rwlock", "lockup suspected", {}, anywhere},

        {fault, "BUG: unable to handle", "", {}, anywhere},
        {fault, "BUG: kernel NULL pointer", "", {}, anywhere},
        {fault, "BUG: Kernel NULL pointer", "", {}, anywhere},
        {fault, "Unable to handle kernel", "", {}, anywhere},
        {fault, "stack guard page was hit", "", {}, anywhere},
        {fault, "PANIC: double fault", "", {}, anywhere},
        {fault, "PANIC: early exception"},
        {fault, "Missing ENDBR: "},
        {fault, "Insufficient stack space to handle exception"},
        {fault, "Unhandled fault: ", "", {" iova "}},
        {fault, "Unhandled prefetch abort: "},
        {fault, "Alignment trap: ", "", {"PC="}},
        {fault, "SError Interrupt on CPU"},
        {fault, "rust_kernel: panicked", "", {}, anywhere},

        {assertion, "UBSAN: ", "", {}, anywhere},
        {assertion, "refcount_t: "},
        {assertion, "ODEBUG: ", "", {"out of memory", "selftest"}},
        {assertion, "list_add corruption"},
        {assertion, "list_add double add"},
        {assertion, "list_del corruption"},
        {assertion, "usercopy: Kernel memory "},
        {assertion, "usercopy: kernel memory "},
        {assertion, "detected buffer overflow in "},
        {assertion, "CFI failure at "},
        {assertion, "WARNING: stack recursion on stack type"},
        {assertion, "WARNING: kernel stack ", " has bad "},
        {assertion, "VFS: Busy inodes after unmount"},
        {assertion, "VFS: Close: file count is 0"},
        {assertion, "sysfs: cannot create duplicate filename"},
        {assertion, "kobject", "tried to init an initialized object"},
        {assertion, "unregister_netdevice: waiting for "},
        {assertion, "ref_tracker: "},
        {assertion, "BUG: "},
        {assertion, "kernel BUG at ", "", {}, anywhere},
        {assertion, "Kernel BUG", "", {}, anywhere},
        {assertion, "WARNING: CPU: ", " at ", {}, anywhere},
        {assertion, "WARNING: at ", "", {}, anywhere},
        {assertion, "WARNING: ", " CPU#", {}, anywhere},
        {assertion, "Object already free"},

        {fault, "general protection fault", "", {" ip:"}},
        {fault, "Internal error: ", "[#"},
        {fault, "Oops: ", "[#"},
        {fault, "Oops - "},
        {fault, " [#", "]", {}, counted}, // whatever else x86's die() says:
                                          // "divide error: 0000 [#1] SMP"
        {assertion, "------------[ cut here ]------------", "", {}, anywhere},
        {assertion, "8<--- cut here ---", "", {}, anywhere},

        {death, "System is deadlocked on memory"},
        {oom, "Out of memory: Kill"},
        // In reverse of how they come in a boot.
        {reboot, "Linux version ", " ("},
        {reboot, "Booting the kernel"},
        {reboot, "Decompressing Linux"},
    });
}();

} // namespace ktest
