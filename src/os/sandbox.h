/*
 * Locking a process in: what a process manifest declares, applied in one readable order and verified afterwards.
 *
 *	resource limits → user and group → namespaces → no_new_privs → landlock → seccomp
 *
 * There is no way to switch a step off: a step that the kernel refuses is an error with the remedy in its text.
 *
 * A system call outside the table is not answered with an error: the kernel stops the caller and tells the
 * supervisor (seccomp user notification), which records process, function and system call and kills the caller.
 */
#ifndef WARD_OS_SANDBOX_H
#define WARD_OS_SANDBOX_H

#include <stdint.h>
#include <sys/types.h>

#include "base/result.h"

/* One row of a filter: what is allowed and why. args: up to two conditions, `(arg & mask) == value`. */
struct syscall_rule {
	int number;
	const char *name;
	const char *reason;
	int answer; /* not 0: the call is not made, and fails with this errno */
	struct syscall_arg {
		uint8_t index;
		uint8_t used;
		uint64_t mask;
		uint64_t value;
	} args[2];
};

#define SYSCALL_ALLOW(call, why) {.number = __NR_##call, .name = #call, .reason = why}
/* Not made: the caller gets the errno, and nobody is told. */
#define SYSCALL_ANSWER(call, errno_value, why)                                                               \
	{.number = __NR_##call, .name = #call, .reason = why, .answer = (errno_value)}
/* Allowed only while argument `arg` equals `val` under `msk`. */
#define SYSCALL_ALLOW_IF(call, arg, msk, val, why)                                                           \
	{.number = __NR_##call, .name = #call, .reason = why,                                                \
	    .args = {{.index = (arg), .used = 1, .mask = (msk), .value = (val)}}}

enum sandbox_path_right {
	SANDBOX_READ,	    /* read files and list directories below */
	SANDBOX_READ_WRITE, /* also create, write, rename, remove, truncate */
};

struct sandbox_path {
	const char *path;
	enum sandbox_path_right right;
};

enum sandbox_namespace {
	SANDBOX_NS_NET = 1 << 0, /* no network devices, no abstract sockets of others */
	SANDBOX_NS_IPC = 1 << 1,
	SANDBOX_NS_UTS = 1 << 2,
	SANDBOX_NS_MOUNT = 1 << 3,
};

struct sandbox {
	unsigned namespaces; /* enum sandbox_namespace; always inside a user namespace of its own */
	const struct syscall_rule *const *tables; /* NULL-terminated list of tables, each ended by number -1 */
	const struct sandbox_path *paths;	  /* ended by path NULL; NULL: no path at all */
	uint64_t memory_bytes_max;		  /* RLIMIT_DATA; 0: none */
	uint32_t files_max;			  /* RLIMIT_NOFILE; 0: leave */
	bool all_threads;			  /* install the filter for every thread of the process */
};

/* Who a process becomes when it is started by root; started by anyone else it stays who it is. */
struct sandbox_user {
	uid_t uid;
	gid_t gid;
};

/*
 * First step: limits, user, namespaces, no_new_privs, landlock. Before the process makes threads, which inherit all of
 * it; namespaces cannot be left by a process that has some.
 */
result sandbox_enter(const struct sandbox *sandbox, const struct sandbox_user *user, struct error *err);

/*
 * Second step: the system-call filter. On success *ret_notify_fd is the descriptor on which the supervisor hears of
 * refused calls (owned; hand it over with sendmsg, which the tables must allow for that one descriptor).
 */
result sandbox_filter(const struct sandbox *sandbox, struct error *err, int *ret_notify_fd);

/*
 * The same in two halves: the filter worked out while there is time, and entered by one call into the kernel. From the
 * first on nobody but root looks into the process.
 */
struct sandbox_code {
	void *instructions; /* owned, until entered */
	size_t bytes;
	bool all_threads;
};
result sandbox_filter_build(const struct sandbox *sandbox, struct error *err, struct sandbox_code *ret);
result sandbox_filter_enter(struct sandbox_code *code, struct error *err, int *ret_notify_fd);

/* Reads one refused call from the notify descriptor: who and which. ERR_CLOSED when the process is gone. */
struct sandbox_refusal {
	pid_t pid;
	int number;
	const char *name; /* static; "?" when unknown */
};
result sandbox_refusal_read(int notify_fd, struct error *err, struct sandbox_refusal *ret);

/* The name of a system call, from the running architecture; static storage per call number. */
const char *syscall_name(int number);

#endif
