/*
 * One instance: start, resume, tick, reset. Called by the worker's loop, for one request after another.
 *
 * Functions named *_on_guest_stack run inside guest_run() and may be abandoned at any call into the guest.
 */
#include <stdlib.h>

#include "base/check.h"
#include "wasm/guest_text.h"
#include "wasm/internal.h"

#define TEXT_BYTES_MAX (64u << 10)

static result instance_init(struct engine_instance *instance, struct engine_program *program, struct error *err)
{
	instance->program = program;
	TRY(cage_init(&instance->cage, program->pages_max, err));
	TRY(cage_map(&instance->cage, program->snapshot.fd, program->snapshot.pages, CAGE_PRIVATE, err));
	TRY(restore_init(&instance->restore, program->restore, guest_self->pagemap_fd, &program->snapshot, err));
	instance->calls = calloc(program->pending_max, sizeof *instance->calls);
	instance->log = calloc(LOG_LINES_MAX, sizeof *instance->log);
	if (!instance->calls || !instance->log)
		return error_set(err, ERR_MEMORY, "no memory for an instance");
	buf_init(&instance->calls_text, program->result_bytes_max);
	buf_init(&instance->result, program->result_bytes_max);
	buf_init(&instance->text, TEXT_BYTES_MAX);
	buf_init(&instance->log_text, program->log_bytes_max + 4096);
	instance->calls_text.secret = instance->result.secret = instance->text.secret = instance->log_text.secret =
	    program->holds_secrets;
	return RESULT_OK;
}

result engine_instance_new(struct engine_program *program, struct error *err, struct engine_instance **ret_instance)
{
	ASSERT(guest_self);
	struct engine_instance *instance = calloc(1, sizeof *instance);
	if (!instance)
		return error_set(err, ERR_MEMORY, "no memory for an instance");
	result r = instance_init(instance, program, err);
	if (!is_ok(r)) {
		engine_instance_free(instance);
		return r;
	}
	*ret_instance = instance;
	return RESULT_OK;
}

void engine_instance_free(struct engine_instance *instance)
{
	if (!instance)
		return;
	cage_done(&instance->cage);
	restore_done(&instance->restore);
	buf_done(&instance->calls_text);
	buf_done(&instance->result);
	buf_done(&instance->text);
	buf_done(&instance->log_text);
	free(instance->calls);
	free(instance->log);
	free(instance);
}

static void run_jobs(void)
{
	/* A job that fails to run at all (out of memory) leaves an exception nobody waits for. */
	while (guest_qjs_is_job_pending())
		if (guest_qjs_execute_pending_job() < 0)
			guest_JS_FreeValue(engine_base.context, guest_JS_GetException(engine_base.context));
}

static void read_deadline(struct engine_instance *instance)
{
	instance->deadline_ns = UINT64_MAX;
	js_value due = guest_invoke(engine_base.next_timer, NULL, 0);
	double ms = js_tag_of(due) == JS_TAG_INT ? (double)(int32_t)due : js_tag_of(due) == JS_TAG_DOUBLE ? js_to_double(due) : -1;
	if (ms >= 0 && ms < 1e12)
		instance->deadline_ns = instance->started_ns + (uint64_t)(ms * 1e6);
}

static void wait_or_give_up(struct engine_instance *instance)
{
	read_deadline(instance);
	instance->state = ENGINE_WAITING;
	if (instance->in_flight == 0 && instance->deadline_ns == UINT64_MAX)
		outcome_message(instance, ENGINE_LIMIT_NONE,
		    "the function waits for a promise that nothing can settle: no host call and no timer is pending");
}

/* Runs what is runnable and says where the request stands. */
static void look_at_result(struct engine_instance *instance)
{
	js_context c = engine_base.context;
	js_value v = instance->pending_result;
	if (js_tag_of(v) != JS_TAG_OBJECT || !guest_JS_IsPromise(v)) {
		outcome_of_value(instance, v);
		return;
	}
	if (guest_JS_PromiseState(c, v) == JS_PROMISE_PENDING)
		run_jobs();
	switch (guest_JS_PromiseState(c, v)) {
	case JS_PROMISE_FULFILLED:
		outcome_of_value(instance, guest_JS_PromiseResult(c, v));
		break;
	case JS_PROMISE_REJECTED:
		outcome_of_exception(instance, guest_JS_PromiseResult(c, v));
		break;
	default:
		wait_or_give_up(instance);
	}
}

