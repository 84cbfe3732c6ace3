/*
 * Secrets that a request was given because its function's contract says that it holds them. What then leaves the worker for
 * that request (answers, declared errors, log lines, names in host calls, which records of denials repeat) shows
 * `***NAME***` in their place.
 *
 * It is done here, in the worker's own code and outside the guest, because this process has been given the value anyway:
 * gateway and supervisor, which write the answers and the log, never learn a secret in order to hide it. The values live as
 * long as the request and are wiped with it. A request that asks for none has no struct held at all.
 */
#ifndef WARD_PROC_WORKER_HELD_H
#define WARD_PROC_WORKER_HELD_H

#include "base/buf.h"

struct held;

/* The request asks for a secret in this host call; makes *h at the first. False: no memory, the call must not be made. */
bool held_ask(struct held **h, uint32_t call, struct slice name);
/* A host call was answered; of interest when it asked for a secret. h may be NULL. */
void held_take(struct held *h, uint32_t call, struct slice value);
/* The text as it may leave; good until the next call with this h. h may be NULL: the text itself. */
struct slice held_text(struct held *h, struct slice text);
/* The same for an encoded value: strings, bytes and names. False: it cannot be said, and nothing may leave. */
bool held_value(struct held *h, struct slice value, struct slice *ret);
/* Wipes. */
void held_drop(struct held **h);

#endif
