/*
 * A small proof of work that a caller under challenge sends along: cheap for one browser, dear for whoever tries a million
 * passwords. Stateless: the nonce is a keyed hash of the address and the time, and each proof is good for a few requests,
 * which the shared table of rate limits counts.
 *
 *	429, Ward-Challenge: sha256 BITS NONCE          asked for
 *	Ward-Proof: NONCE:COUNTER                       answered: SHA-256 of that text begins with BITS zero bits
 */
#ifndef WARD_PROC_GATEWAY_PROOF_H
#define WARD_PROC_GATEWAY_PROOF_H

#include "proc/gateway/gateway.h"

/* Keeps what came with a request for as long as it is at hand. */
void proof_take(struct conn *c, const struct http_head *h);
/* Whether it is a proof of this address and not used up; books one use. */
bool proof_given(struct conn *c);
/* Answers with a challenge. */
void proof_ask(struct conn *c);

#endif