/* JS_EXCEPTION: the instance's outcome is set. */
static js_value read_encoding(struct engine_instance *instance, struct slice encoding)
{
	if (encoding.len == 0)
		return JS_UNDEFINED;
	struct value_in in = {.plan = &instance->program->plan,
	    .context = engine_base.context,
	    .bigint_of = engine_base.bigint_of,
	    .at = (const uint8_t *)encoding.ptr,
	    .end = (const uint8_t *)encoding.ptr + encoding.len};
	js_value v = value_in_read(&in);
	if (in.malformed)
		outcome_message(instance, ENGINE_LIMIT_NONE, "the host sent a value that is not well formed");
	else if (js_is_exception(v))
		outcome_of_exception(instance, guest_JS_GetException(engine_base.context));
	return v;
}

static void start_on_guest_stack(void *argument)
{
	struct engine_instance *instance = argument;
	js_value input = read_encoding(instance, instance->input);
	if (js_is_exception(input))
		return;
	instance->pending_result = guest_invoke(instance->program->main, &input, 1);
	if (js_is_exception(instance->pending_result))
		outcome_of_exception(instance, guest_JS_GetException(engine_base.context));
	else
		look_at_result(instance);
}

static enum engine_limit limit_of_cut(enum guest_cut cut)
{
	switch (cut) {
	case GUEST_CUT_CPU:
		return ENGINE_LIMIT_CPU;
	case GUEST_CUT_STACK:
		return ENGINE_LIMIT_STACK;
	case GUEST_CUT_MEMORY:
		return ENGINE_LIMIT_MEMORY;
	default:
		return ENGINE_LIMIT_NONE;
	}
}

/* A guest that was refused memory and then fell over, did so for want of memory. */
static void take_cut(struct engine_instance *instance, enum guest_cut cut)
{
	instance->state = ENGINE_TRAPPED;
	instance->cut = cut;
	instance->limit = limit_of_cut(cut);
	if (instance->limit == ENGINE_LIMIT_NONE && instance->cage.refused)
		instance->limit = ENGINE_LIMIT_MEMORY;
}

/* One uninterrupted stretch of guest execution. */
static enum engine_state run_slice(struct engine_instance *instance, void (*function)(void *), void *argument)
{
	struct guest_thread *thread = guest_self;
	ASSERT(thread->busy);
	instance->call_count = instance->call_next = 0;
	instance->writing_argument = false;
	buf_clear(&instance->calls_text);
	thread->owner = instance;
	thread_enter_cage(&instance->cage, instance->program->snapshot.stack_pointer);
	enum guest_cut cut = guest_run(function, argument, instance->cpu_ns_max, &instance->used_ns);
	thread_leave_cage();
	thread->owner = NULL;
	if (cut != GUEST_CUT_NONE)
		take_cut(instance, cut);
	if (instance->state == ENGINE_DONE && instance->in_flight > 0)
		instance_log(instance, ENGINE_LOG_WARN, SLICE("the function returned without awaiting all its host calls"));
	return instance->state;
}

enum engine_state engine_instance_start(struct engine_instance *instance, const struct engine_request *request)
{
	ASSERT(!instance->started && request->seed);
	instance->started = true;
	instance->input = request->input;
	instance->caller = request->caller;
	instance->cpu_ns_max = request->cpu_ns_max ? request->cpu_ns_max : instance->program->cpu_ns_max;
	instance->started_ns = clock_now_ns(CLOCK_MONOTONIC);
	instance->deadline_ns = UINT64_MAX;
	memcpy(instance->seed, request->seed, sizeof instance->seed);
	uint64_t state;
	memcpy(&state, instance->seed, sizeof state);
	state |= 1; /* xorshift never leaves zero */
	memcpy(instance->cage.base + engine_base.random_at, &state, sizeof state);
	return run_slice(instance, start_on_guest_stack, instance);
}

