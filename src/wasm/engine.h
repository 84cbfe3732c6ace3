/*
 * The engine: runs one function's JavaScript, each request in a fresh instance.
 *
 * A *program* is a bundle evaluated once and frozen: QuickJS (WebAssembly, translated to C when ward is built), the
 * guest prelude and the bundle, in a sealed snapshot. An *instance* is a private copy-on-write view of that snapshot.
 * After a request, engine_instance_reset() puts back every byte it wrote. A request that waits for a host call parks
 * its instance, so a thread has several instances; each belongs to the thread that made it.
 *
 *	engine_process_init() → fork → engine_thread_init() → engine_program_prepare() → lock the process →
 *	engine_program_new() → engine_instance_new() → { start → (next_call, resume, tick)* → result | thrown | trap → reset }*
 *
 * engine_process_init() may run in a zygote: it evaluates the prelude once, and the processes forked from it share
 * that. engine_thread_init() must run after the fork: it opens /proc/self/pagemap and creates the CPU timer. All
 * system calls made after engine_program_prepare() are listed in engine_syscalls.h.
 *
 * The engine trusts the callers' encodings no further than their lengths, the bundle and the guest not at all.
 * Nothing here is thread-safe across threads except what says so.
 */
#ifndef WARD_WASM_ENGINE_H
#define WARD_WASM_ENGINE_H

#include "base/buf.h"
#include "base/result.h"
#include "base/slice.h"
#include "wasm/types.h"

struct engine_program;
struct engine_instance;

/* Initialises QuickJS and the prelude once per process, before any thread. Idempotent. About 2 ms. */
result engine_process_init(struct error *err);

/*
 * Moves the one descriptor that engine_process_init() holds to the number `to`, for a child that closes all others. What
 * stood there is closed.
 */
result engine_process_move(int to, struct error *err);

/*
 * Once per thread that runs guests: alternate signal stack, guest stack, CPU timer, /proc/self/pagemap.
 * Installs process-wide handlers for SIGSEGV, SIGBUS and SIGRTMIN + 2; a fault outside guest ranges, or while no
 * guest runs, kills the process as it would without the engine.
 */
result engine_thread_init(struct error *err);
/* After all instances of the thread are freed. */
void engine_thread_done(void);

/*
 * The CPU limit is enforced by a timer that ticks only while the thread is busy. Call busy() before a batch of
 * starts and resumes and idle() before sleeping: no system call as long as a thread sleeps for less than a millisecond. start, resume and tick
 * ASSERT that the thread is busy.
 */
void engine_thread_busy(void);
void engine_thread_idle(void);

/* How a reset finds the pages to put back. AUTO is the fastest that the kernel can do. */
enum engine_restore {
	ENGINE_RESTORE_AUTO,
	ENGINE_RESTORE_SCAN, /* PAGEMAP_SCAN, Linux 6.7 and later */
	ENGINE_RESTORE_DROP, /* compare and copy hot pages, MADV_DONTNEED for the rest */
};

#define ENGINE_MEMORY_MIN (4u << 20)
#define ENGINE_MEMORY_MAX (1u << 30)

struct engine_config {
	const char *name;	      /* of the function, for messages; borrowed for the call only */
	struct slice bundle;	      /* JavaScript, one script, borrowed for the call only */
	const struct engine_types *types; /* borrowed for the call only; NULL: everything is ENGINE_KIND_ANY */
	size_t memory_bytes_max;      /* linear memory of one instance; 0: 32 MiB; rounded to 64 KiB */
	uint64_t cpu_ns_max;	      /* per request, all slices together; 0: 50 ms */
	uint64_t cpu_start_ns_max;    /* for evaluating the bundle; 0: 2 s */
	size_t log_bytes_max;	      /* of console output per request; 0: 16 KiB */
	size_t result_bytes_max;      /* of one encoded result or argument; 0: 1 MiB */
	uint32_t pending_max;	      /* host calls in flight per request; 0: 64 */
	bool holds_secrets;	      /* what a request left in the engine's own buffers is wiped with it */
	enum engine_restore restore;  /* ENGINE_RESTORE_AUTO outside tests */
};

/*
 * Makes what the next program is made in: a copy of the base. Before the process is locked, since the filter allows no
 * new memory file; engine_program_new() does it where it was not done.
 */
result engine_program_prepare(struct error *err);

/*
 * Evaluates the bundle under the limits and freezes it. ERR_INVALID with the exception's text and stack when the
 * bundle throws or sets no globalThis.__ward_main; ERR_LIMIT when it exceeds a limit. About 1 ms.
 * Needs a thread with engine_thread_init(). One at a time in a process.
 */
result engine_program_new(const struct engine_config *config, struct error *err, struct engine_program **ret_program);
/* After all its instances are freed. NULL is fine. */
void engine_program_free(struct engine_program *program);

