/*
 * Running guests on a thread: stack switch, traps by signal, the CPU limit. Called by program.c and instance.c.
 *
 * A fault is the guest's only if it happened in guest mode, at an address of the running cage, of the guest stack's guard
 * or of the function table. Any other fault goes to the handler that was there before, which by default ends the
 * process: a fault of our own is never taken for a guest's.
 */
#include "wasm/thread.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "wasm/stack_switch.h"

#define STACK_BYTES (8u << 20)
#define STACK_GUARD_BYTES (1u << 20)
#define SIGNAL_STACK_BYTES (64u << 10)
#define TICK_NS 1000000
#define TICK_SIGNAL (SIGRTMIN + 2)

_Thread_local struct guest_thread *guest_self;

static struct sigaction previous_segv, previous_bus;

uint64_t clock_now_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/*
 * AddressSanitizer would take a lock of its own before a call that does not return, and these run in signal handlers, one
 * inside the other when the machine is slow.
 */
#define IN_HANDLER __attribute__((no_sanitize("address")))

IN_HANDLER _Noreturn void guest_cut_off(struct guest_thread *thread, enum guest_cut why)
{
	thread->in_guest = 0;
	stack_leave(&thread->save_sp, (int)why);
}

static bool within(const void *address, const void *start, size_t n)
{
	return (uintptr_t)address - (uintptr_t)start < n;
}

/* What a faulting address means for the guest that touched it, or GUEST_CUT_NONE when it is none of its. */
static enum guest_cut classify_fault(const struct guest_thread *thread, const void *address)
{
	if (thread->cage && within(address, thread->cage->base, CAGE_RESERVED_BYTES))
		return GUEST_CUT_OOB;
	if (within(address, thread->stack, STACK_GUARD_BYTES))
		return GUEST_CUT_STACK;
	return GUEST_CUT_NONE;
}

IN_HANDLER static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	struct guest_thread *thread = guest_self;
	if (thread && thread->in_guest && info->si_code > 0) {
		enum guest_cut why = classify_fault(thread, info->si_addr);
		if (why != GUEST_CUT_NONE)
			guest_cut_off(thread, why);
	}
	/* Not the guest's: put the earlier handler back and fault again. */
	sigaction(sig, sig == SIGSEGV ? &previous_segv : &previous_bus, NULL);
}

IN_HANDLER static void set_timer(struct guest_thread *thread, long interval_ns)
{
	struct itimerspec t = {.it_value.tv_nsec = interval_ns, .it_interval.tv_nsec = interval_ns};
	ASSERT(timer_settime(thread->timer, 0, &t, NULL) == 0);
}

IN_HANDLER static void stop_ticks(struct guest_thread *thread)
{
	thread->ticks = false;
	set_timer(thread, 0);
}

/*
 * The limit is on CPU time, but reading that clock is a system call, so a run starts without it: the first tick of a
 * run takes the base, at most TICK_NS late, and later ticks compare. A kill is therefore never early.
 */
IN_HANDLER static void on_tick(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	struct guest_thread *thread = guest_self;
	if (thread && !thread->busy)
		stop_ticks(thread);
	if (!thread || !thread->run.active)
		return;
	uint64_t now_ns = clock_now_ns(CLOCK_THREAD_CPUTIME_ID);
	if (!thread->run.ticked) {
		thread->run.cpu_base_ns = now_ns;
		thread->run.before_tick_ns = clock_now_ns(CLOCK_MONOTONIC) - thread->run.wall_start_ns;
		thread->run.ticked = 1;
		return;
	}
	/* Ticks nest: the base may have been taken by one that came after this one's reading. */
	if (now_ns < thread->run.cpu_base_ns || thread->run.used_ns + (now_ns - thread->run.cpu_base_ns) < thread->run.budget_ns)
		return;
	if (thread->in_guest)
		guest_cut_off(thread, GUEST_CUT_CPU);
	thread->kill_pending = GUEST_CUT_CPU;
}

static result install_handlers(struct error *err)
{
	static bool installed;
	if (installed)
		return RESULT_OK;
	/* SA_NODEFER: a handler that leaves by guest_cut_off() never returns to have its signal unblocked. */
	struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	struct sigaction tick = {.sa_sigaction = on_tick, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART};
	if (sigaction(SIGSEGV, &fault, &previous_segv) < 0 || sigaction(SIGBUS, &fault, &previous_bus) < 0 ||
	    sigaction(TICK_SIGNAL, &tick, NULL) < 0)
		return error_errno(err, "cannot install the guest trap handlers");
	installed = true;
	return RESULT_OK;
}