struct answering {
	struct engine_instance *instance;
	uint32_t id;
	const struct engine_answer *answer;
};

static void resume_on_guest_stack(void *argument)
{
	struct answering *answering = argument;
	struct engine_instance *instance = answering->instance;
	const struct engine_answer *answer = answering->answer;
	js_context c = engine_base.context;
	js_value args[3] = {js_of_int(answering->id), js_of_bool(answer->code == NULL), JS_UNDEFINED};
	if (answer->code) {
		js_value texts[2] = {guest_string(c, slice_cstr(answer->code)), guest_string(c, answer->value)};
		args[2] = guest_invoke(engine_base.make_error, texts, 2);
	} else {
		args[2] = read_encoding(instance, answer->value);
		if (js_is_exception(args[2]))
			return;
	}
	js_value settled = guest_invoke(engine_base.settle, args, 3);
	if (js_is_exception(settled)) {
		outcome_of_exception(instance, guest_JS_GetException(c));
		return;
	}
	if (js_tag_of(settled) == JS_TAG_BOOL && (uint32_t)settled)
		instance->in_flight--;
	run_jobs();
	look_at_result(instance);
}

enum engine_state engine_instance_resume(struct engine_instance *instance, uint32_t id, const struct engine_answer *answer)
{
	if (instance->state != ENGINE_WAITING || !instance->started || id == 0 || id > instance->last_id)
		return instance->state;
	struct answering answering = {.instance = instance, .id = id, .answer = answer};
	return run_slice(instance, resume_on_guest_stack, &answering);
}

struct ticking {
	struct engine_instance *instance;
	double now_ms;
};

static void tick_on_guest_stack(void *argument)
{
	struct ticking *ticking = argument;
	js_value now = js_of_double(ticking->now_ms);
	for (;;) {
		js_value fired = guest_invoke(engine_base.fire_timer, &now, 1);
		if (js_is_exception(fired)) {
			/* Nobody can catch what a timer's callback throws: it ends the request. */
			outcome_of_exception(ticking->instance, guest_JS_GetException(engine_base.context));
			return;
		}
		run_jobs();
		if (fired != JS_TRUE)
			break;
	}
	look_at_result(ticking->instance);
}

enum engine_state engine_instance_tick(struct engine_instance *instance, uint64_t now_ns)
{
	if (instance->state != ENGINE_WAITING || !instance->started || now_ns < instance->deadline_ns)
		return instance->state;
	struct ticking ticking = {.instance = instance, .now_ms = (double)(now_ns - instance->started_ns) / 1e6};
	return run_slice(instance, tick_on_guest_stack, &ticking);
}

enum engine_state engine_instance_state(const struct engine_instance *instance)
{
	return instance->state;
}

bool engine_instance_next_call(struct engine_instance *instance, struct engine_call *ret_call)
{
	if (instance->call_next == instance->call_count)
		return false;
	const struct pending_call *call = &instance->calls[instance->call_next++];
	const char *text = instance->calls_text.ptr;
	*ret_call = (struct engine_call){.id = call->id,
	    .verb = call->verb,
	    .name = slice_of(text + call->name_at, call->name_len),
	    .argument = slice_of(text + call->argument_at, call->argument_len)};
	return true;
}

uint64_t engine_instance_deadline(const struct engine_instance *instance)
{
	return instance->deadline_ns;
}

struct slice engine_instance_result(const struct engine_instance *instance)
{
	ASSERT(instance->state == ENGINE_DONE);
	return buf_slice(&instance->result);
}

