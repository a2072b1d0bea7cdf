#pragma once

#include <ktest/run/is_word.hpp>
#include <ktest/run/phrase_search.hpp>
#include <ktest/run/splat_class.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

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

/// Lines that only repeat what others wrote: the kernel's command line, what services say.
inline constexpr auto quoting_lines = std::to_array<std::string_view>(
    {"Command line: ", "Kernel command line: ", "Unknown kernel command line", "audit: "});

namespace detail {

/// Whether a process has written what comes behind: `name[123]: `.
inline auto names_process(std::string_view before) -> bool {
    for (auto end = before.find("]: "); end != std::string_view::npos; end = before.find("]: ", end + 1)) {
        auto const name = before.substr(0, end);
        auto const digits = name.find_last_not_of("0123456789");
        if (digits != std::string_view::npos && digits > 0 && digits + 1 < end && name[digits] == '['
            && name[digits - 1] != ' ')
            return true;
    }
    return false;
}

} // namespace detail

/// The sign by which a line's text begins a report; nullptr: it begins none.
inline auto match_splat_sign(std::string_view text) -> splat_sign const* {
    static auto const phrases = [] {
        std::vector<std::string_view> list;
        for (auto const& rule : splat_signs) list.push_back(rule.phrase);
        return phrase_search{list};
    }();
    auto const stands = [&](splat_sign const& rule, std::size_t at) {
        auto const before = text.substr(0, at);
        if (rule.where == phrase_place::counted) {
            auto const after = text.substr(at + rule.phrase.size());
            return !after.empty() && after.front() >= '0' && after.front() <= '9';
        }
        if (rule.where == phrase_place::anywhere)
            return before.empty() || !detail::is_word(before.back()) || !detail::is_word(rule.phrase.front());
        return before.empty() || before.ends_with(": ") || before.ends_with("[ ");
    };
    constexpr std::size_t longest = 1024; // the kernel's own limit of a line
    auto best = splat_signs.size();
    std::size_t begins = 0;
    phrases.search(text, [&](std::size_t index, std::size_t at) {
        auto const& rule = splat_signs[index];
        if (index >= best || !stands(rule, at)) return;
        auto const behind = text.substr(at + rule.phrase.size(), longest);
        if (behind.find(rule.then) == std::string_view::npos) return;
        auto const excused = std::any_of(rule.unless.begin(), rule.unless.end(), [&](std::string_view other) {
            return !other.empty() && text.find(other) != std::string_view::npos;
        });
        if (excused) return;
        best = index;
        begins = at;
    });
    if (best == splat_signs.size()) return nullptr;
    auto const quotes = std::any_of(quoting_lines.begin(), quoting_lines.end(),
                                    [&](std::string_view start) { return text.starts_with(start); });
    return quotes || detail::names_process(text.substr(0, begins)) ? nullptr : &splat_signs[best];
}

} // namespace ktest
