/*
 * A draft: a copy of a frozen memory that a guest may still write, in the file that is to be sealed. Most of
 * a program's snapshot is the base as it was, so it is copied before anybody waits, and what the bundle
 * writes is where it belongs.
 */
#ifndef WARD_WASM_DRAFT_H
#define WARD_WASM_DRAFT_H

#include "wasm/snapshot.h"

struct draft {
	int fd;		  /* owned; -1: none */
	uint32_t pages;	  /* wasm pages of the file */
	struct cage cage; /* owned; the file, shared, and what the guest grows after it */
};

#define DRAFT_EMPTY ((struct draft){.fd = -1})

/* Copies a snapshot. Its pages of zeros stay holes. */
result draft_begin(struct draft *draft, const struct snapshot *from, struct error *err);
/* Ends the draft, which is sealed as *ret. stack_pointer is the guest's. */
result draft_freeze(struct draft *draft, uint32_t stack_pointer, struct error *err, struct snapshot *ret);
void draft_done(struct draft *draft);

#endif
