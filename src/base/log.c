#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/buf.h"

#define LOG_LINE_MAX 4096u

static struct {
	const char *process;
	enum log_level least;
	bool human;
} state = {.process = "ward", .least = LOG_LEVEL_INFO};

void log_init(const char *process, enum log_level least)
{
	state.process = process;
	state.least = least;
	state.human = isatty(STDERR_FILENO) == 1;
}

void log_set_human(bool human)
{
	state.human = human;
}

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static const char *const level_colours[] = {"\033[2m", "", "\033[33m", "\033[31m"};

static void write_human(struct buf *b, enum log_level level, const char *event, const struct log_field *fields,
    size_t count, const struct tm *tm)
{
	buf_printf(b, "\033[2m%02d:%02d:%02d\033[0m %s%-10s %s\033[0m", tm->tm_hour, tm->tm_min, tm->tm_sec,
	    level_colours[level], state.process, event);
	for (size_t i = 0; i < count; i++) {
		buf_printf(b, " \033[2m%s=\033[0m", fields[i].name);
		if (fields[i].kind == LOG_FIELD_INT)
			buf_printf(b, "%lld", (long long)fields[i].num);
		else
			buf_add_json_escaped(b, fields[i].str);
	}
}

static void write_json(struct buf *b, enum log_level level, const char *event, const struct log_field *fields,
    size_t count, const struct tm *tm, long ms)
{
	buf_printf(b, "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ\",\"level\":\"%s\",\"process\":\"%s\",\"event\":\"%s\"",
	    tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec, ms,
	    level_names[level], state.process, event);
	for (size_t i = 0; i < count; i++) {
		buf_printf(b, ",\"%s\":", fields[i].name);
		if (fields[i].kind == LOG_FIELD_INT) {
			buf_printf(b, "%lld", (long long)fields[i].num);
		} else {
			buf_add_char(b, '"');
			buf_add_json_escaped(b, slice_of(fields[i].str.ptr, fields[i].str.len < 1024 ? fields[i].str.len : 1024));
			buf_add_char(b, '"');
		}
	}
	buf_add_char(b, '}');
}

void log_event(enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
	if (level < state.least)
		return;
	struct timespec now;
	struct tm tm;
	clock_gettime(CLOCK_REALTIME, &now);
	CLEANUP_BUF struct buf line = BUF_INIT(LOG_LINE_MAX * 4);
	if (state.human) {
		localtime_r(&now.tv_sec, &tm);
		write_human(&line, level, event, fields, count, &tm);
	} else {
		gmtime_r(&now.tv_sec, &tm);
		write_json(&line, level, event, fields, count, &tm, now.tv_nsec / 1000000);
	}
	buf_add_char(&line, '\n');
	/* A lost log line must not stop the process. */
	ssize_t wrote = write(STDERR_FILENO, line.ptr, line.len);
	(void)wrote;
}

void assert_failed(const char *expr, const char *file, int line)
{
	char text[512];
	int n = snprintf(text, sizeof text, "ward: bug: %s does not hold at %s:%d\n", expr, file, line);
	ssize_t wrote = n > 0 ? write(STDERR_FILENO, text, (size_t)n) : 0;
	(void)wrote;
	abort();
}
