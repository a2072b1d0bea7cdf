#include "catch.hpp"
#include <ktest/run/splat_guilt.hpp>

using namespace ktest;

namespace {

auto guilty(splat_class kind, std::string const& headline, std::initializer_list<char const*> stack)
    -> std::string {
    auto report = headline + "\nCall Trace:\n <TASK>\n";
    for (auto const* const function : stack) report += fmt::format(" {}+0x12/0x340\n", function);
    auto const accused = accused_functions(kind, headline, report + " </TASK>\n");
    return accused.empty() ? "" : accused.front();
}

} // namespace

TEST_CASE("whoever reports, checks, frees or prints for others is not guilty", "[splat]") {
    using enum splat_class;
    // Stacks as real kernels print them; `guilty_one` is who used what they have.
    CHECK(guilty(memory, "BUG: KASAN: double-free in kfree+0x8c/0x2a0",
                 {"dump_stack_lvl", "print_report", "kasan_report_invalid_free", "____kasan_slab_free",
                  "__kasan_slab_free", "slab_free_freelist_hook", "__kmem_cache_free", "kfree", "guilty_one"})
          == "guilty_one");
    CHECK(guilty(memory, "BUG: KASAN: invalid-free in kfree+0x1/0x2",
                 {"dump_stack_lvl", "print_report", "kasan_report_invalid_free", "check_slab_allocation",
                  "__kasan_slab_pre_free", "kfree", "guilty_one"})
          == "guilty_one");
    CHECK(guilty(memory, "BUG kmalloc-64 (Not tainted): Object already free",
                 {"dump_stack_lvl", "slab_err", "free_debug_processing", "free_to_partial_list",
                  "__slab_free", "kfree", "guilty_one"})
          == "guilty_one");
    CHECK(guilty(assertion, "WARNING: CPU: 0 PID: 9 at mm/page_alloc.c:5545 __alloc_pages+0x1/0x2",
                 {"__alloc_pages_noprof", "alloc_pages_mpol", "alloc_pages_mpol_noprof",
                  "___kmalloc_large_node", "__kmalloc_large_node_noprof", "__kvmalloc_node_noprof",
                  "kvmalloc_node_noprof", "guilty_one"})
          == "guilty_one");
    CHECK(guilty(assertion, "WARNING: CPU: 0 PID: 9 at kernel/dma/debug.c:973 check_unmap+0x1/0x2",
                 {"debug_dma_unmap_page", "dma_unmap_page_attrs", "guilty_one"})
          == "guilty_one");
    CHECK(guilty(assertion,
                 "WARNING: CPU: 0 PID: 9 at kernel/workqueue.c:2647 check_flush_dependency+0x1/0x2",
                 {"start_flush_work", "__flush_work", "flush_work", "guilty_one"})
          == "guilty_one");
    CHECK(guilty(assertion,
                 "WARNING: CPU: 0 PID: 9 at kernel/rcu/tree_plugin.h:320 rcu_note_context_switch+0x1/0x2",
                 {"__schedule", "schedule", "schedule_timeout", "msleep", "guilty_one"})
          == "guilty_one");
    CHECK(guilty(assertion, "ODEBUG: init active (active state 0) object type: timer_list hint: f+0x0/0x9",
                 {"debug_print_object", "__debug_object_init", "debug_object_init", "init_timer_key",
                  "guilty_one"})
          == "guilty_one");
    CHECK(guilty(assertion, "refcount_t: addition on 0; use-after-free.",
                 {"refcount_warn_saturate", "kobject_get", "get_device", "guilty_one"})
          == "guilty_one");
    CHECK(guilty(fault, "BUG: unable to handle page fault for address: ffffc90000b21000",
                 {"__die", "page_fault_oops", "exc_page_fault", "asm_exc_page_fault", "string_nocheck",
                  "string", "pointer", "vsnprintf", "vprintk_store", "vprintk_emit", "vprintk_default",
                  "vprintk", "_printk", "guilty_one"})
          == "guilty_one");
    CHECK(guilty(fault, "Unable to handle kernel paging request at virtual address dead000000000108",
                 {"__pi_memcpy_generic", "__arch_copy_to_user", "rb_insert_color", "guilty_one"})
          == "guilty_one");
    CHECK(guilty(lockup, "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [x:9]",
                 {"delay_tsc", "__const_udelay", "guilty_one"})
          == "guilty_one");
    CHECK(guilty(lockup, "INFO: task x:9 blocked for more than 120 seconds.",
                 {"__schedule", "schedule", "schedule_timeout", "__wait_for_common", "__flush_workqueue",
                  "guilty_one"})
          == "guilty_one");
    CHECK(guilty(locking,
                 "BUG: sleeping function called from invalid context at include/linux/sched/mm.h:274",
                 {"dump_stack_lvl", "__might_resched", "fs_reclaim_acquire", "down_write_nested",
                  "usleep_range_state", "kvmalloc_node", "guilty_one"})
          == "guilty_one");
    CHECK(guilty(fault, "Internal error: Oops - BUG: 00000000f2000800 [#1] SMP",
                 {"bug_brk_handler", "call_el1_break_hook", "do_el1_brk64", "do_serror", "do_alignment_fault",
                  "guilty_one"})
          == "guilty_one");
}
