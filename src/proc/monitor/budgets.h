/*
 * Budgets of a day as the monitor sees them: it reads what gateways have spent (observe/budget.h), tells when
 * one is nearly or wholly used up, keeps the sums in STATE/monitor/budgets for the next start of ward, and
 * renews one when an operator says so. The stop itself is the gateways', with or without a monitor.
 */
#ifndef WARD_PROC_MONITOR_BUDGETS_H
#define WARD_PROC_MONITOR_BUDGETS_H

#include "proc/monitor/api.h"

result budgets_prepare(struct monitor_process *p, struct error *err);
/* Once in a run: adds what an earlier run of ward spent today. Before any request is served. */
void budgets_recall(struct monitor_process *p, int64_t now_ms);
void budgets_remember(struct monitor_process *p, int64_t now_ms);
/* Every second. */
void budgets_tick(struct monitor_process *p, int64_t now_ms);
/* An incident that an operator has closed: of a budget that is used up, the budget is renewed. */
void budgets_on_incident(struct monitor_process *p, const struct incident *i);

/* One object for each budget; metrics of them. */
void budgets_write(const struct monitor_process *p, int64_t now_ms, struct json_writer *w);
void budgets_metrics(const struct monitor_process *p, int64_t now_ms, struct buf *out);

void api_budgets(const struct api_request *q, struct api_answer *a);
void api_budget_renew(const struct api_request *q, struct api_answer *a);

#endif
