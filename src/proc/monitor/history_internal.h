/* For history*.c alone. */
#ifndef WARD_PROC_MONITOR_HISTORY_INTERNAL_H
#define WARD_PROC_MONITOR_HISTORY_INTERNAL_H

#include "proc/monitor/history.h"

struct history_version {
	uint32_t version;
	int64_t first_ms, last_ms; /* 0: free */
	uint64_t calls, failures;
};

struct history_function {
	int64_t last_ms;
	struct history_version versions[HISTORY_VERSIONS];
};

struct history_error {
	uint64_t id; /* 0: free */
	uint32_t function;
	uint64_t count, request;
	int64_t first_ms, last_ms;
	char text[HISTORY_ERROR_TEXT]; /* message, then a line for each frame */
};

#define HISTORY_PAIRS 1024u

struct history_step {
	int64_t time_ms;
	const char *what; /* static */
	char by[HISTORY_BY];
};

struct history_incident {
	uint32_t id, count;
	struct history_step steps[HISTORY_STEPS];
};

struct history {
	struct history_function *functions; /* owned, by number */
	uint32_t function_room;
	struct history_error errors[HISTORY_ERRORS];
	struct {
		uint64_t request, error;
	} pairs[HISTORY_PAIRS]; /* the newest requests that failed, a ring */
	uint64_t pair_count;
	struct history_line lines[HISTORY_LINES];
	uint64_t line_count;
	struct history_incident incidents[INCIDENTS_MAX];
};

void history_thrown(struct history *h, int64_t now_ms, uint32_t function, uint64_t request, struct slice text);

#endif
