/*
 * The operators' interface at the gateway: requests under /_ward/api/ and /_ward/metrics go to the monitor as one record each
 * (those of accounts to the broker), answers come back whole or, for a stream, in pieces. Nothing of either is read
 * here; who may ask is decided in operator.h, before anything else.
 */
#ifndef WARD_PROC_GATEWAY_WATCHING_H
#define WARD_PROC_GATEWAY_WATCHING_H

#include "proc/gateway/gateway.h"

/* With only the head: answered when the caller may not, else *ret_body_max. */
enum request_step watching_head(struct conn *c, const struct http_head *h, size_t *ret_body_max);
void watching_request(struct conn *c, const struct http_head *h, struct slice body);

/* The channel to the monitor. Takes over the descriptors that it keeps (they are set to -1). */
void watching_channel(struct gateway *g, int *fds, uint32_t count);
void watching_gone(struct gateway *g);
void watching_drain(struct gateway *g);

/* The client of a request that waits, or of a stream, has gone. Takes the call. */
void watching_abandon(struct gateway *g, struct call *call);

/* stream.c: an answer without an end. The head goes out; from then on the connection takes bytes only. */
void stream_begin(struct conn *c, struct slice content_type);
/* Closes the connection of a client that does not keep up. */
void stream_write(struct conn *c, struct slice bytes);
void stream_ready(struct conn *c, uint32_t events);

#endif
