/* The record of one invocation: names, ranges, and the check that makes a foreign record safe to index with.
 */
#include "observe/invocation.h"

#include "base/check.h"
#include "ipc/records.h"
#include "observe/sketch.h"

_Static_assert(
    (int)OUTCOME_UNAVAILABLE == (int)CALL_UNAVAILABLE, "outcomes begin with what a worker reports");
_Static_assert((int)OUTCOME_MISMATCH == (int)CALL_MISMATCH, "outcomes begin with what a worker reports");
_Static_assert((int)OUTCOME_TRAPPED == (int)CALL_TRAPPED, "outcomes begin with what a worker reports");

enum outcome_group { GROUP_ANSWER, GROUP_FAILURE, GROUP_REFUSAL };

static const struct {
	const char *name;
	enum outcome_group group;
} outcomes[] = {
    [OUTCOME_OK] = {"ok", GROUP_ANSWER},
    [OUTCOME_DECLARED_ERROR] = {"declared_error", GROUP_ANSWER},
    [OUTCOME_EXCEPTION] = {"exception", GROUP_FAILURE},
    [OUTCOME_MISMATCH] = {"mismatch", GROUP_FAILURE},
    [OUTCOME_CPU] = {"cpu", GROUP_FAILURE},
    [OUTCOME_MEMORY] = {"memory", GROUP_FAILURE},
    [OUTCOME_STACK] = {"stack", GROUP_FAILURE},
    [OUTCOME_RESULT_SIZE] = {"result_size", GROUP_FAILURE},
    [OUTCOME_WALL] = {"wall", GROUP_FAILURE},
    [OUTCOME_TRAPPED] = {"trapped", GROUP_FAILURE},
    [OUTCOME_UNAVAILABLE] = {"unavailable", GROUP_FAILURE},
    [OUTCOME_INPUT_REFUSED] = {"input_refused", GROUP_REFUSAL},
    [OUTCOME_UNAUTHENTICATED] = {"unauthenticated", GROUP_REFUSAL},
    [OUTCOME_FORBIDDEN] = {"forbidden", GROUP_REFUSAL},
    [OUTCOME_LIMITED] = {"limited", GROUP_REFUSAL},
    [OUTCOME_SHED] = {"shed", GROUP_REFUSAL},
    [OUTCOME_QUARANTINED] = {"quarantined", GROUP_REFUSAL},
};
_Static_assert(ARRAY_LEN(outcomes) == OUTCOME_COUNT, "every outcome has a row");

static const char *const trigger_names[TRIGGER_COUNT] = {"http", "schedule", "event", "function", "cli"};
static const char *const caller_names[CALLER_CLASS_COUNT] = {"anonymous", "user", "operator", "system"};
static const char *const kind_names[HOST_KIND_COUNT] = {
    "query", "http", "publish", "storage", "secret", "transaction"};
static const char *const payload_names[PAYLOAD_CLASS_COUNT] = {"none", "sqli", "xss", "traversal", "command"};

void invocation_add_call(struct invocation *v, enum host_kind kind, uint32_t index)
{
	if (v->calls[kind] < UINT16_MAX)
		v->calls[kind]++;
	if (v->sequence_count < INVOCATION_CALLS_MAX)
		v->sequence[v->sequence_count++] = call_of(kind, index);
}

result invocation_check(const struct invocation *v, struct error *err)
{
	if (v->trigger >= TRIGGER_COUNT || v->caller_class >= CALLER_CLASS_COUNT ||
	    v->outcome >= OUTCOME_COUNT || v->payload >= PAYLOAD_CLASS_COUNT ||
	    v->flags & ~INVOCATION_SAMPLED)
		return error_set(
		    err, ERR_INVALID, "a record names a trigger, caller, outcome or payload that is none");
	if (v->sequence_count > INVOCATION_CALLS_MAX)
		return error_set(err, ERR_INVALID, "a record lists %u host calls", v->sequence_count);
	for (uint32_t i = 0; i < v->sequence_count; i++) {
		if (call_kind(v->sequence[i]) >= HOST_KIND_COUNT)
			return error_set(err, ERR_INVALID, "a record lists a host call of no kind");
	}
	for (uint32_t i = 0; i < INVOCATION_TIMED_MAX; i++)
		if (v->call_began[i] >= SKETCH_BUCKETS || v->call_took[i] >= SKETCH_BUCKETS)
			return error_set(err, ERR_INVALID, "a record lists a host call at no time");
	if (v->queue_us > v->wall_us)
		return error_set(err, ERR_INVALID, "a record waited longer than it took");
	return RESULT_OK;
}

bool outcome_is_answer(enum invocation_outcome outcome)
{
	return outcomes[outcome].group == GROUP_ANSWER;
}

bool outcome_is_failure(enum invocation_outcome outcome)
{
	return outcomes[outcome].group == GROUP_FAILURE;
}

const char *outcome_name(enum invocation_outcome outcome)
{
	return outcomes[outcome].name;
}

const char *trigger_name(enum invocation_trigger trigger)
{
	return trigger_names[trigger];
}

const char *caller_class_name(enum caller_class class)
{
	return caller_names[class];
}

const char *host_kind_name(enum host_kind kind)
{
	return kind_names[kind];
}

const char *payload_class_name(enum payload_class class)
{
	return payload_names[class];
}
