/*
 * The processes of ward. Each kind has one manifest: what it is for, how it is locked in, what it may receive, how it
 * is restarted. Read these structs and you know the system; docs/processes.md is made from them.
 */
#ifndef WARD_PROC_PROCESS_H
#define WARD_PROC_PROCESS_H

#include "base/result.h"
#include "ipc/channel.h"
#include "ipc/control.h"
#include "os/loop.h"
#include "os/sandbox.h"

/* Order matters: of two peers, the lower kind is side 0 of their channel. */
enum process_kind {
	PROCESS_SUPERVISOR,
	PROCESS_GATEWAY,
	PROCESS_BROKER,
	PROCESS_ZYGOTE,
	PROCESS_WORKER,
	PROCESS_EGRESS,
	PROCESS_MONITOR,
	PROCESS_DIALER,
	PROCESS_KIND_COUNT,
};

struct child;

struct process_manifest {
	enum process_kind kind;
	const char *name;
	const char *purpose;  /* one sentence */
	const char *may;      /* what it may do that others may not */
	struct sandbox sandbox;
	uint32_t restart_ms_min; /* back-off doubles from here ... */
	uint32_t restart_ms_max; /* ... to here */
	/* Control messages it takes once it runs, ended by CONTROL_TYPE_COUNT. Any other ends the process. */
	const enum control_type *takes;
	int (*run)(struct child *child);
};

extern const struct process_manifest gateway_manifest;
extern const struct process_manifest broker_manifest;
extern const struct process_manifest zygote_manifest;
extern const struct process_manifest worker_manifest;
extern const struct process_manifest egress_manifest;
extern const struct process_manifest monitor_manifest;
extern const struct process_manifest dialer_manifest;

/* NULL when there is no such kind or it has no manifest (the supervisor). */
const struct process_manifest *process_manifest(enum process_kind kind);
const struct process_manifest *process_manifest_named(const char *name);

/* `ward __process NAME`: what a started process runs. */
int process_main(const char *name);

/* docs/processes.md: manifests, system calls with their reasons, messages. */
void process_reference(struct buf *out);

/*
 * What every process but worker and supervisor shares: the control socket, the doorbell, one loop. Filled by
 * child_start(), which waits for SETUP.
 */
struct child {
	const struct process_manifest *manifest;
	int control_fd;
	int bell_fd;
	int setup_fd; /* what SETUP carried beside the doorbell: listener or state directory; -1 otherwise */
	int shared_fd; /* a third descriptor of SETUP: the rate limits of all gateways, the monitor's socket; -1 otherwise */
	int budgets_fd; /* a fourth, of gateways and monitor: what was spent today; -1 otherwise */
	int counts_fd; /* a fifth: how many calls there are now, of all gateways; -1 otherwise */
	int countries_fd; /* a sixth: a database of countries, sealed; -1: none was given */
	uint32_t index;
	uint32_t cpu;
	uint32_t flags;
	char setup_text[CONTROL_TEXT_MAX];
	struct loop loop;
	struct watch control_watch;
	struct watch bell_watch;
	/* Handles one control message that the manifest takes; owns fds that it wants to keep (set them to -1). */
	void (*on_control)(struct child *child, const struct control_message *m, int *fds);
	/* The doorbell rang: some channel may have records. */
	void (*on_bell)(struct child *child);
};

result child_start(struct child *child, const struct process_manifest *manifest, struct error *err);

/*
 * Locks the process as its manifest says, with these paths, as this user (see sandbox.h), and hands the supervisor the
 * descriptor on which it hears of refused calls.
 */
result child_lock(struct child *child, const struct sandbox_path *paths, const struct sandbox_user *user,
    struct error *err);

/* Locked and able to serve: tells the supervisor. */
result child_ready(struct child *child, struct error *err);

/* Tells the supervisor why this process cannot serve and returns its exit code. */
int child_fail(struct child *child, const struct error *err);

/* For tables of system calls: what every process of ours needs. */
extern const struct syscall_rule process_syscalls[];
/* For those with sockets to clients or hosts. */
extern const struct syscall_rule socket_syscalls[];

/* The user that a process without files of its own becomes when ward is started by root: nobody, nogroup. */
extern const struct sandbox_user process_nobody;

/* A worker or function is named by its app generation and its index in the contract. */
static inline uint32_t function_ref(uint32_t generation, uint32_t index)
{
	return generation << 16 | index;
}
/* A row for each function of the generations that may be there at the same time, for what gateways count together. */
#define CONCURRENCY_FUNCTIONS 1024u
#define CONCURRENCY_GENERATIONS 8u
#define CONCURRENCY_ROW(generation, index) ((generation) % CONCURRENCY_GENERATIONS * CONCURRENCY_FUNCTIONS + (index))

/* The sign-in endpoints, where they are counted like a function: their name, and the index that no function has. */
#define SIGN_IN_NAME "ward:sign-in"
#define SIGN_IN_INDEX 0xffffu
/* The same for the app as a whole, where it has a budget. */
#define APP_NAME "ward:app"
#define APP_INDEX 0xfffeu
static inline uint32_t ref_generation(uint32_t ref)
{
	return ref >> 16;
}
static inline uint32_t ref_index(uint32_t ref)
{
	return ref & 0xffff;
}

#endif