void engine_instance_thrown(const struct engine_instance *instance, struct engine_thrown *ret_thrown)
{
	ASSERT(instance->state == ENGINE_THREW);
	const char *text = instance->text.ptr;
	size_t declared = instance->has_declared ? instance->declared_len : 0;
	*ret_thrown = (struct engine_thrown){.declared = slice_of(text, declared),
	    .status = instance->has_declared ? instance->status : 0,
	    .data = instance->has_declared ? buf_slice(&instance->result) : SLICE_NONE,
	    .message = slice_of(text + declared, instance->message_len),
	    .stack = slice_of(text + declared + instance->message_len, instance->stack_len),
	    .output_mismatch = instance->output_mismatch,
	    .limit = instance->limit};
}

void engine_instance_trap(const struct engine_instance *instance, struct engine_trap *ret_trap)
{
	static const char *const names[] = {
	    [GUEST_CUT_NONE] = "none",
	    [GUEST_CUT_CPU] = "cpu",
	    [GUEST_CUT_STACK] = "stack",
	    [GUEST_CUT_MEMORY] = "memory",
	    [GUEST_CUT_OOB] = "out of bounds",
	    [GUEST_CUT_ARITHMETIC] = "arithmetic",
	    [GUEST_CUT_UNREACHABLE] = "unreachable",
	    [GUEST_CUT_CALL_INDIRECT] = "indirect call",
	};
	ASSERT(instance->state == ENGINE_TRAPPED);
	*ret_trap = (struct engine_trap){.limit = instance->limit, .what = names[instance->cut]};
}

void engine_instance_usage(const struct engine_instance *instance, struct engine_usage *ret_usage)
{
	*ret_usage = (struct engine_usage){
	    .cpu_ns = instance->used_ns, .memory_bytes = (size_t)instance->cage.pages * WASM_PAGE_BYTES};
}

void engine_instance_reset(struct engine_instance *instance)
{
	restore_run(&instance->restore, &instance->cage, &instance->program->snapshot);
	instance->state = ENGINE_WAITING;
	instance->started = false;
	instance->used_ns = instance->random_blocks = 0;
	instance->input = instance->caller = SLICE_NONE;
	instance->pending_result = JS_UNDEFINED;
	instance->call_count = instance->call_next = instance->in_flight = instance->last_id = 0;
	void (*const empty)(struct buf *) = instance->program->holds_secrets ? buf_wipe : buf_clear;
	empty(&instance->calls_text);
	empty(&instance->result);
	empty(&instance->text);
	empty(&instance->log_text);
	instance->declared_len = instance->message_len = instance->stack_len = 0;
	instance->has_declared = instance->output_mismatch = false;
	instance->status = 0;
	instance->limit = ENGINE_LIMIT_NONE;
	instance->cut = GUEST_CUT_NONE;
	instance->log_count = instance->log_next = instance->log_bytes = 0;
	explicit_bzero(instance->seed, sizeof instance->seed);
	if (instance->program->holds_secrets)
		thread_wipe_stacks();
}

size_t engine_instance_stale_bytes(const struct engine_instance *instance)
{
	const struct snapshot *snapshot = &instance->program->snapshot;
	size_t stale = 0;
	for (size_t i = 0; i < snapshot_bytes(snapshot); i++)
		stale += instance->cage.base[i] != snapshot->pristine[i];
	return stale + (size_t)(instance->cage.pages_open - snapshot->pages) * WASM_PAGE_BYTES;
}

const char *engine_state_name(enum engine_state state)
{
	static const char *const names[] = {[ENGINE_WAITING] = "waiting", [ENGINE_DONE] = "done", [ENGINE_THREW] = "threw",
	    [ENGINE_TRAPPED] = "trapped"};
	return state < ARRAY_LEN(names) ? names[state] : "?";
}

const char *engine_limit_name(enum engine_limit limit)
{
	static const char *const names[] = {[ENGINE_LIMIT_NONE] = "none", [ENGINE_LIMIT_CPU] = "cpu",
	    [ENGINE_LIMIT_MEMORY] = "memory", [ENGINE_LIMIT_STACK] = "stack", [ENGINE_LIMIT_RESULT] = "result"};
	return limit < ARRAY_LEN(names) ? names[limit] : "?";
}
