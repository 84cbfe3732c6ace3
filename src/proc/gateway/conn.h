/* Between the two halves of a connection: conn.c holds the socket, conn_input.c reads requests out of its bytes. */
#ifndef WARD_PROC_GATEWAY_CONN_H
#define WARD_PROC_GATEWAY_CONN_H

#include "proc/gateway/gateway.h"

#define CONN_BUFFER_MAX (BODY_BYTES_MAX + HTTP_HEAD_BYTES_MAX)

/*
 * Goes through the bytes request by request until one is pending or unfinished, and keeps the rest. They may be those
 * that the connection kept before.
 */
void conn_take(struct conn *c, struct slice bytes);
/* The same with what is kept: more has come, or an answer has gone. */
void conn_take_kept(struct conn *c);
/* A request that cannot be read on: answer and close, since where the next one begins is unknown. */
void conn_refuse(struct conn *c, int status, const char *why);

#endif