/* Cheap enough to make when the pool is empty: a reservation and a mapping, about 50 µs. */
result engine_instance_new(struct engine_program *program, struct error *err, struct engine_instance **ret_instance);
/* In any state. NULL is fine. */
void engine_instance_free(struct engine_instance *instance);

/* What start, resume and tick return. */
enum engine_state {
	ENGINE_WAITING, /* for host calls, for a timer, or for both */
	ENGINE_DONE,	/* engine_instance_result() */
	ENGINE_THREW,	/* engine_instance_thrown() */
	ENGINE_TRAPPED, /* engine_instance_trap() */
};

#define ENGINE_SEED_BYTES 32

struct engine_request {
	struct slice input;   /* a value encoding; empty: the handler is called with undefined */
	struct slice caller;  /* a value encoding for __ward_host.caller(); empty: undefined. Borrowed until reset */
	const uint8_t *seed;  /* ENGINE_SEED_BYTES from the system's generator, never used twice */
	uint64_t cpu_ns_max;  /* 0: the program's */
};

enum engine_state engine_instance_start(struct engine_instance *instance, const struct engine_request *request);

/*
 * A host call that the guest awaits. Slices live until the instance runs again. Verb is one of those of
 * ARCHITECTURE.md; anything else was already refused inside the guest.
 */
struct engine_call {
	uint32_t id; /* of this request; for engine_instance_resume() */
	struct slice verb;
	struct slice name;
	struct slice argument; /* a value encoding; read by type "query:NAME:params" for verb query if there is one */
};

/* Hands out each call of the last slice once. False: no more. */
bool engine_instance_next_call(struct engine_instance *instance, struct engine_call *ret_call);

/* The earliest timer, in CLOCK_MONOTONIC ns, or UINT64_MAX. */
uint64_t engine_instance_deadline(const struct engine_instance *instance);

struct engine_answer {
	const char *code;    /* NULL: ok. Else "denied", "timeout" ...: the call is rejected with an Error of this code */
	struct slice value;  /* ok: a value encoding, empty for undefined; else the message, UTF-8 */
};

/* What the last start, resume or tick returned. */
enum engine_state engine_instance_state(const struct engine_instance *instance);

/* Settles call `id` and runs what became runnable. An unknown or settled id changes nothing. */
enum engine_state engine_instance_resume(struct engine_instance *instance, uint32_t id, const struct engine_answer *answer);
/* Fires the timers due at now (CLOCK_MONOTONIC ns). */
enum engine_state engine_instance_tick(struct engine_instance *instance, uint64_t now_ns);

/* DONE: the value by type "output"; empty when the function returned undefined. Lives until reset. */
struct slice engine_instance_result(const struct engine_instance *instance);

/* THREW: a declared error (class made by WardError) or any other exception. Slices live until reset. */
struct engine_thrown {
	struct slice declared; /* the error's name, or empty: undeclared */
	int status;	       /* of a declared error */
	struct slice data;     /* of a declared error, encoded by type "error:NAME"; empty: undefined */
	struct slice message;  /* "TypeError: x is not a function"; for the log, never for the client */
	struct slice stack;    /* lines "    at f (bundle.js:LINE:COLUMN)"; see sourcemap.h */
	bool output_mismatch;  /* the function returned something that its output type does not allow; message says what */
	enum engine_limit { ENGINE_LIMIT_NONE, ENGINE_LIMIT_CPU, ENGINE_LIMIT_MEMORY, ENGINE_LIMIT_STACK, ENGINE_LIMIT_RESULT } limit;
};

void engine_instance_thrown(const struct engine_instance *instance, struct engine_thrown *ret_thrown);

struct engine_trap {
	enum engine_limit limit; /* NONE: QuickJS itself trapped; what names the trap. Never expected */
	const char *what;	 /* "cpu", "memory", "stack", "out of bounds", "unreachable" ... static */
};

void engine_instance_trap(const struct engine_instance *instance, struct engine_trap *ret_trap);

enum engine_log_level { ENGINE_LOG_DEBUG, ENGINE_LOG_INFO, ENGINE_LOG_WARN, ENGINE_LOG_ERROR };

/* Console lines since the last call, in order; in any state before reset. False: no more. */
bool engine_instance_next_log(struct engine_instance *instance, enum engine_log_level *ret_level, struct slice *ret_text);

struct engine_usage {
	uint64_t cpu_ns;	/* of all slices; to about 1 ms when a slice was shorter */
	size_t memory_bytes;	/* linear memory at its end */
};

void engine_instance_usage(const struct engine_instance *instance, struct engine_usage *ret_usage);

/* Puts back every byte; afterwards the instance is as new. In any state but running. */
void engine_instance_reset(struct engine_instance *instance);

/* For tests: bytes that differ from the snapshot. 0 after every reset. Slow. */
size_t engine_instance_stale_bytes(const struct engine_instance *instance);

/* A static text for a state or a limit, never NULL. */
const char *engine_state_name(enum engine_state state);
const char *engine_limit_name(enum engine_limit limit);

#endif
