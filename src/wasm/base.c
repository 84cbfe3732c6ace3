/*
 * Making the base: QuickJS and the prelude, evaluated once per process and frozen. Called by engine.c, on the guest stack
 * where the guest runs. What runs here is ours and pinned; still it runs as a guest.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/check.h"
#include "wasm/guest_text.h"
#include "wasm/internal.h"
#include "wasm/prelude.h"

#define STACK_BYTES_MAX (512u << 10) /* of the guest's own 1 MiB; past it JavaScript sees a RangeError */
#define PREGROW_BYTES (512u << 10)
#define CONTEXT_BYTES_MAX 2048u	     /* how far into the context its fields are looked for */

struct engine_base engine_base = {.snapshot = SNAPSHOT_EMPTY};

js_value guest_invoke(js_value f, const js_value *args, uint32_t count)
{
	ASSERT(count <= 4);
	uint32_t mark = guest_mark();
	guest_ptr argv = guest_push(4 * sizeof(js_value));
	if (!argv)
		return guest_JS_ThrowOutOfMemory(engine_base.context);
	for (uint32_t i = 0; i < count; i++)
		if (js_is_exception(args[i]))
			return JS_EXCEPTION;
	if (count > 0)
		guest_store(argv, args, count * sizeof *args);
	js_value returned = guest_JS_Call(engine_base.context, f, JS_UNDEFINED, count, argv);
	guest_pop(mark);
	return returned;
}

struct making {
	struct buf text; /* of what went wrong */
	bool ok;
};

void describe_pending(struct buf *text)
{
	js_context c = engine_base.context;
	bool ascii;
	js_value exception = guest_JS_GetException(c);
	js_value said = engine_base.describe ? guest_invoke(engine_base.describe, &exception, 1) : exception;
	if (js_is_exception(said) || !guest_text_append(c, said, text, &ascii))
		buf_add_cstr(text, "an exception without a text");
	js_value stack = engine_base.stack_of ? guest_invoke(engine_base.stack_of, &exception, 1) : JS_UNDEFINED;
	if (js_tag_of(stack) == JS_TAG_STRING) {
		buf_add_cstr(text, "\n");
		(void)guest_text_append(c, stack, text, &ascii);
	}
}

/*
 * Finds a field of QuickJS's context by what it does, so that no offset has to be believed: JS_AddIntrinsicEval() changes
 * one word of a fresh context, the pointer to the evaluator.
 */
static bool find_evaluator(void)
{
	static uint8_t before[CONTEXT_BYTES_MAX];
	js_context fresh = guest_JS_NewContextRaw(engine_base.runtime);
	const uint8_t *fields = guest_at(fresh, CONTEXT_BYTES_MAX);
	if (!fresh || !fields)
		return false;
	memcpy(before, fields, sizeof before);
	guest_JS_AddIntrinsicEval(fresh);
	unsigned changed = 0;
	for (uint32_t at = 0; at < 512; at += 4) {
		if (memcmp(before + at, fields + at, 4) != 0) {
			engine_base.eval_at = engine_base.context + at;
			changed++;
		}
	}
	guest_JS_FreeContext(fresh);
	return changed == 1;
}

static uint64_t xorshift_step(uint64_t x)
{
	x ^= x >> 12;
	x ^= x << 25;
	return x ^ x >> 27;
}

/* Math.random steps a 64-bit xorshift* state in the context: the word that made exactly that step is it. */
static bool find_random_state(js_value math_random)
{
	static uint8_t before[CONTEXT_BYTES_MAX];
	const uint8_t *fields = guest_at(engine_base.context, CONTEXT_BYTES_MAX);
	if (!fields)
		return false;
	memcpy(before, fields, sizeof before);
	if (js_is_exception(guest_invoke(math_random, NULL, 0)))
		return false;
	unsigned found = 0;
	for (uint32_t at = 0; at + 8 <= CONTEXT_BYTES_MAX; at += 4) {
		uint64_t was, is;
		memcpy(&was, before + at, sizeof was);
		memcpy(&is, fields + at, sizeof is);
		if (was != is && was != 0 && xorshift_step(was) == is) {
			engine_base.random_at = engine_base.context + at;
			found++;
		}
	}
	return found == 1;
}

static js_value member(js_value object, const char *name)
{
	js_atom atom = guest_atom(engine_base.context, slice_cstr(name));
	js_value v = guest_JS_GetProperty(engine_base.context, object, atom);
	guest_JS_FreeAtom(engine_base.context, atom);
	return v;
}

static bool take_handles(js_value exported)
{
	const struct {
		const char *name;
		js_value *to;
	} handles[] = {
	    {"settle", &engine_base.settle},
	    {"nextTimer", &engine_base.next_timer},
	    {"fireTimer", &engine_base.fire_timer},
	    {"stackOf", &engine_base.stack_of},
	    {"makeError", &engine_base.make_error},
	    {"dateValue", &engine_base.date_value},
	    {"bigintOf", &engine_base.bigint_of},
	    {"describe", &engine_base.describe},
	};
	for (size_t i = 0; i < ARRAY_LEN(handles); i++) {
		*handles[i].to = member(exported, handles[i].name);
		if (!guest_JS_IsFunction(engine_base.context, *handles[i].to))
			return false;
	}
	return true;
}

