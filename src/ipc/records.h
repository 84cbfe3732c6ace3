/*
 * The heads of records (messages.h), as they lie in a record's payload. Fixed layouts of one build on one machine;
 * the reader checks every length against the payload before it uses any part.
 */
#ifndef WARD_IPC_RECORDS_H
#define WARD_IPC_RECORDS_H

#include <stdint.h>

#include "base/result.h"
#include "base/slice.h"

/* CALL: then caller, ticket, input. The record id is the gateway's call id. */
struct call_head {
	uint64_t request;  /* shown to callers and in logs, in hexadecimal */
	uint64_t posted_ns; /* CLOCK_MONOTONIC */
	uint32_t wall_ms;  /* what is left of the time the function may take */
	uint32_t caller_bytes;
	uint32_t ticket_bytes;
	uint32_t input_bytes;
};

enum call_outcome {
	CALL_DONE,	 /* value: the encoded output */
	CALL_ERROR,	 /* name: of a declared error; value: its encoded data */
	CALL_EXCEPTION,	 /* the log has it */
	CALL_MISMATCH,	 /* the function returned what its type does not allow; the log has it */
	CALL_CPU,
	CALL_MEMORY,
	CALL_STACK,
	CALL_RESULT_SIZE,
	CALL_WALL,
	CALL_TRAPPED,
	CALL_UNAVAILABLE, /* no instance could be had */
	CALL_LATE,	  /* it waited too long in a queue that stood, and was not begun */
	CALL_OUTCOME_COUNT,
};

enum host_verb { HOST_QUERY, HOST_HTTP, HOST_BEGIN, HOST_COMMIT, HOST_ROLLBACK, HOST_SECRET, HOST_VERB_COUNT };

/* Host calls whose order a result tells; what came after is only counted. */
#define RESULT_CALLS_MAX 32u
/* Host calls whose times a result tells: the first so many. */
#define RESULT_TIMED_MAX 24u

/* RESULT: then name, value. */
struct result_head {
	uint8_t outcome; /* enum call_outcome */
	uint8_t sequence_count;
	uint8_t pad[2];
	uint32_t cpu_us;
	uint32_t memory_kib;
	uint32_t queue_us; /* from posted_ns to where the guest began */
	uint16_t host_calls[HOST_VERB_COUNT]; /* saturating */
	uint16_t sequence[RESULT_CALLS_MAX];  /* result_call(), in order */
	uint8_t began[RESULT_TIMED_MAX];      /* after the call came, and */
	uint8_t took[RESULT_TIMED_MAX];	      /* until its answer: sketch_bucket_of() microseconds; 0: none came */
	uint32_t name_bytes;
	uint32_t value_bytes;
};

/* A host call in a result: verb, and the number of its grant in the function's contract (of the query, host or secret). */
#define RESULT_GRANT_NONE 0xfffu
static inline uint16_t result_call(enum host_verb verb, uint32_t grant)
{
	return (uint16_t)((uint32_t)verb << 12 | (grant < RESULT_GRANT_NONE ? grant : RESULT_GRANT_NONE));
}

/* HOST_CALL: then ticket, name, argument. The record id is the worker's; it comes back with the reply. */
struct host_call_head {
	uint32_t request_slot; /* which of the worker's requests: its transaction */
	uint8_t verb;	       /* enum host_verb */
	uint8_t pad[3];
	uint32_t ticket_bytes;
	uint32_t name_bytes;
	uint32_t argument_bytes;
};

/* HOST_REPLY: then value (ok) or a message for the guest. code: enum err_code. */
struct host_reply_head {
	uint32_t code;
	uint32_t value_bytes;
};

/*
 * Who a request is for, said by the gateway to the broker through the worker, which cannot change it: the broker
 * checks the code (SipHash-2-4-128 under a key that only gateway and broker hold) over everything after it.
 */
struct ticket {
	uint8_t code[16];
	uint64_t request;
	int64_t expires_ms; /* Unix time */
	uint32_t function;  /* generation << 16 | index: a ticket is good for one function only */
	uint16_t user_bytes, role_bytes, tenant_bytes;
	uint16_t pad;
	uint8_t trace_id[16], span_id[8]; /* W3C Trace Context; zero: none */
	/* then user, role, tenant */
};
#define TICKET_TEXT_MAX 256u
#define TICKET_BYTES_MAX (sizeof(struct ticket) + 3 * TICKET_TEXT_MAX)
#define TICKET_KEY_BYTES 16u

