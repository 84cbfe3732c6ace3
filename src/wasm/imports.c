/*
 * What the guest can ask of the host: the imports of the QuickJS module. Called in guest mode by code that may be
 * hostile in every argument; each import enters host mode, and every address is checked before it is used.
 *
 * The JavaScript side reaches the host only through host_call, by functions that the prelude keeps to itself.
 */
#include <sodium.h>
#include <stdio.h>

#include "base/check.h"
#include "wasm/guest_text.h"
#include "wasm/internal.h"

#define CLOCK_GRAIN_NS 100000u /* what a guest can tell apart: 100 µs */
#define WASI_OK 0
#define WASI_BADF 8
#define WASI_FAULT 21
#define WASI_IO 29

/* To an address that the guest chose: false when it is not all inside. */
static bool store(guest_ptr at, const void *bytes, size_t n)
{
	void *to = guest_at(at, n);
	if (!to)
		return false;
	memcpy(to, bytes, n);
	return true;
}

/*
 * The request's random bytes: a ChaCha20 key stream under the upper 24 bytes of the seed. The lower 8 seed Math.random,
 * whose state a guest can compute from its outputs; so the two share nothing.
 */
static bool random_fill(struct engine_instance *instance, void *to, size_t n)
{
	if (!instance)
		return false;
	uint8_t key[crypto_stream_chacha20_KEYBYTES] = {0};
	static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
	memcpy(key, instance->seed + 8, ENGINE_SEED_BYTES - 8);
	memset(to, 0, n);
	crypto_stream_chacha20_xor_ic(to, to, n, nonce, instance->random_blocks, key);
	instance->random_blocks += n / 64 + 1;
	return true;
}

static uint64_t coarse_ns(clockid_t clock)
{
	uint64_t now_ns = clock_now_ns(clock);
	return now_ns - now_ns % CLOCK_GRAIN_NS;
}

static js_value throw_error(const char *code, const char *message)
{
	js_context c = engine_base.context;
	js_value args[2] = {guest_string(c, slice_cstr(code)), guest_string(c, slice_cstr(message))};
	js_value error = guest_invoke(engine_base.make_error, args, 2);
	return js_is_exception(error) ? error : guest_JS_Throw(c, error);
}

struct host_args {
	uint32_t count;
	js_value v[4];
};

static js_value host_now(struct engine_instance *instance, const struct host_args *args)
{
	(void)args;
	uint64_t since_ns = instance ? clock_now_ns(CLOCK_MONOTONIC) - instance->started_ns : 0;
	since_ns -= since_ns % CLOCK_GRAIN_NS;
	return js_of_double((double)since_ns / 1e6);
}

static js_value host_random(struct engine_instance *instance, const struct host_args *args)
{
	uint32_t mark = guest_mark(), n = 0;
	guest_ptr ret_n = guest_push(4);
	guest_ptr at = ret_n && args->count > 0 ? guest_JS_GetUint8Array(engine_base.context, ret_n, args->v[0]) : 0;
	if (at)
		guest_load(&n, ret_n, sizeof n);
	guest_pop(mark);
	void *to = at ? guest_at(at, n) : NULL;
	if (!to && n > 0)
		return throw_error("internal", "random needs a Uint8Array");
	if (!instance)
		return throw_error("unavailable",
		    "random values are not available while the function is loaded: every request would see the same");
	if (n > 0)
		random_fill(instance, to, n);
	return JS_UNDEFINED;
}

static js_value host_log(struct engine_instance *instance, const struct host_args *args)
{
	if (!instance || args->count < 2 || js_tag_of(args->v[0]) != JS_TAG_INT)
		return JS_UNDEFINED;
	uint32_t level = (uint32_t)args->v[0];
	size_t at = instance->log_text.len;
	bool ascii;
	if (instance->log_bytes > instance->program->log_bytes_max || level > ENGINE_LOG_ERROR)
		return JS_UNDEFINED;
	if (!guest_text_append(engine_base.context, args->v[1], &instance->log_text, &ascii))
		return JS_EXCEPTION;
	struct slice text = slice_of(instance->log_text.ptr + at, instance->log_text.len - at);
	instance->log_text.len = at;
	instance_log(instance, (enum engine_log_level)level, text);
	return JS_UNDEFINED;
}

static js_value host_caller(struct engine_instance *instance, const struct host_args *args)
{
	(void)args;
	if (!instance || instance->caller.len == 0)
		return JS_UNDEFINED;
	struct value_in in = {.plan = &instance->program->plan,
	    .context = engine_base.context,
	    .bigint_of = engine_base.bigint_of,
	    .at = (const uint8_t *)instance->caller.ptr,
	    .end = (const uint8_t *)instance->caller.ptr + instance->caller.len};
	js_value v = value_in_read(&in);
	return in.malformed ? throw_error("internal", "the caller cannot be read") : v;
}