static void make_atoms(void)
{
	js_context c = engine_base.context;
	engine_base.ward_main = guest_atom(c, SLICE("__ward_main"));
	engine_base.ward_host = guest_atom(c, SLICE("__ward_host"));
	engine_base.ward_error = guest_atom(c, SLICE("wardError"));
	engine_base.status = guest_atom(c, SLICE("status"));
	engine_base.data = guest_atom(c, SLICE("data"));
}

js_value guest_evaluate(struct slice text, const char *file)
{
	struct guest_bytes name = guest_bytes_in(slice_cstr(file));
	struct guest_bytes in = guest_bytes_in(text);
	if (!in.at || !name.at)
		return guest_JS_ThrowOutOfMemory(engine_base.context);
	js_value v = guest_JS_Eval(engine_base.context, in.at, (uint32_t)text.len, name.at, 0);
	guest_bytes_done(&in);
	guest_bytes_done(&name);
	return v;
}

static bool run_prelude(struct making *making)
{
	js_value prelude = guest_evaluate(slice_of(prelude_text, prelude_text_len), "ward:prelude");
	js_value host = imports_make_host_object(engine_base.context);
	js_value exported = js_is_exception(prelude) ? prelude : guest_invoke(prelude, &host, 1);
	if (js_is_exception(exported)) {
		describe_pending(&making->text);
		return false;
	}
	if (!take_handles(exported)) {
		buf_add_cstr(&making->text, "the prelude does not export what the engine needs");
		return false;
	}
	js_value math = member(exported, "mathRandom");
	if (!find_evaluator() || !find_random_state(math)) {
		buf_add_cstr(&making->text, "QuickJS's context does not look as expected");
		return false;
	}
	return true;
}

void guest_pregrow(void)
{
	guest_free(guest_malloc(PREGROW_BYTES));
}

static void make_on_guest_stack(void *argument)
{
	struct making *making = argument;
	struct guest_thread *thread = guest_self;
	guest_begin(thread);
	translated_start(&thread->module);
	guest_end(thread);
	if (guest_qjs_init() != 0) {
		buf_add_cstr(&making->text, "QuickJS did not initialise");
		return;
	}
	engine_base.context = guest_qjs_get_context_ptr();
	engine_base.runtime = guest_qjs_get_runtime_ptr();
	guest_qjs_set_max_stack_size(STACK_BYTES_MAX);
	make_atoms();
	if (!run_prelude(making))
		return;
	/* Here, so that most programs find it grown. */
	guest_pregrow();
	making->ok = true;
}

static result make(struct cage *cage, struct error *err)
{
	struct guest_thread *thread = guest_self;
	struct making making = {.text = BUF_INIT(ERROR_TEXT_MAX / 2)};
	uint64_t used_ns = 0;
	thread->cage = cage;
	thread->owner = NULL;
	translated_init_types();
	translated_instantiate(&thread->module);
	TRY(table_seal(translated_table(&thread->module), err));
	enum guest_cut cut = guest_run(make_on_guest_stack, &making, UINT64_MAX, &used_ns);
	uint32_t stack_pointer = *translated_stack_pointer(&thread->module);
	result r = RESULT_OK;
	if (cut != GUEST_CUT_NONE || !making.ok)
		r = error_set(err, ERR_INTERNAL, "the guest prelude failed (cut %d): %s", (int)cut, buf_cstr(&making.text));
	else
		r = snapshot_take(&engine_base.snapshot, cage, stack_pointer, err);
	thread_leave_cage();
	buf_done(&making.text);
	return r;
}

result engine_process_init(struct error *err)
{
	if (engine_base.snapshot.fd >= 0)
		return RESULT_OK;
	TRY(thread_setup(err));
	struct cage cage;
	TRY(cage_init(&cage, ENGINE_MEMORY_MAX / WASM_PAGE_BYTES, err));
	result r = make(&cage, err);
	cage_done(&cage);
	if (is_ok(r))
		engine_base.module = &guest_self->module;
	return r;
}

result engine_thread_init(struct error *err)
{
	TRY(thread_setup(err));
	TRY(thread_setup_limits(err));
	TRY(engine_process_init(err));
	if (engine_base.module != &guest_self->module && !translated_table(&guest_self->module)->data)
		return table_copy(&guest_self->module, engine_base.module, err);
	return RESULT_OK;
}

void engine_thread_done(void)
{
	thread_done();
}

void engine_thread_busy(void)
{
	thread_set_busy(true);
}

void engine_thread_idle(void)
{
	thread_set_busy(false);
}

result engine_process_move(int to, struct error *err)
{
	int from = engine_base.snapshot.fd;
	ASSERT(from >= 0);
	if (from == to)
		return RESULT_OK;
	if (dup3(from, to, O_CLOEXEC) < 0)
		return error_errno(err, "cannot move the engine's snapshot");
	close(from);
	engine_base.snapshot.fd = to;
	return RESULT_OK;
}
