/*
 * Who may use the operators' interface: its pages' data, its actions, the metrics (docs/dashboard-api.md). The one place where that
 * is decided.
 */
#ifndef WARD_PROC_GATEWAY_OPERATOR_H
#define WARD_PROC_GATEWAY_OPERATOR_H

#include "proc/gateway/gateway.h"

/* Before the lock: whether the listener can only be reached from this machine. */
void operator_prepare(struct gateway *g);

/*
 * From the head alone. *ret_name: who it is, for the audit; borrowed for the request, set when true. False: answer 401 and tell
 * nothing.
 */
bool operator_allows(const struct conn *c, const struct http_head *h, const char **ret_name);

#endif
