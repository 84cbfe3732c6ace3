/* What the identity tests share: a store in a new file with cheap hashes, a caller, and what the listener
 * heard. */
#ifndef WARD_TEST_IDENTITY_HARNESS_H
#define WARD_TEST_IDENTITY_HARNESS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "identity/sign_in.h"

#define T0 1800000000000ll /* when the tests begin */
#define SECOND 1000ll
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

struct heard {
	unsigned events[IDENTITY_EVENT_COUNT];
	uint64_t last_count;
	char last_detail[128];
	unsigned dropped;
	unsigned changed;
	uint8_t last_dropped[SESSION_HASH_BYTES];
};

struct harness {
	char path[64];
	struct identity_store *store;
	struct heard heard;
	struct identity_options options;
};

int harness_up(void **state);
int harness_down(void **state);
/* Closes and opens the file again, as a restart does. */
void harness_reopen(struct harness *h);

struct identity_caller caller_at(const char *address, int64_t now_ms);
/* begin, job, finish. *ret may be NULL. */
enum err_code sign_in_from(struct harness *h, const char *email, const char *password, const char *address,
    int64_t now_ms, struct sign_in_outcome *ret);
enum err_code sign_up_from(struct harness *h, const char *email, const char *password, const char *address,
    int64_t now_ms, struct sign_in_outcome *ret);

#define assert_ok(call) assert_int_equal((call).code, ERR_NONE)
#define assert_code(call, expected) assert_int_equal((call).code, (expected))

#endif
