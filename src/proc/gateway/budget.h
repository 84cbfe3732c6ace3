/* Budgets of a day around calls, counted in all gateways together and whatever generation of the app serves
 * (observe/budget.h). */
#ifndef WARD_PROC_GATEWAY_BUDGET_H
#define WARD_PROC_GATEWAY_BUDGET_H

#include "proc/gateway/gateway.h"

result budget_prepare(struct gateway *g, struct error *err);
result budget_of_function(struct gateway *g, struct gw_function *f, struct error *err);
/* From the head alone: true when today's budget is used up and the 503 has been written. */
bool budget_refuses_early(struct conn *c, const struct gw_function *f);
/* Reserves what a call may cost; false, with the 503 written, when that is not there. */
bool budget_enter(struct conn *c, struct call *call);
/* Books what it did cost; once, when it is over. */
void budget_leave(struct gateway *g, const struct call *call, enum invocation_outcome outcome, bool answered);

#endif
