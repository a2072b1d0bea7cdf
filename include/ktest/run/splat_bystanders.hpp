#pragma once

#include <ktest/run/beginnings.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace ktest {

/// Functions that stand in stacks whatever went wrong: they report, check, lock, copy, allocate, sleep, or
/// enter the kernel. None of them is guilty. Whole names.
// clang-format off
inline constexpr auto bystander_names = std::to_array<std::string_view>({
    // reporting
    "show_trace_log_lvl", "show_stack_regs", "check_slab", "slab_pad_check", "free_to_partial_list",
    "free_consistency_checks", "alloc_consistency_checks", "free_large_kmalloc", "verify_redzone_free",
    "__slab_error", "check_poison_obj", "cache_alloc_debugcheck_after", "check_slab_allocation",
    "check_page_allocation", "poison_slab_object", "rcu_note_context_switch", "preempt_count_add",
    "preempt_count_sub", "migrate_disable", "migrate_enable", "check_flush_dependency", "check_unmap",
    "check_sync", "add_dma_entry", "check_for_stack", "check_for_illegal_area",
    "dump_stack", "dump_stack_lvl", "__dump_stack", "show_stack", "show_regs", "dump_backtrace",
    "unwind_backtrace", "object_err", "object_error", "slab_err", "check_bytes_and_report", "check_object",
    "panic", "vpanic", "die", "__die", "__die_body", "oops_end", "bad_page", "object_is_on_stack",
    "report_bug", "handle_bug", "fixup_bug", "bug_handler", "__report_bug", "__might_sleep", "___might_sleep",
    "__might_resched", "__might_fault", "__schedule_bug", "___schedule_bug", "check_preemption_disabled",
    "debug_smp_processor_id", "__this_cpu_preempt_check", "fortify_panic", "__fortify_panic",
    "__fortify_report", "usercopy_abort", "check_heap_object", "__check_heap_object", "__check_object_size",
    "check_object_size", "debug_print_object", "__stack_chk_fail", "handle_overflow", "print_bad_pte",
    "spin_bug", "spin_dump", "rwlock_bug", "list_add", "list_add_tail", "list_del", "list_del_init",
    "list_del_rcu", "list_move", "free_pcp_prepare", "free_unref_page", "free_unref_page_prepare",
    "free_pages_prepare", "free_pcppages_bulk", "__free_pages", "__free_pages_ok", "free_pages",
    "get_page_from_freelist", "check_new_page", "prep_new_page", "rmqueue", "alloc_pages",
    "__put_page", "release_pages", "shutdown_cache", "rust_helper_BUG", "check_panic_on_warn",
    "free_debug_processing", "alloc_debug_processing", "on_freelist",
    // faults
    "die_addr", "handle_invalid_op", "bug_brk_handler", "call_el1_break_hook", "do_sea", "do_serror",
    "do_alignment_fault", "do_sp_pc_abort", "do_tag_check_fault", "arm64_serror_panic", "handle_bad_stack",
    "panic_bad_stack", "__bad_stack", "ubsan_handler", "cfi_handler",
    "page_fault", "do_page_fault", "__do_page_fault", "no_context", "page_fault_oops",
    "kernelmode_fixup_or_oops", "general_protection", "do_general_protection", "invalid_op", "do_invalid_op",
    "do_error_trap", "do_trap", "error_entry", "do_user_addr_fault", "do_kern_addr_fault", "divide_error",
    "double_fault", "do_mem_abort", "do_translation_fault", "die_kernel_fault", "call_break_hook",
    "brk_handler", "do_debug_exception", "do_undefinstr", "do_bad_area", "do_el1_softstep",
    "do_ptrauth_fault", "do_DataAbort", "__dabt_svc", "__und_svc",
    // checks that speak for their callers
    "get_device", "put_device", "init_timer_key", "hrtimer_init", "__hrtimer_init", "hrtimer_setup",
    "__init_work", "call_rcu", "__call_rcu", "__call_rcu_common", "dma_map_page_attrs",
    "dma_unmap_page_attrs", "dma_map_sg_attrs", "dma_unmap_sg_attrs", "dma_alloc_attrs", "dma_free_attrs",
    "strncpy_from_user", "strnlen_user", "__clear_user", "__arch_clear_user", "rep_stos_alternative",
    "rb_insert_color", "rb_erase", "rb_next", "rb_prev", "rb_first", "__rb_erase_color",
    "__rb_insert_augmented",
    "refcount_warn_saturate", "kobject_get", "kobject_put", "kref_get", "kref_put", "copy_from_user",
    "copy_to_user", "_copy_from_user", "_copy_to_user", "_copy_to_iter", "_copy_from_iter", "__copy_user_ll",
    "copy_user_generic", "rep_movs_alternative", "copy_user_generic_unrolled", "instrument_atomic_read",
    "instrument_atomic_write", "instrument_atomic_read_write", "instrument_copy_from_user",
    "instrument_copy_to_user", "__read_once_size", "__write_once_size", "read_word_at_a_time",
    "sized_strscpy", "check_region_inline", "atomic_read", "atomic_inc", "atomic_dec_and_test",
    // strings
    "pointer", "format_decode", "scnprintf", "vsprintf", "kasprintf", "kvasprintf", "seq_printf",
    "seq_vprintf", "vprintk", "vprintk_store", "vprintk_emit", "vprintk_default", "vprintk_func", "printk",
    "_printk", "dev_vprintk_emit", "dev_printk_emit", "__dev_printk", "_dev_err", "_dev_warn", "_dev_info",
    "memcpy", "__memcpy", "memmove", "__memmove", "memset", "__memset", "memcmp", "memchr", "memchr_inv",
    "memset_erms", "memcpy_erms", "memcpy_orig", "memset_orig", "clear_page_erms", "clear_page_rep",
    "clear_page_orig", "clear_page", "strlen", "strnlen", "strcmp", "strncmp", "strcpy", "strncpy", "strscpy",
    "strlcpy", "strcat", "strchr", "strstr", "strnstr", "strnchr", "kstrdup", "kmemdup", "vsnprintf",
    "string", "string_nocheck", "snprintf", "sprintf", "vscnprintf",
    // memory
    "kmemdup_nul", "kstrndup", "memdup_user", "memdup_user_nul", "vmemdup_user", "strndup_user", "krealloc",
    "__do_krealloc", "kfree_sensitive", "kvfree_call_rcu", "vfree", "vmalloc", "vzalloc",
    "alloc_pages_mpol", "alloc_pages_current", "alloc_pages_vma",
    "kmalloc", "kzalloc", "__kmalloc", "__kmalloc_node", "__do_kmalloc_node", "kmalloc_trace",
    "kmalloc_large", "kfree", "kvfree", "__kfree", "slab_free", "__slab_free", "slab_alloc",
    "slab_alloc_node", "___slab_alloc", "__slab_alloc", "do_slab_free", "cache_free_debugcheck",
    "slab_post_alloc_hook", "slab_free_hook", "slab_free_freelist_hook",
    // locks
    "down_read_nested", "down_write_nested", "_down_write_nest_lock", "down_interruptible", "down_killable",
    "down_timeout", "down_trylock", "lock_acquired", "lock_contended",
    "lock_acquire", "__lock_acquire", "lock_release", "__lock_release", "validate_chain", "check_prev_add",
    "check_prevs_add", "check_noncircular", "check_deadlock", "check_wait_context", "mark_lock",
    "mark_lock_irq", "mark_usage", "mark_held_locks", "valid_state", "check_usage", "check_irq_usage",
    "check_flags", "register_lock_class", "assign_lock_key", "reacquire_held_locks",
    "debug_check_no_locks_held", "debug_check_no_locks_freed", "debug_rt_mutex_unlock", "check_prev_add_irq",
    "down_read", "down_write", "down_read_killable", "down_write_killable", "down_read_trylock",
    "down_write_trylock", "down", "up", "up_read", "up_write", "percpu_down_read", "percpu_down_write",
    "percpu_up_read", "percpu_up_write", "queued_spin_lock_slowpath", "native_queued_spin_lock_slowpath",
    "__pv_queued_spin_lock_slowpath", "pv_wait", "queued_read_lock_slowpath", "queued_write_lock_slowpath",
    "spin_lock", "spin_unlock", "spin_lock_irqsave", "spin_lock_irq", "spin_lock_bh", "read_lock",
    "write_lock", "debug_spin_lock_before", "debug_spin_unlock", "seqcount_lockdep_reader_access",
    "local_bh_enable", "__local_bh_enable_ip", "local_bh_disable", "sched_submit_work",
    // sleeping
    "usleep_range_state", "synchronize_irq", "__synchronize_irq", "flush_work", "__flush_work",
    "start_flush_work", "flush_delayed_work", "flush_workqueue", "__flush_workqueue", "cancel_work_sync",
    "__cancel_work_timer", "__cancel_work_sync", "cancel_delayed_work_sync",
    "schedule", "__schedule", "context_switch", "__schedule_loop", "schedule_timeout",
    "schedule_timeout_uninterruptible", "schedule_timeout_interruptible", "schedule_timeout_killable",
    "schedule_preempt_disabled", "schedule_hrtimeout_range", "schedule_hrtimeout_range_clock", "io_schedule",
    "io_schedule_timeout", "do_wait_for_common", "__wait_for_common", "wait_for_common",
    "wait_for_completion", "wait_for_completion_timeout", "wait_for_completion_killable", "lock_sock_nested",
    "lock_sock", "wait_for_completion_interruptible", "wait_for_completion_state", "wait_for_completion_io",
    "__switch_to", "__switch_to_asm", "msleep", "usleep_range", "bit_wait", "bit_wait_io", "__wait_on_bit",
    "__wait_on_bit_lock", "out_of_line_wait_on_bit", "out_of_line_wait_on_bit_lock", "wait_on_bit",
    "synchronize_rcu", "synchronize_rcu_expedited", "rcu_barrier", "__wait_rcu_gp", "wait_rcu_gp",
    "synchronize_srcu", "__synchronize_srcu", "preempt_schedule", "preempt_schedule_common",
    "preempt_schedule_irq", "preempt_schedule_notrace", "__cond_resched", "_cond_resched",
    "__preempt_count_dec_and_test",
    // ticks and interrupts
    "update_process_times", "__hrtimer_run_queues", "__run_hrtimer", "hrtimer_interrupt",
    "local_apic_timer_interrupt", "smp_apic_timer_interrupt", "apic_timer_interrupt",
    "arch_timer_handler_virt", "arch_timer_handler_phys", "handle_percpu_devid_irq", "generic_handle_irq",
    "generic_handle_domain_irq", "generic_handle_irq_desc", "handle_irq_desc", "__handle_domain_irq",
    "gic_handle_irq", "__gic_handle_irq_from_irqson", "call_on_irq_stack", "do_interrupt_handler",
    "common_interrupt", "ret_from_intr", "irq_exit", "irq_exit_rcu", "__irq_exit_rcu", "__do_softirq",
    "do_softirq", "handle_softirqs", "invoke_softirq", "do_softirq_own_stack",
    "__sysvec_apic_timer_interrupt", "restore_regs_and_return_to_kernel", "run_ksoftirqd", "update_wall_time",
    "scheduler_tick", "sched_tick", "task_tick_fair", "perf_event_overflow", "__perf_event_overflow",
    "default_do_nmi", "do_nmi", "end_repeat_nmi", "asm_exc_nmi", "trigger_all_cpu_backtrace",
    "arch_trigger_cpumask_backtrace", "arch_trigger_all_cpu_backtrace", "is_softlockup",
    "proc_dohung_task_timeout_secs", "check_hung_uninterruptible_tasks", "check_cpu_stall", "print_cpu_stall",
    "print_other_cpu_stall", "sched_show_task", "show_state_filter", "flush_smp_call_function_queue",
    "smp_call_function", "smp_call_function_single", "smp_call_function_many", "smp_call_function_many_cond",
    "on_each_cpu", "on_each_cpu_cond_mask", "generic_exec_single", "csd_lock_wait", "__csd_lock_wait",
    "dump_cpu_task",
    // idling and spinning
    "delay_tsc", "delay_loop", "delay_halt", "delay_halt_tpause", "__delay", "__udelay", "__ndelay",
    "__const_udelay", "multi_cpu_stop", "stop_machine_yield", "rcu_momentary_dyntick_idle",
    "rcu_momentary_eqs",
    "default_idle", "arch_cpu_idle", "default_idle_call", "cpuidle_idle_call", "do_idle", "cpu_startup_entry",
    "start_secondary", "secondary_startup_64", "secondary_startup_64_no_verify", "secondary_start_kernel",
    "__secondary_switched", "rest_init", "cpu_do_idle", "mwait_idle", "acpi_idle_enter", "acpi_idle_do_entry",
    "acpi_safe_halt", "cpuidle_enter", "cpuidle_enter_state", "intel_idle", "pv_native_safe_halt",
    "cpu_idle_loop", "cpu_idle", "poll_idle",
    // entries
    "do_syscall_64", "x64_sys_call", "do_syscall_x64", "do_fast_syscall_32", "__do_fast_syscall_32",
    "do_int80_syscall_32", "ret_from_fork", "ret_from_fork_asm", "kthread", "worker_thread",
    "process_one_work", "process_scheduled_works", "smpboot_thread_fn", "invoke_syscall", "__invoke_syscall",
    "do_el0_svc", "tracesys", "system_call_fastpath", "sysenter_dispatch", "ret_fast_syscall", "start_kernel",
    "x86_64_start_kernel", "x86_64_start_reservations", "__primary_switched", "kernel_init",
    "kernel_init_freeable",
});
// clang-format on