static bool find_verb(struct slice text, struct slice *ret_verb)
{
	static const struct slice verbs[] = {{"query", 5}, {"http", 4}, {"publish", 7}, {"storage", 7}, {"secret", 6},
	    {"begin", 5}, {"commit", 6}, {"rollback", 8}};
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (slice_eq(verbs[i], text)) {
			*ret_verb = verbs[i];
			return true;
		}
	}
	return false;
}

/* Appends a string argument to text; false: not a string, or an exception is pending. */
static bool take_string(js_value v, struct buf *text, size_t *ret_len)
{
	bool ascii;
	size_t at = text->len;
	if (js_tag_of(v) != JS_TAG_STRING || !guest_text_append(engine_base.context, v, text, &ascii))
		return false;
	*ret_len = text->len - at;
	return buf_ok(text);
}

static js_value argument_failed(const struct value_out *w, struct slice name)
{
	if (w->failure == VALUE_OUT_THREW)
		return JS_EXCEPTION;
	if (w->failure == VALUE_OUT_TOO_LARGE)
		return throw_error("limit", "the argument of a host call is too large");
	char room[512];
	struct buf text = {.ptr = room, .size = sizeof room, .cap = sizeof room - 1};
	char root[96];
	snprintf(root, sizeof root, "argument of %.*s", SLICE_ARG(name));
	value_out_explain(w, root, &text);
	room[text.len] = 0;
	return throw_error("invalid", room);
}

static plan_index argument_type(const struct plan *plan, struct slice verb, struct slice name)
{
	plan_index found = PLAN_NONE;
	if (slice_eq(verb, SLICE("query")))
		found = plan_find(plan, SLICE("query:"), name, SLICE(":params"));
	return found == PLAN_NONE ? PLAN_ANY : found;
}

/* call(verb, name, argument): notes the call for the worker and returns its id, by which the prelude finds the promise. */
static js_value host_call(struct engine_instance *instance, const struct host_args *args)
{
	if (!instance)
		return throw_error("unavailable", "the host cannot be called while the function is loaded");
	if (instance->writing_argument)
		return throw_error("invalid", "a getter of a host call's argument cannot call the host");
	if (instance->in_flight >= instance->program->pending_max || instance->call_count >= instance->program->pending_max)
		return throw_error("limit", "too many host calls at once");
	struct buf *text = &instance->calls_text;
	struct pending_call call = {.id = instance->last_id + 1};
	size_t start = text->len, verb_len = 0;
	if (args->count < 3 || !take_string(args->v[0], text, &verb_len) ||
	    !find_verb(slice_of(text->ptr + start, verb_len), &call.verb)) {
		text->len = start;
		return throw_error("invalid", "no such verb");
	}
	call.name_at = text->len;
	if (!take_string(args->v[1], text, &call.name_len)) {
		text->len = start;
		return throw_error("invalid", "the name of a host call is a string");
	}
	struct value_out w = {.plan = &instance->program->plan, .context = engine_base.context,
	    .date_value = engine_base.date_value, .out = text};
	struct slice name = slice_of(text->ptr + call.name_at, call.name_len);
	call.argument_at = text->len;
	instance->writing_argument = true;
	bool written = js_tag_of(args->v[2]) == JS_TAG_UNDEFINED ||
		       value_out_write(&w, argument_type(&instance->program->plan, call.verb, name), args->v[2]);
	instance->writing_argument = false;
	if (!written) {
		/* Growing the buffer moved the name. */
		name = slice_of(text->ptr + call.name_at, call.name_len);
		js_value thrown = argument_failed(&w, name);
		text->len = start;
		text->failed = false;
		return thrown;
	}
	call.argument_len = text->len - call.argument_at;
	call.id = ++instance->last_id;
	instance->calls[instance->call_count++] = call;
	instance->in_flight++;
	return js_of_int(call.id);
}

static const struct host_function {
	const char *name;
	js_value (*run)(struct engine_instance *instance, const struct host_args *args);
} host_functions[] = {
    {"call", host_call},
    {"log", host_log},
    {"caller", host_caller},
    {"random", host_random},
    {"now", host_now},
};

js_value imports_make_host_object(js_context c)
{
	js_value host = guest_JS_NewObject(c);
	for (size_t i = 0; i < ARRAY_LEN(host_functions); i++) {
		struct slice name = slice_cstr(host_functions[i].name);
		struct guest_bytes in = guest_bytes_in(name);
		guest_ptr boxed = guest_qjs_new_host_function(in.at, (uint32_t)name.len, 0);
		guest_bytes_done(&in);
		js_value function;
		guest_load(&function, boxed, sizeof function);
		guest_JS_DefinePropertyValue(c, host, guest_atom(c, name), function, JS_PROP_PLAIN);
	}
	return host;
}

