/*
 * The payload sensor: does this free-text value look like an attempt to break out of where it will be put,
 * and into which language? It informs (field, caller, class, the deciding token) and never refuses anything:
 * the defence is that no guest can build SQL, that output is encoded, and that paths and shells do not exist
 * for a function.
 *
 * It is structural. SQL is only flagged where the value leaves a literal or an operand and what follows is,
 * by grammar, a continuation of a statement up to its end; HTML where the tokeniser of a browser would see
 * script; a path where it climbs or names a file outside; a command where a shell would start one. Text that
 * speaks about such things (a ticket quoting a query, Markdown with code, O'Brien) has words where the
 * grammar has none.
 *
 * The value is UTF-8 that JSON or a form has already decoded once. A second layer of percent, entity or plus
 * encoding is undone for its first PAYLOAD_DECODE_MAX bytes and looked at too. Time is linear in the value's
 * length, memory fixed.
 */
#ifndef WARD_OBSERVE_PAYLOAD_SENSOR_H
#define WARD_OBSERVE_PAYLOAD_SENSOR_H

#include "observe/invocation.h"

#define PAYLOAD_DECODE_MAX 16384u
#define PAYLOAD_TOKEN_MAX 40u

struct payload_finding {
	enum payload_class class;
	const char *why;	       /* a sentence, static; "" for PAYLOAD_NONE */
	char token[PAYLOAD_TOKEN_MAX]; /* the token that decided, cut, NUL-terminated; foreign bytes */
};

struct payload_finding payload_sense(struct slice value);

#endif