struct ticket_claims {
	uint64_t request;
	int64_t expires_ms;
	uint32_t function;
	const uint8_t *trace_id, *span_id; /* 16 and 8 bytes; NULL when sealing: none */
	struct slice user, role, tenant;   /* ptr NULL: none */
};

/* Writes a ticket into bytes[TICKET_BYTES_MAX]; ERR_LIMIT when a text is longer than TICKET_TEXT_MAX. */
result ticket_seal(const struct ticket_claims *claims, const uint8_t key[TICKET_KEY_BYTES], char *bytes,
    struct error *err, size_t *ret_length);

/* Claims point into the ticket. ERR_DENIED when it is not ours, not for this function or too old. */
result ticket_open(struct slice ticket, const uint8_t key[TICKET_KEY_BYTES], uint32_t function, int64_t now_ms,
    struct error *err, struct ticket_claims *ret);

/* Splits a payload into a head of head_bytes and parts of the given lengths; ERR_INVALID unless they fill it exactly. */
result record_split(struct slice payload, void *head, size_t head_bytes, struct error *err);
result record_parts(struct slice payload, size_t head_bytes, const uint32_t *lengths, size_t count,
    struct slice *ret_parts, struct error *err);

/* FETCH: then host, path, header lines, body, name of the secret in the header lines. The record id is the broker's. */
struct fetch_head {
	uint16_t port;
	uint8_t tls;
	uint8_t private_ok;
	uint32_t method; /* enum http_method */
	uint32_t timeout_ms;
	uint32_t response_bytes_max;
	uint32_t host_bytes;
	uint32_t path_bytes;
	uint32_t headers_bytes; /* whole lines, each with CRLF, already checked */
	uint32_t body_bytes;
	uint32_t secret_at; /* where in the header lines its value stands; what comes back does not show it */
	uint32_t secret_bytes;
	uint32_t secret_name_bytes;
};

/* MAIL: then host, user, password, envelope sender, recipient, text. Answered by FETCH_REPLY. */
struct mail_head {
	uint16_t port;
	uint8_t tls; /* from the first byte; else by STARTTLS */
	uint8_t plain_ok; /* also without TLS: the server is this machine */
	uint8_t private_ok;
	uint8_t pad[3];
	uint32_t timeout_ms;
	uint32_t host_bytes, user_bytes, password_bytes, from_bytes, to_bytes, text_bytes;
};
#define MAIL_PARTS 6u

/* FETCH_REPLY: then header lines, body (ok) or words for the author's log, a message for the function. */
struct fetch_reply_head {
	uint32_t code; /* enum err_code */
	uint32_t status;
	uint32_t headers_bytes;
	uint32_t body_bytes;
};

enum auth_operation {
	AUTH_EXCHANGE, /* a request under /_ward/auth/, as it came */
	AUTH_LOOKUP,   /* who a token stands for */
	AUTH_OPERATION_COUNT,
};

/* AUTH: then path, body, token, flow, address, agent. */
struct auth_head {
	uint8_t operation; /* enum auth_operation */
	uint8_t post;	   /* EXCHANGE: else GET */
	uint8_t realm;	   /* enum user_realm: whose door it is */
	uint8_t demand_proof; /* EXCHANGE: where a proof of work may be asked for, it is */
	uint8_t operator_asks; /* EXCHANGE: the gateway has made sure that an operator does */
	uint8_t pad[3];
	uint32_t path_bytes;
	uint32_t body_bytes;
	uint32_t token_bytes;
	uint32_t flow_bytes;	/* the cookie of a sign-in under way elsewhere */
	uint32_t address_bytes; /* the caller's address in text */
	uint32_t agent_bytes;
};

/* AUTH_REPLY: then user, role, roles, scopes, tenant (who the caller is now; empty user: nobody), token, flow, JSON, name (of an operator, for what is shown of their acts). */
struct auth_reply_head {
	uint32_t status; /* HTTP; of a LOOKUP 200 or 401 */
	uint32_t retry_after_s;
	int64_t expires_ms; /* of what the gateway may keep about the session */
	int64_t authenticated_ms;
	uint8_t mfa;
	uint8_t clear_token;
	uint8_t clear_flow;
	uint8_t pad[5];
	uint32_t user_bytes, role_bytes, roles_bytes, scopes_bytes, tenant_bytes, token_bytes, flow_bytes, json_bytes, name_bytes;
};
#define AUTH_PARTS 6u
#define AUTH_REPLY_PARTS 9u

/* AUDIT: then who, from where, what. */
struct audit_head {
	uint32_t name_bytes;
	uint32_t address_bytes;
	uint32_t what_bytes;
};

#endif
