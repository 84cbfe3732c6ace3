/* What a suite reports: a table line on standard output, and
 * {"suite","passed","failed","skipped","failures":[ids]}. */
#ifndef WARD_TESTS_REPORT_H
#define WARD_TESTS_REPORT_H

#include "base/buf.h"

struct report {
	const char *suite;
	unsigned passed, failed, skipped;
	struct buf failures; /* JSON strings, with commas between */
};

void report_init(struct report *r, const char *suite);
/* One case; a failure is also told on standard error, with why. */
void report_case(struct report *r, bool passed, const char *id, const char *why);
/* Writes the JSON to the path. The exit status of the suite: 0, or 1 when something failed. */
int report_finish(struct report *r, const char *path);
/* Exit status 77, as Meson has it, with the reason in the JSON's place. */
int report_skip(const char *suite, const char *path, const char *why);

#endif
