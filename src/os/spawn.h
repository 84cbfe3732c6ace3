/*
 * Starting a process of ours: fork and exec of ward's own image, with only the descriptors named.
 *
 * The child runs `/proc/self/exe __process NAME` with its control socket as descriptor SPAWN_CONTROL_FD, standard
 * error as the log, and nothing else: whatever more it needs arrives over the control socket.
 */
#ifndef WARD_OS_SPAWN_H
#define WARD_OS_SPAWN_H

#include <sys/types.h>

#include "base/result.h"

#define SPAWN_CONTROL_FD 3

struct spawned {
	pid_t pid;
	int pid_fd;	/* owned: readable when the process has ended */
	int control_fd; /* owned: our end of the control socket (SOCK_SEQPACKET, non-blocking) */
};

/* name: static string, shown in `ps` and given to the child. log_fd: becomes standard error (borrowed). */
result spawn_process(const char *name, int log_fd, struct error *err, struct spawned *ret);

/* A connected pair of control sockets, close-on-exec and non-blocking. Both owned by the caller. */
result control_pair(struct error *err, int *ret_ours, int *ret_theirs);

/* Reaps an ended child: its wait status; ERR_NOT_FOUND while it runs. */
result spawn_reap(pid_t pid, struct error *err, int *ret_status);

/* "killed by SIGSYS", "exit 3": words for a wait status, into text. */
void wait_status_text(int status, char *text, size_t size);

/* Pins the calling thread to one CPU; a machine that refuses is not an error, only slower. */
void pin_to_cpu(unsigned cpu);

/*
 * How the calling thread comes to a core when something wakes it: in its turn (SCHED_BATCH of sched(7)), or by taking it
 * from who runs there if its share allows (SCHED_OTHER). The share is the same. Failing is not a fault.
 */
enum wake { WAKE_IN_TURN, WAKE_AT_ONCE };
void wake_how(enum wake how);
/* CPUs that this process may run on. */
unsigned cpu_count(void);

#endif