static result make_stacks(struct guest_thread *thread, struct error *err)
{
	void *stack = mmap(NULL, STACK_GUARD_BYTES + STACK_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (stack == MAP_FAILED)
		return error_errno(err, "cannot reserve a guest stack");
	thread->stack = stack;
	thread->stack_low = thread->stack + STACK_GUARD_BYTES;
	thread->stack_top = thread->stack_low + STACK_BYTES;
	if (mprotect(thread->stack_low, STACK_BYTES, PROT_READ | PROT_WRITE) < 0)
		return error_errno(err, "cannot open a guest stack");
	void *signal_stack = mmap(NULL, SIGNAL_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (signal_stack == MAP_FAILED)
		return error_errno(err, "cannot map a signal stack");
	thread->signal_stack = signal_stack;
	stack_t alternate = {.ss_sp = signal_stack, .ss_size = SIGNAL_STACK_BYTES};
	if (sigaltstack(&alternate, NULL) < 0)
		return error_errno(err, "cannot set the signal stack");
	return RESULT_OK;
}

result thread_setup(struct error *err)
{
	if (guest_self)
		return RESULT_OK;
	struct guest_thread *thread = calloc(1, sizeof *thread);
	if (!thread)
		return error_set(err, ERR_MEMORY, "no memory for a guest thread");
	thread->pagemap_fd = -1;
	guest_self = thread;
	result r = make_stacks(thread, err);
	if (is_ok(r))
		r = install_handlers(err);
	if (!is_ok(r))
		thread_done();
	return r;
}

result thread_setup_limits(struct error *err)
{
	struct guest_thread *thread = guest_self;
	if (!thread->timer_made) {
		struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = TICK_SIGNAL};
		event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
		if (timer_create(CLOCK_MONOTONIC, &event, &thread->timer) < 0)
			return error_errno(err, "cannot create the CPU limit's timer");
		thread->timer_made = true;
	}
	/* Absent in a container without /proc: the restore then does without it. */
	if (thread->pagemap_fd < 0)
		thread->pagemap_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	return RESULT_OK;
}

void thread_done(void)
{
	struct guest_thread *thread = guest_self;
	if (!thread)
		return;
	if (thread->timer_made)
		timer_delete(thread->timer);
	if (thread->pagemap_fd >= 0)
		close(thread->pagemap_fd);
	if (thread->signal_stack) {
		stack_t off = {.ss_flags = SS_DISABLE};
		sigaltstack(&off, NULL);
		munmap(thread->signal_stack, SIGNAL_STACK_BYTES);
	}
	if (thread->stack)
		munmap(thread->stack, STACK_GUARD_BYTES + STACK_BYTES);
	wasm_rt_free_funcref_table(translated_table(&thread->module));
	free(thread);
	guest_self = NULL;
}

void thread_wipe_stacks(void)
{
	struct guest_thread *thread = guest_self;
	ASSERT(!thread->in_guest && madvise(thread->stack_low, STACK_BYTES, MADV_DONTNEED) == 0 &&
	       madvise(thread->signal_stack, SIGNAL_STACK_BYTES, MADV_DONTNEED) == 0);
}

/* A thread that sleeps for less than a tick keeps its timer: the tick that finds it idle stops it. */
void thread_set_busy(bool busy)
{
	struct guest_thread *thread = guest_self;
	thread->busy = busy;
	if (!busy || thread->ticks)
		return;
	thread->ticks = true;
	set_timer(thread, TICK_NS);
}

void thread_enter_cage(struct cage *cage, uint32_t stack_pointer)
{
	struct guest_thread *thread = guest_self;
	wasm_rt_memory_t *memory = translated_memory(&thread->module);
	*memory = (wasm_rt_memory_t){.data = cage->base, .pages = cage->pages, .max_pages = cage->pages_max,
	    .size = cage->pages * WASM_PAGE_BYTES};
	*translated_stack_pointer(&thread->module) = stack_pointer;
	thread->cage = cage;
}

void thread_leave_cage(void)
{
	struct guest_thread *thread = guest_self;
	*translated_memory(&thread->module) = (wasm_rt_memory_t){0};
	thread->cage = NULL;
}

#ifdef __SANITIZE_ADDRESS__
void __asan_unpoison_memory_region(const volatile void *address, size_t n);

/* Frames that were cut off never unpoisoned their red zones. */
static void forget_frames(struct guest_thread *thread)
{
	__asan_unpoison_memory_region(thread->stack_low, STACK_BYTES);
}
#else
static void forget_frames(struct guest_thread *thread)
{
	(void)thread;
}
#endif

static uint64_t at_most_a_tick(uint64_t ns)
{
	return ns < TICK_NS ? ns : TICK_NS;
}

/*
 * What a slice used: up to its first tick by the wall clock, which is read without a system call and cannot be far off,
 * and from there by the CPU clock.
 */
static uint64_t slice_used_ns(const struct guest_run *run)
{
	if (!run->ticked)
		return at_most_a_tick(clock_now_ns(CLOCK_MONOTONIC) - run->wall_start_ns);
	return at_most_a_tick(run->before_tick_ns) + clock_now_ns(CLOCK_THREAD_CPUTIME_ID) - run->cpu_base_ns;
}

enum guest_cut guest_run(void (*function)(void *), void *argument, uint64_t budget_ns, uint64_t *used_ns)
{
	struct guest_thread *thread = guest_self;
	ASSERT(!thread->run.active);
	/* A guest that waits before every tick is caught here. */
	if (*used_ns >= budget_ns)
		return GUEST_CUT_CPU;
	thread->kill_pending = 0;
	thread->run = (struct guest_run){
	    .used_ns = *used_ns, .budget_ns = budget_ns, .wall_start_ns = clock_now_ns(CLOCK_MONOTONIC)};
	thread->run.active = 1;
	int code = stack_run(&thread->save_sp, thread->stack_top, function, argument);
	thread->run.active = 0;
	thread->in_guest = 0;
	thread->kill_pending = 0;
	*used_ns += slice_used_ns(&thread->run);
	if (code != GUEST_CUT_NONE)
		forget_frames(thread);
	return (enum guest_cut)code;
}
