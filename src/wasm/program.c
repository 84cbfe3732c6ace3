/* Making a program: a bundle evaluated on the base and frozen. Called by the worker once it is locked. */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "wasm/draft.h"
#include "wasm/guest_text.h"
#include "wasm/internal.h"

#define BUNDLE_BYTES_MAX (32u << 20)
#define FIXED_BYTES (1536u << 10) /* the guest's stack and static data, which its allocator does not count */
#define GC_SHARE 4		  /* a collection once this part of the memory is allocated */

struct load {
	struct engine_program *program;
	struct slice bundle;
	uint32_t memory_bytes;
	struct buf text;
	enum { LOAD_FAILED, LOAD_THREW, LOAD_NO_MAIN, LOAD_OK } end;
};

/* What the bundle leaves running at its top level settles before the snapshot, or never. */
static void run_jobs(void)
{
	while (guest_qjs_is_job_pending())
		if (guest_qjs_execute_pending_job() < 0)
			guest_JS_FreeValue(engine_base.context, guest_JS_GetException(engine_base.context));
}

/*
 * The handler leaves the globals, the host hooks go, and with the context's evaluator zeroed no text becomes code any
 * more, whichever constructor a guest finds its way to.
 */
static bool take_main(struct load *load)
{
	js_context c = engine_base.context;
	js_value global = guest_JS_GetGlobalObject(c);
	load->program->main = guest_JS_GetProperty(c, global, engine_base.ward_main);
	if (!guest_JS_IsFunction(c, load->program->main))
		return false;
	guest_JS_DeleteProperty(c, global, engine_base.ward_main, 0);
	guest_JS_DeleteProperty(c, global, engine_base.ward_host, 0);
	static const uint32_t nothing;
	guest_store(engine_base.eval_at, &nothing, sizeof nothing);
	return true;
}

static void load_on_guest_stack(void *argument)
{
	struct load *load = argument;
	guest_qjs_set_memory_limit(load->memory_bytes - FIXED_BYTES);
	if (!plan_make_atoms(&load->program->plan, engine_base.context))
		return;
	if (js_is_exception(guest_evaluate(load->bundle, "bundle.js"))) {
		describe_pending(&load->text);
		load->end = LOAD_THREW;
		return;
	}
	run_jobs();
	if (!take_main(load)) {
		load->end = LOAD_NO_MAIN;
		return;
	}
	guest_qjs_run_gc();
	/* The bundle may have used what the base grew. Small memories go without. */
	guest_pregrow();
	guest_qjs_set_gc_threshold(load->memory_bytes / GC_SHARE);
	load->end = LOAD_OK;
}

static result load_result(const struct engine_program *program, struct load *load, enum guest_cut cut, struct error *err)
{
	if (cut == GUEST_CUT_CPU)
		return error_set(err, ERR_LIMIT, "function %s used up its CPU time while it was loaded", program->name);
	if (cut != GUEST_CUT_NONE)
		return error_set(err, ERR_LIMIT, "function %s was cut off while it was loaded (%d)", program->name, (int)cut);
	switch (load->end) {
	case LOAD_OK:
		return RESULT_OK;
	case LOAD_THREW:
		return error_set(err, ERR_INVALID, "function %s failed while it was loaded: %s", program->name, buf_cstr(&load->text));
	case LOAD_NO_MAIN:
		return error_set(err, ERR_INVALID, "the bundle of function %s sets no globalThis.__ward_main", program->name);
	case LOAD_FAILED:
		break;
	}
	return error_set(err, ERR_LIMIT, "function %s does not fit into its memory", program->name);
}

/* What the next program is made in. Threads do not make programs: one process, one function. */
static struct draft draft = DRAFT_EMPTY;

result engine_program_prepare(struct error *err)
{
	return draft.fd >= 0 ? RESULT_OK : draft_begin(&draft, &engine_base.snapshot, err);
}

