/*
 * Structured logging, one JSON object a line on stderr (or short coloured text when stderr is a terminal).
 *
 *	LOG_INFO("worker_started", LOG_STR("function", name), LOG_INT("pid", pid));
 *
 * Processes log, libraries return errors. Values never carry secrets or tagged fields; the caller redacts.
 * One write(2) a line, so that lines of several processes on one pipe do not mix (up to PIPE_BUF).
 */
#ifndef WARD_BASE_LOG_H
#define WARD_BASE_LOG_H

#include "base/slice.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

struct log_field {
	const char *name;
	enum { LOG_FIELD_STR, LOG_FIELD_INT } kind;
	struct slice str;
	int64_t num;
};

#define LOG_SLICE(n, s) ((struct log_field){.name = (n), .kind = LOG_FIELD_STR, .str = (s)})
#define LOG_STR(n, s) LOG_SLICE(n, slice_cstr(s))
#define LOG_INT(n, v) ((struct log_field){.name = (n), .kind = LOG_FIELD_INT, .num = (int64_t)(v)})

/* Once at start: the process name goes on every line ("gateway"). The string must outlive the process. */
void log_init(const char *process, enum log_level least);
/* Text for a person instead of JSON lines; decided by log_init() from isatty(2), or forced here. */
void log_set_human(bool human);
void log_event(enum log_level level, const char *event, const struct log_field *fields, size_t count);

#define LOG_AT(level, event, ...)                                                                            \
	log_event(level, event, (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.name = NULL}},        \
	    sizeof((const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.name = NULL}}) /                   \
		    sizeof(struct log_field) -                                                               \
		1)
#define LOG_DEBUG(event, ...) LOG_AT(LOG_LEVEL_DEBUG, event __VA_OPT__(, ) __VA_ARGS__)
#define LOG_INFO(event, ...) LOG_AT(LOG_LEVEL_INFO, event __VA_OPT__(, ) __VA_ARGS__)
#define LOG_WARN(event, ...) LOG_AT(LOG_LEVEL_WARN, event __VA_OPT__(, ) __VA_ARGS__)
#define LOG_ERROR(event, ...) LOG_AT(LOG_LEVEL_ERROR, event __VA_OPT__(, ) __VA_ARGS__)

#endif
