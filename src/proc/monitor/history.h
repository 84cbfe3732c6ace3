/*
 * What the monitor keeps beside sums: when versions of a function were seen, errors grouped by their stack, the last lines that
 * functions logged, and how incidents went. In memory and of fixed size; it begins with the process.
 */
#ifndef WARD_PROC_MONITOR_HISTORY_H
#define WARD_PROC_MONITOR_HISTORY_H

#include "app/contract/json_write.h"
#include "observe/monitor.h"

#define HISTORY_VERSIONS 8u
#define HISTORY_ERRORS 256u
#define HISTORY_ERROR_TEXT 4096u
#define HISTORY_LINES 2048u
#define HISTORY_LINE_TEXT 1024u
#define HISTORY_STEPS 12u
#define HISTORY_BY 64u
#define HISTORY_NAME 128u

struct history;

struct history *history_new(void);
void history_free(struct history *h);

/* A record of a function (its number in the store), when it was last called, and in which version. */
void history_seen(struct history *h, uint32_t function, const struct invocation *v);
int64_t history_last_ms(const struct history *h, uint32_t function);
/* A member "versions", oldest first; and marks of those that began within [from, to). */
void history_write_versions(const struct history *h, uint32_t function, struct json_writer *w);
void history_write_marks(
    const struct history *h, uint32_t function, int64_t from_s, int64_t to_s, struct json_writer *w);

struct history_line {
	int64_t time_ms;
	uint64_t request; /* 0: none */
	uint8_t level;	  /* enum history_level */
	char function[HISTORY_NAME];
	char text[HISTORY_LINE_TEXT]; /* cut */
	uint64_t number;
};
enum history_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR, LEVEL_THROWN, LEVEL_COUNT };
const char *history_level_name(enum history_level level);
bool history_level_of(struct slice name, enum history_level *ret);

/*
 * A line that a function logged. What it threw (LEVEL_THROWN) is grouped: same function, same stack, or the same message but
 * for its numbers where there is none.
 */
void history_line(struct history *h, int64_t now_ms, uint32_t function, const char *name, enum history_level level,
    uint64_t request, struct slice text);
/* The i-th newest, or NULL. */
const struct history_line *history_line_of(const struct history *h, uint64_t i);
/* "errors" of one function or of all (UINT32_MAX), newest first. */
void history_write_errors(
    const struct history *h, const struct monitor *m, uint32_t function, struct json_writer *w);
/* The error of a request, 0 for none that is known. */
uint64_t history_error_of(const struct history *h, uint64_t request);

/* A change of an incident; by is "" where it went by its rule. */
void history_step(struct history *h, uint32_t incident, int64_t now_ms, const char *what, const char *by);
void history_write_steps(const struct history *h, uint32_t incident, struct json_writer *w);

#endif