static result load_into_draft(struct engine_program *program, const struct engine_config *config, struct error *err)
{
	struct guest_thread *thread = guest_self;
	struct load load = {.program = program,
	    .bundle = config->bundle,
	    .memory_bytes = program->pages_max * WASM_PAGE_BYTES,
	    .text = BUF_INIT(ERROR_TEXT_MAX)};
	uint64_t used_ns = 0, budget_ns = config->cpu_start_ns_max ? config->cpu_start_ns_max : 2000000000u;
	draft.cage.pages_max = program->pages_max;
	thread_enter_cage(&draft.cage, engine_base.snapshot.stack_pointer);
	thread->owner = NULL;
	bool was_busy = thread->busy;
	thread_set_busy(true);
	enum guest_cut cut = guest_run(load_on_guest_stack, &load, budget_ns, &used_ns);
	thread_set_busy(was_busy);
	const uint32_t stack_pointer = *translated_stack_pointer(&thread->module);
	thread_leave_cage();
	result r = load_result(program, &load, cut, err);
	if (is_ok(r))
		r = draft_freeze(&draft, stack_pointer, err, &program->snapshot);
	buf_done(&load.text);
	return r;
}

static result choose_restore(struct engine_program *program, enum engine_restore wanted, struct error *err)
{
	bool can_scan = restore_can_scan(guest_self->pagemap_fd);
	if (wanted == ENGINE_RESTORE_SCAN && !can_scan)
		return error_set(err, ERR_SYSTEM, "this kernel has no PAGEMAP_SCAN");
	program->restore = can_scan && wanted != ENGINE_RESTORE_DROP ? RESTORE_SCAN : RESTORE_DROP;
	return RESULT_OK;
}

static result configure(struct engine_program *program, const struct engine_config *config, struct error *err)
{
	size_t memory = config->memory_bytes_max ? config->memory_bytes_max : 32u << 20;
	if (memory < ENGINE_MEMORY_MIN || memory > ENGINE_MEMORY_MAX)
		return error_set(err, ERR_INVALID, "a function's memory is 4 MiB to 1 GiB, not %zu bytes", memory);
	if (config->bundle.len > BUNDLE_BYTES_MAX)
		return error_set(err, ERR_LIMIT, "the bundle of %zu bytes is larger than 32 MiB", config->bundle.len);
	program->pages_max = (uint32_t)((memory + WASM_PAGE_BYTES - 1) / WASM_PAGE_BYTES);
	program->cpu_ns_max = config->cpu_ns_max ? config->cpu_ns_max : 50000000u;
	program->log_bytes_max = config->log_bytes_max ? config->log_bytes_max : 16u << 10;
	program->result_bytes_max = config->result_bytes_max ? config->result_bytes_max : 1u << 20;
	program->pending_max = config->pending_max ? config->pending_max : 64;
	program->holds_secrets = config->holds_secrets;
	snprintf(program->name, sizeof program->name, "%s", config->name ? config->name : "?");
	return choose_restore(program, config->restore, err);
}

static result make(struct engine_program *program, const struct engine_config *config, struct error *err)
{
	TRY(configure(program, config, err));
	TRY(plan_build(&program->plan, config->types, err));
	TRY(engine_program_prepare(err));
	result r = load_into_draft(program, config, err);
	/* Frozen, or what a failed bundle left. */
	draft_done(&draft);
	return is_ok(r) ? plan_link(&program->plan, err) : r;
}

result engine_program_new(const struct engine_config *config, struct error *err, struct engine_program **ret_program)
{
	ASSERT(guest_self && guest_self->timer_made && engine_base.snapshot.fd >= 0);
	struct engine_program *program = calloc(1, sizeof *program);
	if (!program)
		return error_set(err, ERR_MEMORY, "no memory for a program");
	program->snapshot = SNAPSHOT_EMPTY;
	result r = make(program, config, err);
	if (!is_ok(r)) {
		engine_program_free(program);
		return r;
	}
	*ret_program = program;
	return RESULT_OK;
}

void engine_program_free(struct engine_program *program)
{
	if (!program)
		return;
	snapshot_done(&program->snapshot);
	plan_done(&program->plan);
	free(program);
}
