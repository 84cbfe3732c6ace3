/* Asking the monitor of a running ward, by the socket of its state directory, what operators ask over HTTP (docs/dashboard-api.md). */
#ifndef WARD_CLI_ASK_H
#define WARD_CLI_ASK_H

#include <jansson.h>

#include "base/buf.h"
#include "base/result.h"

/* One line without its end: "GET /_ward/api/…" or "POST /_ward/api/… {…}". The answer's JSON, owned; ERR_INVALID with the
 * problem's words when it is none of success. */
result monitor_ask(const char *state, const char *line, struct error *err, json_t **ret);

/* Prints why and how to name the state directory; returns 1. */
int monitor_ask_failed(const struct error *err);

/* The answer as it came. */
void print_json(const json_t *root);
/*
 * Asks and prints: all as JSON, or each of the array `member` by print(); `none` when it is empty (NULL: nothing). The exit
 * status.
 */
int monitor_list(const char *state, const char *line, bool json, const char *member, void (*print)(const json_t *one),
    const char *none);

const char *member_text(const json_t *of, const char *name);
json_int_t member_int(const json_t *of, const char *name);
/* "12:00:00.123" of a Unix time in milliseconds, local. */
void clock_text(json_int_t ms, char text[32]);
/* "410us", "1.2ms", "3.10s" */
void span_text(json_int_t us, char text[32]);
/* Letters, digits, "_", "-", ":" alone: what needs no escape in a path or query. */
bool is_plain(const char *text);

#endif
