/* What webhooks were told and what they did not take. */
#include "base/check.h"
#include "proc/monitor/api.h"
#include "proc/monitor/outbox.h"

void api_deliveries(const struct api_request *q, struct api_answer *a)
{
	struct json_writer w = {.out = &a->body};
	outbox_write(q->p, &w);
}

void api_delivery_retry(const struct api_request *q, struct api_answer *a)
{
	uint64_t id;
	struct json_writer w = {.out = &a->body};
	if (!slice_to_u64(slice_cstr(q->param), &id) || id > UINT32_MAX || !outbox_retry(q->p, (uint32_t)id))
		api_problem(a, 404, "not-found", "There is no such message that nobody took", NULL);
	else
		outbox_write(q->p, &w);
}