static bool read_args(uint32_t count, guest_ptr argv, struct host_args *ret_args)
{
	ret_args->count = count < ARRAY_LEN(ret_args->v) ? count : ARRAY_LEN(ret_args->v);
	for (uint32_t i = 0; i < ret_args->count; i++) {
		guest_ptr boxed;
		const void *at = guest_at(argv + i * 4, sizeof boxed);
		if (!at)
			return false;
		memcpy(&boxed, at, sizeof boxed);
		const void *value = guest_at(boxed, sizeof ret_args->v[i]);
		if (!value)
			return false;
		memcpy(&ret_args->v[i], value, sizeof ret_args->v[i]);
	}
	return true;
}

/* The trampoline in the guest takes a malloc'd box, or 0 for "an exception is pending". */
static guest_ptr box(js_value v)
{
	if (js_is_exception(v))
		return 0;
	guest_ptr boxed = guest_malloc(sizeof v);
	return boxed && store(boxed, &v, sizeof v) ? boxed : 0;
}

TRANSLATED_ENV(u32, host_call, u32 name, u32 name_len, u32 self, u32 argc, u32 argv)
{
	(void)env;
	(void)self;
	struct guest_thread *thread = guest_self;
	guest_import_begin(thread);
	const char *text = guest_at(name, name_len);
	struct host_args args;
	guest_ptr boxed = 0;
	if (text && read_args(argc, argv, &args))
		for (size_t i = 0; i < ARRAY_LEN(host_functions); i++)
			if (slice_eq_cstr(slice_of(text, name_len), host_functions[i].name)) {
				boxed = box(host_functions[i].run(thread->owner, &args));
				break;
			}
	guest_import_end(thread);
	return boxed;
}

/* Guests live in UTC: their results must not depend on where the server stands. */
TRANSLATED_ENV(u32, host_get_timezone_offset, u32 high, u32 low)
{
	(void)env, (void)high, (void)low;
	return 0;
}

/* The CPU limit does not rest on the guest's asking. */
TRANSLATED_ENV(u32, host_interrupt)
{
	(void)env;
	return 0;
}

/* A bundle is one script: there are no modules to load. */
TRANSLATED_ENV(u32, host_module_load, u32 name, u32 ret_len)
{
	(void)env, (void)name, (void)ret_len;
	return 0;
}

TRANSLATED_ENV(u32, host_module_normalize, u32 base, u32 name)
{
	(void)env, (void)base, (void)name;
	return 0;
}

TRANSLATED_ENV(void, host_promise_rejection, u32 promise, u32 reason, u32 handled)
{
	(void)env, (void)promise, (void)reason, (void)handled;
}

TRANSLATED_WASI(u32, clock_time_get, u32 clock, u64 precision, u32 ret_time)
{
	(void)env, (void)precision;
	struct guest_thread *thread = guest_self;
	guest_import_begin(thread);
	uint64_t now_ns = coarse_ns(clock == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC);
	bool ok = store(ret_time, &now_ns, sizeof now_ns);
	guest_import_end(thread);
	return ok ? WASI_OK : WASI_FAULT;
}

TRANSLATED_WASI(u32, random_get, u32 at, u32 n)
{
	(void)env;
	struct guest_thread *thread = guest_self;
	guest_import_begin(thread);
	void *to = guest_at(at, n);
	bool ok = to && random_fill(thread->owner, to, n);
	guest_import_end(thread);
	return ok ? WASI_OK : WASI_IO;
}

/* There are no files. Standard output does not exist either: console goes through host_call. */
TRANSLATED_WASI(u32, fd_close, u32 fd)
{
	(void)env, (void)fd;
	return WASI_BADF;
}

TRANSLATED_WASI(u32, fd_fdstat_get, u32 fd, u32 ret_stat)
{
	(void)env, (void)fd, (void)ret_stat;
	return WASI_BADF;
}

TRANSLATED_WASI(u32, fd_seek, u32 fd, u64 offset, u32 whence, u32 ret_offset)
{
	(void)env, (void)fd, (void)offset, (void)whence, (void)ret_offset;
	return WASI_BADF;
}

TRANSLATED_WASI(u32, fd_write, u32 fd, u32 vectors, u32 count, u32 ret_n)
{
	(void)env, (void)fd, (void)vectors, (void)count, (void)ret_n;
	return WASI_BADF;
}
