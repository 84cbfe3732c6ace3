/*
 * The heads of records between gateways and the monitor: requests for the operators' interface one way, answers and what the monitor
 * has decided about callers and functions the other. As in records.h the reader checks every length.
 */
#ifndef WARD_IPC_WATCH_RECORDS_H
#define WARD_IPC_WATCH_RECORDS_H

#include <stdint.h>

/* WATCH: then path, query, body, operator. The record id is the gateway's call; it comes back with every reply. */
struct watch_head {
	uint8_t post; /* else GET */
	uint8_t pad[3];
	uint32_t path_bytes, query_bytes, body_bytes, operator_bytes;
};
#define WATCH_PARTS 4u

enum watch_step {
	WATCH_WHOLE,  /* the answer */
	WATCH_BEGIN,  /* of a stream; no bytes */
	WATCH_PIECE,  /* of the stream that has begun */
	WATCH_STEPS,
};

enum watch_type { WATCH_JSON, WATCH_PROBLEM, WATCH_EVENTS, WATCH_METRICS, WATCH_TYPES };

/* WATCH_REPLY: then bytes. */
struct watch_reply_head {
	uint16_t status; /* HTTP */
	uint8_t step;	 /* enum watch_step */
	uint8_t type;	 /* enum watch_type */
	uint32_t bytes;
};

/* What a gateway does about calls. Those from THROTTLE on refuse calls. */
enum guard_action {
	GUARD_ANEW, /* forget all: what is in force follows */
	GUARD_END,  /* of the one with this id */
	GUARD_CHALLENGE,
	GUARD_THROTTLE,
	GUARD_QUARANTINE,
	GUARD_BAN,
	GUARD_ACTIONS,
};

/* GUARD: then the function's name; empty: all functions. */
struct guard_head {
	uint32_t id;
	uint8_t action; /* enum guard_action */
	uint8_t by_prefix;
	uint8_t prefix_bits;
	uint8_t by_country;
	uint32_t per_minute; /* THROTTLE: calls that still pass */
	uint32_t function_bytes;
	uint64_t caller, address; /* keyed hashes; 0: whoever */
	int64_t until_ms;	  /* Unix time */
	uint8_t prefix[16];	  /* IPv4 mapped; by_country: two letters */
};

/*
 * REPORT: then to, body; for those outside whom the contract names. Of an INCIDENT `to` is the webhook as manifest_webhook_name()
 * writes it, and REPORT_DONE with the same record id says what came of it; of a MAIL it is the subject; else empty.
 */
enum report_kind { REPORT_INCIDENT, REPORT_MAIL, REPORT_TRACES, REPORT_METRICS, REPORT_LOGS, REPORT_KINDS };

struct report_head {
	uint64_t message; /* INCIDENT: its number for the receiver */
	uint8_t kind;	  /* enum report_kind */
	uint8_t pad[3];
	uint32_t to_bytes, body_bytes;
	uint8_t pad_end[4];
};

/* REPORT_DONE: then why, for whoever looks. */
struct report_done_head {
	uint32_t status; /* HTTP; 0: no answer came */
	uint8_t gone;	 /* the contract names no such webhook */
	uint8_t pad[3];
	uint32_t why_bytes;
};

#endif
