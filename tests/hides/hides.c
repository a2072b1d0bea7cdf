// SPDX-License-Identifier: GPL-2.0
/*
 * Ten planted bugs; `insmod hides.ko bug=NAME` runs into one of them. The kernel's own checks (KASAN, lockdep, lists,
 * reference counts) find some; what only a test can see is said as "hides: NAME went wrong".
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/prandom.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

static char *bug = "";
module_param(bug, charp, 0444);

static void went_wrong(void)
{
	pr_info("hides: %s went wrong\n", bug);
}

/* Runs a function in two threads at once, one on each processor, and waits for both. */
static atomic_t waiting;
static DECLARE_COMPLETION(ended);
static int (*both)(int side);

static int start_together(void *side)
{
	atomic_dec(&waiting);
	while (atomic_read(&waiting))
		cpu_relax();
	both((long)side);
	complete(&ended);
	return 0;
}

static void race(int (*function)(int side))
{
	long side;

	both = function;
	atomic_set(&waiting, 2);
	for (side = 0; side < 2; ++side) {
		struct task_struct *thread = kthread_create(start_together, (void *)side, "hides-%ld", side);

		kthread_bind(thread, side);
		wake_up_process(thread);
	}
	wait_for_completion(&ended);
	wait_for_completion(&ended);
}

/* Two locks, taken in both orders; never at once. Certain. */
static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static void lock_order(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

/* A list that two threads change without a lock. By timing. */
static LIST_HEAD(unlocked);
static struct list_head nodes[2]; /* not on a stack: a broken list may still lead to them */

static int change_list(int side)
{
	struct list_head *node = &nodes[side];
	int i;

	INIT_LIST_HEAD(node);
	for (i = 0; i < 20000 && !test_taint(TAINT_WARN); ++i) {
		list_add(node, &unlocked);
		list_del(node);
	}
	return 0;
}

static void list_corruption(void)
{
	race(change_list);
	if (!list_empty(&unlocked))
		went_wrong();
}

/* Counts without a lock. By timing. */
static unsigned long volatile counter;

static int count(int side)
{
	int i;

	for (i = 0; i < 40000; ++i)
		counter = counter + 1;
	return 0;
}

static void lost_update(void)
{
	race(count);
	if (counter != 2 * 40000)
		went_wrong();
}

/* Uses what a worker sets, having given it time instead of waiting for it. By timing. */
static void *device;

static void probe(struct work_struct *work)
{
	usleep_range(980, 1000);
	WRITE_ONCE(device, &device);
}
static DECLARE_WORK(probing, probe);

static void init_order(void)
{
	schedule_work(&probing);
	usleep_range(1000, 1000);
	if (!READ_ONCE(device))
		went_wrong();
	flush_work(&probing);
}

/* Frees what a timer may still use. By the phase of the tick. */
static int *timed;

static void use_timed(struct timer_list *timer)
{
	++*timed;
}
static DEFINE_TIMER(forgotten, use_timed);

static void timer(void)
{
	timed = kzalloc(sizeof *timed, GFP_KERNEL);
	mod_timer(&forgotten, jiffies + 3);
	usleep_range(10000, 10000);
	kfree(timed);
	msleep(40);
}

/* Reads a field that nobody set. By what the memory held before. */
static void uninitialised(void)
{
	unsigned long *fields = (unsigned long *)__get_free_page(GFP_KERNEL);

	if (fields[8])
		went_wrong();
	free_page((unsigned long)fields);
}

/* A hash table that is one bucket short. By the object's address. */
static void out_of_bounds(void)
{
	int *table = kcalloc(7, sizeof *table, GFP_KERNEL);
	void *object = kmalloc(64, GFP_KERNEL);

	++table[hash_ptr(object, 3)];
	kfree(object);
	kfree(table);
}

/* One reference is put twice. Certain. */
static void refcount(void)
{
	refcount_t references = REFCOUNT_INIT(1);

	if (refcount_dec_and_test(&references))
		refcount_dec(&references);
}

/* Certain. */
static void use_after_free(void)
{
	int volatile *freed = kmalloc(sizeof *freed, GFP_KERNEL);

	kfree((void *)freed);
	*freed = 1;
}

/* An identifier for the whole network, from the time since boot. Seen only where two guests are compared. */
static void random_reuse(void)
{
	struct rnd_state state;

	prandom_seed_state(&state, jiffies);
	pr_info("hides: draw %08x\n", prandom_u32_state(&state));
}

#define PLANTED(name) { #name, name }
static struct {
	char const *name;
	void (*run)(void);
} const bugs[] = {
	PLANTED(lock_order), PLANTED(list_corruption), PLANTED(lost_update), PLANTED(init_order), PLANTED(timer),
	PLANTED(uninitialised), PLANTED(out_of_bounds), PLANTED(refcount), PLANTED(use_after_free), PLANTED(random_reuse),
};

static int __init hides_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(bugs); ++i)
		if (!strcmp(bugs[i].name, bug)) {
			pr_info("hides: %s begins\n", bug);
			bugs[i].run();
			return 0;
		}
	return -EINVAL;
}

static void __exit hides_exit(void)
{
}

module_init(hides_init);
module_exit(hides_exit);
MODULE_LICENSE("GPL");
