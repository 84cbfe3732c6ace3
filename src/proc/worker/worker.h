/*
 * The worker: one process for one function. Each of its threads serves the gateway of one core: takes calls from that
 * gateway's channel, runs each in a fresh instance, passes host calls to the broker and results back.
 *
 * Before the first byte of the app's code runs, the process is locked: no file system, no network, no new program, a
 * short list of system calls. What it holds afterwards are its channels, its log pipe and its own memory.
 */
#ifndef WARD_PROC_WORKER_H
#define WARD_PROC_WORKER_H

#include <pthread.h>

#include "app/app.h"
#include "contract/type.h"
#include "ipc/channel.h"
#include "observe/standing.h"
#include "ipc/records.h"
#include "proc/worker/held.h"
#include "wasm/engine.h"

#define WORKER_THREADS_MAX 8u
#define WORKER_SLOTS_MAX 64u /* requests in flight per thread: parked on host calls or timers */

/*
 * Runs until the process is killed; returns only when it cannot start. A worker begins as a spare: locked in but for the
 * filter, wired, nobody's. WORKER_RUN makes it the worker of one function for the rest of its life.
 */
int worker_run(unsigned threads);

enum slot_state { SLOT_FREE, SLOT_BUSY, SLOT_SPENT /* answered, not yet reset */ };

/* When a host call was made and answered. */
struct slot_timed {
	uint64_t began_ns;
	uint16_t engine_call; /* by which its answer is known */
	uint8_t began, took;  /* as in struct result_head */
};

/* One request in flight. */
struct slot {
	enum slot_state state;
	struct engine_instance *instance; /* NULL until first used */
	uint32_t call_id;		  /* the gateway's */
	uint16_t turn;			  /* counts reuse: a late host reply of an earlier request is not ours */
	uint64_t request;
	uint64_t deadline_ns; /* wall clock limit */
	uint32_t queue_us;    /* how long it waited to begin */
	uint16_t host_calls[HOST_VERB_COUNT];
	uint16_t sequence[RESULT_CALLS_MAX];
	uint8_t sequence_count;
	bool lacked;	  /* something it asked for was not there, as a database that is being restarted */
	uint64_t began_ns;
	struct slot_timed timed[RESULT_TIMED_MAX];
	struct held *held; /* secrets that it was given; NULL: none */
	bool told_broker; /* a host call was made: the broker may hold a transaction */
	char ticket[TICKET_BYTES_MAX];
	size_t ticket_bytes;
};

struct worker_process;

struct worker_thread {
	struct worker_process *process;
	uint32_t index;
	pthread_t thread;
	int bell_fd;
	struct channel gateway;
	struct channel broker;
	struct slot slots[WORKER_SLOTS_MAX];
	uint32_t free[WORKER_SLOTS_MAX]; /* last freed first used: its pages are warm */
	uint32_t free_count;
	struct standing standing; /* the queue in the gateway's ring */
	uint32_t spent[WORKER_SLOTS_MAX];
	uint32_t spent_count;
	uint8_t seeds[64 * ENGINE_SEED_BYTES];
	uint32_t seeds_left;
};

struct worker_process {
	unsigned thread_count;
	uint32_t ref; /* function_ref(), once it has a function */
	struct arena arena;
	struct slice contract_text;
	struct app_contract contract;
	const struct app_function *function;
	struct type_set *types;
	struct slice bundle;
	struct engine_program *program;
	struct worker_thread threads[WORKER_THREADS_MAX];
};

/* thread.c */
void worker_thread_run(struct worker_thread *t);

/* slot.c: what happens to one request */
void slot_call(struct worker_thread *t, const struct record *record);
void slot_cancel(struct worker_thread *t, uint32_t call_id);
void slot_host_reply(struct worker_thread *t, const struct record *record);
/* Timers and deadlines due now. */
void slots_tick(struct worker_thread *t, uint64_t now_ns);
/* The next timer or deadline in CLOCK_MONOTONIC ns, or UINT64_MAX. */
uint64_t slots_next_ns(const struct worker_thread *t);
/* Puts back what answered requests wrote. */
void slots_reset_spent(struct worker_thread *t);

/* types_view.c: the type set as the engine reads it */
struct engine_types worker_types_view(const struct type_set *types);

#endif
