/*
 * Who may use the operators' interface: its pages' data, its actions, the metrics (docs/dashboard-api.md).
 * The one place where that is decided.
 */
#ifndef WARD_PROC_GATEWAY_OPERATOR_H
#define WARD_PROC_GATEWAY_OPERATOR_H

#include "proc/gateway/gateway.h"

/* Before the lock: whether the listener can only be reached from this machine. */
void operator_prepare(struct gateway *g);

/*
 * From the head alone. *ret_name: who it is, for the audit; borrowed for the request, set when true. False:
 * answer 401 and tell nothing.
 */
bool operator_allows(const struct conn *c, const struct http_head *h, const char **ret_name);

/* What belongs to the interface: nothing there is served but through the two functions below. */
bool operator_path(struct slice path);
/* From the head: REQUEST_BODY when it may go on. A token that this gateway does not know is asked about, and
 * the head read again. */
enum request_step operator_head(struct conn *c, const struct http_head *h);
/* The whole request. What changes something is in the audit log before it is done. */
void operator_request(struct conn *c, const struct http_head *h, struct slice body);

#endif
