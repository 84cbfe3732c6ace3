/* Kept texts: what a command or a finding looks like, in a file beside its input. */
#ifndef WARD_TESTS_GOLDEN_H
#define WARD_TESTS_GOLDEN_H

#include "base/buf.h"

/* The whole file, NUL-terminated, owned; fails the test when there is none. */
char *golden_read(const char *stem, const char *suffix);
/* Fails the test, showing both, when the file holds another text; writes the file under WARD_GOLDEN_WRITE=1.
 */
void golden_compare(const char *stem, const char *suffix, struct buf *text);

#endif
