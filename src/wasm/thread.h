/*
 * The thread that runs guests: its own guest stack, the way in and out, what is running and what it may use.
 *
 * Code that runs on the guest stack comes in two kinds. *Guest mode* is translated code: it may be cut off at any
 * instruction, by a trap or by the timer. *Host mode* is ours (building values, imports): it is never cut off; a kill
 * that arrives meanwhile waits for the next return to guest mode. Frames of ours on the guest stack may be abandoned
 * at every call into the guest, so they own nothing: what they allocate belongs to the instance.
 */
#ifndef WARD_WASM_THREAD_H
#define WARD_WASM_THREAD_H

#include <signal.h>
#include <time.h>

#include "base/result.h"
#include "wasm/cage.h"
#include "wasm/translated.h"

/* Why a guest was cut off: guest_run() returns these, shifted out of the way of the function's own results. */
enum guest_cut {
	GUEST_CUT_NONE = 0,
	GUEST_CUT_CPU,
	GUEST_CUT_STACK,
	GUEST_CUT_MEMORY, /* out of memory where the guest cannot be told */
	GUEST_CUT_OOB,
	GUEST_CUT_ARITHMETIC,
	GUEST_CUT_UNREACHABLE,
	GUEST_CUT_CALL_INDIRECT,
};

struct guest_run {
	volatile sig_atomic_t active;
	volatile sig_atomic_t ticked; /* a tick has read the thread's CPU clock: cpu_base_ns is set */
	uint64_t used_ns;	      /* by earlier slices of the same request */
	uint64_t budget_ns;
	uint64_t cpu_base_ns;
	uint64_t before_tick_ns; /* wall time from the start to that tick */
	uint64_t wall_start_ns;
};

struct guest_thread {
	volatile sig_atomic_t in_guest;
	volatile sig_atomic_t kill_pending; /* an enum guest_cut */
	struct cage *cage;		    /* whose memory is in `module` */
	translated_module module;
	struct guest_run run;
	void *save_sp; /* of the host stack, while on the guest stack */
	uint8_t *stack;	/* mapping: guard, then stack */
	uint8_t *stack_low; /* first usable byte */
	uint8_t *stack_top;
	uint8_t *signal_stack;
	void *owner; /* the running instance or program, for imports */
	timer_t timer;
	bool timer_made;
	volatile sig_atomic_t busy;
	volatile sig_atomic_t ticks; /* the timer runs */
	int pagemap_fd; /* -1: none */
};

/* The calling thread's; NULL before thread_setup(). */
extern _Thread_local struct guest_thread *guest_self;

/* Guest stack, signal stack, handlers. Idempotent; survives fork(). */
result thread_setup(struct error *err);
/* Timer and pagemap, which do not survive fork(). After thread_setup(). */
result thread_setup_limits(struct error *err);
void thread_done(void);
/* Drops what guests left on the calling thread's stacks: their frames, and registers that a tick put by. Not from a guest. */
void thread_wipe_stacks(void);
/* Starts or stops the ticks by which the CPU limit is kept. */
void thread_set_busy(bool busy);

/* Points the module at a cage. stack_pointer is the guest's own (shadow) stack pointer. */
void thread_enter_cage(struct cage *cage, uint32_t stack_pointer);
/* Takes the memory size back. */
void thread_leave_cage(void);

/*
 * Calls function(argument) on the guest stack, in host mode, under a CPU budget; returns GUEST_CUT_NONE when it
 * returned, else why it was cut off. *used_ns, the request's CPU time so far, is read and advanced.
 */
enum guest_cut guest_run(void (*function)(void *), void *argument, uint64_t budget_ns, uint64_t *used_ns);

/* Leaves the guest stack from wherever it is, also from a signal handler on the alternate stack. */
_Noreturn void guest_cut_off(struct guest_thread *thread, enum guest_cut why);

uint64_t clock_now_ns(clockid_t clock);

/* Makes a filled function table read-only. */
result table_seal(wasm_rt_funcref_table_t *table, struct error *err);
/* Gives module `to` a sealed table like from's, with itself in from's place. */
result table_copy(translated_module *to, translated_module *from, struct error *err);

/* Around every call into translated code. */
static inline void guest_begin(struct guest_thread *thread)
{
	thread->in_guest = 1;
	__asm__ volatile("" ::: "memory");
	if (__builtin_expect(thread->kill_pending != 0, 0))
		guest_cut_off(thread, (enum guest_cut)thread->kill_pending);
}

static inline void guest_end(struct guest_thread *thread)
{
	__asm__ volatile("" ::: "memory");
	thread->in_guest = 0;
}

/* An import: from guest mode to host mode. Makes sure that our code has stack to stand on. */
#define GUEST_IMPORT_STACK_BYTES (1u << 20)

static inline void guest_import_begin(struct guest_thread *thread)
{
	if (__builtin_expect((uint8_t *)__builtin_frame_address(0) < thread->stack_low + GUEST_IMPORT_STACK_BYTES, 0))
		guest_cut_off(thread, GUEST_CUT_STACK);
	guest_end(thread);
}

static inline void guest_import_end(struct guest_thread *thread)
{
	guest_begin(thread);
}

#endif
