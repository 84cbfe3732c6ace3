/*
 * The record of one invocation: what the gateway knows of a request when it has answered it, in 256 bytes of
 * one fixed layout, so that a record is written and read by plain copies and a month of them can be reasoned
 * about.
 *
 * It holds no text and nothing of the request's content: names are indices into the function's contract,
 * callers and addresses are keyed hashes (only equality is of use), so that the monitor never holds what it
 * need not know.
 *
 * A record that comes out of shared memory is foreign until invocation_check() has said yes.
 */
#ifndef WARD_OBSERVE_INVOCATION_H
#define WARD_OBSERVE_INVOCATION_H

#include "base/result.h"
#include "base/slice.h"

enum invocation_trigger {
	TRIGGER_HTTP,
	TRIGGER_SCHEDULE,
	TRIGGER_EVENT,
	TRIGGER_FUNCTION,
	TRIGGER_CLI,
	TRIGGER_COUNT
};

enum caller_class { CALLER_ANONYMOUS, CALLER_USER, CALLER_OPERATOR, CALLER_SYSTEM, CALLER_CLASS_COUNT };

/* How it ended. The first ones are what a worker reports (ipc/records.h, same order); the rest the gateway
 * decides. */
enum invocation_outcome {
	OUTCOME_OK,
	OUTCOME_DECLARED_ERROR,
	OUTCOME_EXCEPTION,
	OUTCOME_MISMATCH, /* the response did not fit its type */
	OUTCOME_CPU,
	OUTCOME_MEMORY,
	OUTCOME_STACK,
	OUTCOME_RESULT_SIZE,
	OUTCOME_WALL,
	OUTCOME_TRAPPED,
	OUTCOME_UNAVAILABLE,
	OUTCOME_INPUT_REFUSED, /* a value of a typed field was refused */
	OUTCOME_UNAUTHENTICATED,
	OUTCOME_FORBIDDEN,
	OUTCOME_LIMITED, /* a rate limit or a budget */
	OUTCOME_SHED,	 /* overload: refused before it cost anything */
	OUTCOME_QUARANTINED,
	OUTCOME_COUNT,
};

/* What a guest may ask of the host, as the monitor counts it. */
enum host_kind {
	KIND_QUERY,
	KIND_HTTP,
	KIND_PUBLISH,
	KIND_STORAGE,
	KIND_SECRET,
	KIND_TRANSACTION,
	HOST_KIND_COUNT
};

enum payload_class {
	PAYLOAD_NONE,
	PAYLOAD_SQLI,
	PAYLOAD_XSS,
	PAYLOAD_TRAVERSAL,
	PAYLOAD_COMMAND,
	PAYLOAD_CLASS_COUNT,
};

#define INVOCATION_CALLS_MAX 32u
#define INVOCATION_TIMED_MAX 24u /* of them, the first, have their times */

enum { INVOCATION_SAMPLED = 1 }; /* flags: the trace is kept */

struct invocation {
	uint64_t time_us; /* Unix time of the answer */
	uint64_t request;
	uint8_t trace_id[16]; /* W3C Trace Context; zero: none */
	uint8_t span_id[8];
	uint8_t parent_id[8];
	uint64_t caller;   /* keyed hash of the account, 0 for none */
	uint64_t address;  /* keyed hash of the address block (IPv4 /24, IPv6 /56), 0 for none */
	uint64_t stack;	   /* hash of the error's stack, which groups errors; 0 for none */
	uint32_t function; /* generation << 16 | index in the contract */
	uint32_t version;  /* first bytes of the bundle's hash */
	uint32_t wall_us;
	uint32_t queue_us; /* of wall_us, before the guest ran */
	uint32_t cpu_us;
	uint32_t memory_kib;
	uint32_t bytes_in;
	uint32_t bytes_out;
	uint16_t calls[HOST_KIND_COUNT]; /* saturating */
	uint16_t denials;
	uint16_t denied_call;	/* call_of() the first denied call; its index is 0xfff when the contract does
				   not name it */
	uint16_t status;	/* HTTP, 0 for other triggers */
	uint16_t refused_field; /* 1 + name index in the type set, 0 for none */
	uint16_t payload_field; /* the same, of the field that the payload sensor pointed at */
	uint8_t trigger;	/* enum invocation_trigger */
	uint8_t caller_class;	/* enum caller_class */
	uint8_t outcome;	/* enum invocation_outcome */
	uint8_t payload;	/* enum payload_class */
	uint8_t flags;
	uint8_t sequence_count;
	uint16_t sequence[INVOCATION_CALLS_MAX]; /* call_of(), in order; what came after is only in calls[] */
	uint8_t call_began[INVOCATION_TIMED_MAX]; /* sketch_bucket_of() microseconds after the function began */
	uint8_t call_took[INVOCATION_TIMED_MAX];  /* the same; 0: it was not answered */
	uint8_t reserved[12];			  /* zero */
};
_Static_assert(sizeof(struct invocation) == 256, "a record is four cache lines");

#define CALL_INDEX_UNKNOWN 0xfffu

/* One host call in a sequence: its kind and the index of the query, host or topic in the contract. */
static inline uint16_t call_of(enum host_kind kind, uint32_t index)
{
	return (uint16_t)((uint32_t)kind << 12 | (index & 0xfff));
}
static inline enum host_kind call_kind(uint16_t call)
{
	return (enum host_kind)(call >> 12);
}
static inline uint32_t call_index(uint16_t call)
{
	return call & 0xfff;
}

/* Counts a host call and appends it while there is room. */
void invocation_add_call(struct invocation *v, enum host_kind kind, uint32_t index);

/* ERR_INVALID unless every field is in its range: then the record may index tables. */
result invocation_check(const struct invocation *v, struct error *err);

/* The caller got what the function had to say: done, or an error that the contract declares. */
bool outcome_is_answer(enum invocation_outcome outcome);
/* The function is at fault (exception, mismatch, limit, trap): what error rates count. */
bool outcome_is_failure(enum invocation_outcome outcome);

const char *outcome_name(enum invocation_outcome outcome);
const char *trigger_name(enum invocation_trigger trigger);
const char *caller_class_name(enum caller_class class);
const char *host_kind_name(enum host_kind kind);
const char *payload_class_name(enum payload_class class);

#endif