/// Beginnings of such names.
// clang-format off
inline constexpr beginnings bystander_prefixes{std::to_array<std::string_view>({
    "print_report", "print_address", "print_circular", "print_usage_bug", "print_unlock", "print_deadlock",
    "print_irq_", "print_bad_", "print_lock", "print_freed", "print_held", "print_collision", "print_trailer",
    "print_section", "print_memory_metadata", "print_stack", "print_other_cpu", "print_cpu_stall", "__warn",
    "warn_slowpath_", "kasan_", "__kasan_", "__asan_", "__hwasan_", "kmsan_", "__msan_", "kcsan_", "__kcsan_",
    "__tsan_", "kfence_", "__kfence_", "end_report", "check_memory_region", "check_poison_", "ubsan_",
    "__ubsan_", "exc_", "asm_exc_", "sysvec_", "asm_sysvec_", "asm_common_interrupt", "bad_area",
    "__bad_area", "do_kernel_fault", "__do_kernel_fault", "arm64_notify_die", "el0_", "el1_", "el0t_",
    "el1h_", "el0h_", "_raw_spin_", "__raw_spin_", "_raw_read_", "_raw_write_", "__raw_read_", "__raw_write_",
    "do_raw_", "mutex_lock", "__mutex_lock", "mutex_unlock", "__mutex_unlock", "mutex_trylock",
    "ww_mutex_lock", "rwsem_", "__rwsem_", "__down_", "__up_", "rwbase_", "rt_mutex_", "rt_spin_", "rtlock_",
    "rt_read_", "rt_write_", "lockdep_", "_lockdep", "__lockdep", "trace_hardirqs_", "trace_softirqs_",
    "refcount_", "__refcount_", "debug_object_", "__debug_object_", "debug_check_no_obj_freed",
    "__debug_check_no_obj_freed", "__list_add", "__list_del", "hlist_", "__hlist_", "kmem_cache_",
    "__kmem_cache_", "arch_atomic", "atomic_", "test_bit", "arch_test_", "__kmalloc", "kmalloc_",
    "__fortify_", "nmi_cpu_backtrace", "nmi_trigger_", "nmi_panic", "nmi_handle", "nmi_raise_",
    "watchdog_timer_fn", "watchdog_overflow_", "watchdog_hardlockup_", "tick_sched_", "tick_handle_",
    "tick_nohz_", "tick_periodic", "hrtimer_interrupt", "hrtimer_run_", "rcu_sched_clock_irq",
    "rcu_check_callbacks", "rcu_dump_cpu_stacks", "rcu_check_gp_", "native_", "_raw_", "entry_SYSCALL",
    "entry_SYSENTER", "entry_INT80", "secondary_startup", "common_startup_64", "ret_to_user", "work_pending",
    "irq_entries_", "debug_lockdep_", "__wait_on_", "wait_on_page_", "folio_wait_", "____kasan_",
    "debug_dma_", "__alloc_pages", "___kmalloc_large", "kvmalloc_", "__kvmalloc_", "__vmalloc_",
    "fs_reclaim_", "__fs_reclaim_", "__pi_mem", "__pi_str", "__arch_copy_", "copy_user_", "do_el1_",
})};
// clang-format on

/// Whether a function stands in the stack for everybody's errors.
inline auto is_bystander(std::string_view function) -> bool {
    static auto const names = [] {
        auto sorted = bystander_names;
        std::sort(sorted.begin(), sorted.end());
        return sorted;
    }();
    constexpr std::string_view counted = "_noprof"; // what counts its allocations has a name for itself
    if (function.ends_with(counted)) function.remove_suffix(counted.size());
    return std::binary_search(names.begin(), names.end(), function) || bystander_prefixes.match(function);
}

} // namespace ktest
