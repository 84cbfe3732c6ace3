/* What the engine's own files share; nobody else includes it. */
#ifndef WARD_WASM_INTERNAL_H
#define WARD_WASM_INTERNAL_H

#include "wasm/engine.h"
#include "wasm/plan.h"
#include "wasm/restore.h"
#include "wasm/value_in.h"
#include "wasm/value_out.h"

/*
 * QuickJS and the prelude, initialised once per process. Handles are values in the snapshot's memory: every instance
 * has them at the same address, and because no handle is ever freed they outlive whatever a guest does.
 */
struct engine_base {
	struct snapshot snapshot;
	translated_module *module; /* of the thread that made it: its table is the template */
	js_context context;
	js_runtime runtime;
	guest_ptr eval_at;   /* where the context keeps its evaluator: zeroed, no text becomes code any more */
	guest_ptr random_at; /* where the context keeps the state of Math.random */
	js_value settle, next_timer, fire_timer, describe, stack_of, make_error, date_value, bigint_of;
	js_atom ward_main, ward_host, ward_error, status, data;
};

extern struct engine_base engine_base;

struct engine_program {
	struct plan plan;
	struct snapshot snapshot;
	js_value main; /* the bundle's handler */
	uint32_t pages_max;
	uint64_t cpu_ns_max;
	size_t log_bytes_max, result_bytes_max;
	uint32_t pending_max;
	bool holds_secrets;
	enum restore_how restore;
	char name[64];
};

struct log_line {
	enum engine_log_level level;
	size_t at, len;
};

struct pending_call {
	uint32_t id;
	struct slice verb; /* static */
	size_t name_at, name_len, argument_at, argument_len; /* in instance->calls_text */
};

#define LOG_LINES_MAX 256

struct engine_instance {
	struct engine_program *program; /* borrowed */
	struct cage cage;
	struct restore restore;
	enum engine_state state;
	bool started;

	uint64_t cpu_ns_max, used_ns;
	uint64_t started_ns; /* CLOCK_MONOTONIC */
	uint64_t deadline_ns;
	struct slice input, caller; /* borrowed until reset */
	uint8_t seed[ENGINE_SEED_BYTES];
	uint64_t random_blocks; /* of the seed's key stream that were handed out */
	js_value pending_result; /* what the handler returned */

	struct pending_call *calls; /* owned; pending_max of them */
	uint32_t call_count, call_next, in_flight, last_id;
	struct buf calls_text;
	bool writing_argument; /* into calls_text: a getter must not start another */

	struct buf result; /* or a declared error's data */
	struct buf text;   /* declared name, message, stack one after the other */
	size_t declared_len, message_len, stack_len;
	int status;
	bool has_declared, output_mismatch;
	enum engine_limit limit;
	enum guest_cut cut;

	struct buf log_text;
	struct log_line *log; /* owned */
	size_t log_count, log_next;
	size_t log_bytes; /* of the request so far */
};

/* The instance whose guest runs on this thread, or NULL while a base or a program is being made. */
static inline struct engine_instance *running_instance(void)
{
	return guest_self->owner;
}

/* imports.c: creates the host object that the prelude gets. On the guest stack. */
js_value imports_make_host_object(js_context c);

/* outcome.c, on the guest stack: take what the guest returned or threw into the instance. */
void outcome_of_value(struct engine_instance *instance, js_value v);
void outcome_of_exception(struct engine_instance *instance, js_value exception);
void outcome_message(struct engine_instance *instance, enum engine_limit limit, const char *message);

/* log.c */
void instance_log(struct engine_instance *instance, enum engine_log_level level, struct slice text);

/* Calls f(args...) in the guest; at most 4 arguments. */
js_value guest_invoke(js_value f, const js_value *args, uint32_t count);
/* Evaluates a script; file is what its stack traces say. */
js_value guest_evaluate(struct slice text, const char *file);
/* Leaves heap that a request may use without growing its memory. */
void guest_pregrow(void);
/* Text for an error that ends the making of a program: the pending exception's. */
void describe_pending(struct buf *text);

#endif
