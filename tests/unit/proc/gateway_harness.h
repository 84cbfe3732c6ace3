/* A gateway without its process, and one connection to it: enough for what judges a request before it runs.
 */
#ifndef WARD_TESTS_GATEWAY_HARNESS_H
#define WARD_TESTS_GATEWAY_HARNESS_H

#include "proc/gateway/gateway.h"

#define HARNESS_NOW_MS (300000ll * 5000000) /* the beginning of a slot of proof.c */

struct gateway_harness {
	struct gateway gateway;
	struct child child;
	struct app_function contract;
	struct gw_function function;
	struct conn conn;
	int client;
	char answer[4096]; /* what harness_answer() took */
};

/* With the function "pay". Asserts on failure. */
void harness_init(struct gateway_harness *h);
void harness_done(struct gateway_harness *h);
/* The request at hand comes from there; *text is an address. */
void harness_from(struct gateway_harness *h, const char *text);
/* The status of the answer that was written, 0: none. Its text is in h->answer. */
int harness_answer(struct gateway_harness *h);
/* Takes up a Ward-Proof as a request's head brings it; NULL: none. */
void harness_proof(struct gateway_harness *h, struct slice proof);

#endif
