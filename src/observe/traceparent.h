/* The traceparent header of W3C Trace Context (Recommendation 2021-11-23, section 3.2). */
#ifndef WARD_OBSERVE_TRACEPARENT_H
#define WARD_OBSERVE_TRACEPARENT_H

#include <stdint.h>

#include "base/result.h"
#include "base/slice.h"

struct traceparent {
	uint8_t trace_id[16];
	uint8_t parent_id[8];
	bool sampled;
};

#define TRACEPARENT_TEXT 55u

/*
 * ERR_INVALID unless the text is one: lower-case hexadecimal, no all-zero id, version not "ff"; a later
 * version may go on after another dash. A caller that gets an error begins a trace of its own, as the
 * standard asks.
 */
result traceparent_parse(struct slice text, struct error *err, struct traceparent *ret);

/* Version 00, into text[TRACEPARENT_TEXT], without a NUL. */
void traceparent_format(const struct traceparent *t, char *text);

/* Lower-case hexadecimal of n bytes into text[2 * n]. */
void hex_format(const uint8_t *bytes, size_t n, char *text);

#endif
