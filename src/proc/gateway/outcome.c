/* How a call ended, as an answer and in a record. What a worker says is believed about its own function alone. */
#include <stdio.h>

#include "proc/gateway/gateway.h"

static const struct app_error *find_error(const struct gw_function *f, struct slice name)
{
	for (size_t i = 0; i < f->contract->error_count; i++)
		if (slice_eq(f->contract->errors[i].name, name))
			return &f->contract->errors[i];
	return NULL;
}

/* A declared error: problem+json with the members `error` and `data`, which the generated client gives its type. */
static bool respond_error(struct conn *c, struct gw_function *f, struct slice name, struct slice value, uint64_t id)
{
	struct gateway *g = c->gateway;
	const struct app_error *declared = find_error(f, name);
	char label[128];
	if (!declared || name.len > 100)
		return false;
	int n = snprintf(label, sizeof label, "error:%.*s", SLICE_ARG(name));
	const struct type *type = type_set_find(f->types, slice_of(label, (size_t)n));
	struct problems problems = {0};
	buf_clear(&g->json);
	buf_printf(&g->json, "{\"type\":\"urn:ward:error:%.*s\",\"status\":%u,\"title\":\"", SLICE_ARG(name), declared->status);
	buf_add_json_escaped(&g->json, declared->title.len ? declared->title : name);
	buf_printf(&g->json, "\",\"id\":\"%016llx\",\"error\":\"%.*s\"", (unsigned long long)id, SLICE_ARG(name));
	if (type) {
		buf_add_cstr(&g->json, ",\"data\":");
		if (!is_ok(value_to_json(type, value, &g->json, &problems)))
			return false;
	}
	buf_add_char(&g->json, '}');
	const struct http_response r = {.status = (int)declared->status,
	    .content_type = SLICE("application/problem+json"),
	    .keep_alive = c->keep_alive};
	conn_respond(c, &r, buf_slice(&g->json));
	return true;
}

static const struct problem outcome_problems[CALL_OUTCOME_COUNT] = {
    [CALL_DONE] = {.status = 500, .type = "internal", .title = "The function failed"},
    [CALL_ERROR] = {.status = 500, .type = "internal", .title = "The function failed"},
    [CALL_EXCEPTION] = {.status = 500, .type = "internal", .title = "The function failed"},
    [CALL_MISMATCH] = {.status = 500, .type = "internal", .title = "The function failed"},
    [CALL_CPU] = {.status = 504, .type = "cpu-limit", .title = "The function used all the time it may compute"},
    [CALL_MEMORY] = {.status = 507, .type = "memory-limit", .title = "The function used all the memory it may have"},
    [CALL_STACK] = {.status = 500, .type = "stack-limit", .title = "The function nested its calls too deeply"},
    [CALL_RESULT_SIZE] = {.status = 500, .type = "result-limit", .title = "The function's answer is too large"},
    [CALL_WALL] = {.status = 504, .type = "time-limit", .title = "The function took too long"},
    [CALL_TRAPPED] = {.status = 500, .type = "internal", .title = "The function failed"},
    [CALL_UNAVAILABLE] = {.status = 503, .type = "unavailable", .title = "The function is not available", .retry_after_s = 1},
    [CALL_LATE] = {.status = 503, .type = "overloaded", .title = "Too much to do right now", .retry_after_s = 1},
};

void outcome_problem(struct conn *c, enum call_outcome outcome, uint64_t id)
{
	struct problem p = outcome_problems[outcome];
	p.id = id;
	problem_respond(c, &p);
}

enum invocation_outcome outcome_of(unsigned outcome)
{
	return outcome == CALL_LATE ? OUTCOME_SHED : (enum invocation_outcome)outcome;
}

enum invocation_outcome outcome_answer(
    struct conn *c, struct gw_function *f, const struct result_head *head, const struct slice parts[2], uint64_t id)
{
	const enum call_outcome outcome = head ? (enum call_outcome)head->outcome : CALL_TRAPPED;
	if (outcome == CALL_DONE)
		return answer_value(c, f, parts[1], id) ? OUTCOME_OK : OUTCOME_MISMATCH;
	if (outcome == CALL_ERROR && respond_error(c, f, parts[0], parts[1], id))
		return OUTCOME_DECLARED_ERROR;
	outcome_problem(c, outcome, id);
	return outcome == CALL_ERROR ? OUTCOME_MISMATCH : outcome_of(outcome);
}
