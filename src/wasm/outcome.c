/*
 * How a request ended: what the handler returned or threw, read out of the guest. Runs on the guest stack; reading may
 * run guest code, which may throw or loop like any other. Called by instance.c.
 */
#include "wasm/guest_text.h"
#include "wasm/internal.h"

#define STATUS_MIN 400
#define STATUS_MAX 599

static struct value_out writer(struct engine_instance *instance)
{
	return (struct value_out){.plan = &instance->program->plan,
	    .context = engine_base.context,
	    .date_value = engine_base.date_value,
	    .out = &instance->result};
}

static void clear(struct engine_instance *instance)
{
	buf_clear(&instance->result);
	buf_clear(&instance->text);
	instance->declared_len = instance->message_len = instance->stack_len = 0;
	instance->has_declared = false;
}

void outcome_message(struct engine_instance *instance, enum engine_limit limit, const char *message)
{
	clear(instance);
	instance->state = ENGINE_THREW;
	instance->limit = limit;
	buf_add_cstr(&instance->text, message);
	instance->message_len = instance->text.len;
}

static bool append_text_of(struct engine_instance *instance, js_value function, js_value exception, size_t *ret_len)
{
	bool ascii;
	size_t at = instance->text.len;
	js_value text = guest_invoke(function, &exception, 1);
	if (js_tag_of(text) != JS_TAG_STRING || !guest_text_append(engine_base.context, text, &instance->text, &ascii))
		return false;
	instance->text.failed = false;
	*ret_len = instance->text.len - at;
	return true;
}

/* QuickJS's own words for reaching a limit. A guest that throws the same deceives only its own log. */
static enum engine_limit limit_of(const struct engine_instance *instance, struct slice message)
{
	if (instance->cage.refused || slice_starts(message, SLICE("InternalError: out of memory")))
		return ENGINE_LIMIT_MEMORY;
	if (slice_starts(message, SLICE("RangeError: Maximum call stack size exceeded")))
		return ENGINE_LIMIT_STACK;
	return ENGINE_LIMIT_NONE;
}

static void undeclared(struct engine_instance *instance, js_value exception)
{
	clear(instance);
	instance->state = ENGINE_THREW;
	if (!append_text_of(instance, engine_base.describe, exception, &instance->message_len)) {
		bool lost = instance->cage.refused || js_tag_of(exception) == JS_TAG_NULL;
		outcome_message(instance, lost ? ENGINE_LIMIT_MEMORY : ENGINE_LIMIT_NONE,
		    lost ? "out of memory" : "an exception without a text");
		return;
	}
	instance->limit = limit_of(instance, slice_of(instance->text.ptr, instance->message_len));
	(void)append_text_of(instance, engine_base.stack_of, exception, &instance->stack_len);
}

/* The name of a declared error, into text. */
static bool read_declared_name(struct engine_instance *instance, js_value exception)
{
	bool ascii;
	js_value name = guest_JS_GetProperty(engine_base.context, exception, engine_base.ward_error);
	if (js_tag_of(name) != JS_TAG_STRING || !guest_text_append(engine_base.context, name, &instance->text, &ascii))
		return false;
	instance->declared_len = instance->text.len;
	return buf_ok(&instance->text);
}

static bool read_status(struct engine_instance *instance, js_value exception)
{
	js_value status = guest_JS_GetProperty(engine_base.context, exception, engine_base.status);
	instance->status = js_tag_of(status) == JS_TAG_INT ? (int32_t)status : 0;
	return instance->status >= STATUS_MIN && instance->status <= STATUS_MAX;
}

static bool read_declared_data(struct engine_instance *instance, js_value exception)
{
	const struct plan *plan = &instance->program->plan;
	struct slice name = slice_of(instance->text.ptr, instance->declared_len);
	plan_index type = plan_find(plan, SLICE("error:"), name, SLICE_NONE);
	js_value data = guest_JS_GetProperty(engine_base.context, exception, engine_base.data);
	if (js_is_exception(data))
		return false;
	/* An error that carries nothing has no type; whether the contract knows its name is the gateway's question. */
	if (js_tag_of(data) == JS_TAG_UNDEFINED)
		return true;
	if (type == PLAN_NONE && plan->label_count > 0)
		return false;
	struct value_out w = writer(instance);
	return value_out_write(&w, type == PLAN_NONE ? PLAN_ANY : type, data);
}

/* An instance of a class made by WardError whose name, status and data the contract declares. */
static bool declared(struct engine_instance *instance, js_value exception)
{
	clear(instance);
	if (js_tag_of(exception) != JS_TAG_OBJECT || !read_declared_name(instance, exception) ||
	    !read_status(instance, exception) || !read_declared_data(instance, exception))
		return false;
	instance->has_declared = true;
	instance->state = ENGINE_THREW;
	if (!append_text_of(instance, engine_base.describe, exception, &instance->message_len))
		instance->message_len = 0;
	if (!append_text_of(instance, engine_base.stack_of, exception, &instance->stack_len))
		instance->stack_len = 0;
	return true;
}

void outcome_of_exception(struct engine_instance *instance, js_value exception)
{
	if (!declared(instance, exception))
		undeclared(instance, exception);
}

static void mismatch(struct engine_instance *instance, const struct value_out *w)
{
	clear(instance);
	instance->state = ENGINE_THREW;
	instance->output_mismatch = true;
	value_out_explain(w, "result", &instance->text);
	instance->message_len = instance->text.len;
}

void outcome_of_value(struct engine_instance *instance, js_value v)
{
	buf_clear(&instance->result);
	instance->state = ENGINE_DONE;
	const struct plan *plan = &instance->program->plan;
	/* A function that returns nothing: the type then is one that undefined satisfies, or the gateway says so. */
	if (js_tag_of(v) == JS_TAG_UNDEFINED && (plan->output == PLAN_ANY || plan->nodes[plan->output].kind == ENGINE_KIND_NULL))
		return;
	struct value_out w = writer(instance);
	if (value_out_write(&w, plan->output, v))
		return;
	switch (w.failure) {
	case VALUE_OUT_MISMATCH:
		mismatch(instance, &w);
		break;
	case VALUE_OUT_TOO_LARGE:
		outcome_message(instance, ENGINE_LIMIT_RESULT, "the result is larger than the function may return");
		break;
	case VALUE_OUT_THREW:
	case VALUE_OUT_OK:
		outcome_of_exception(instance, guest_JS_GetException(engine_base.context));
		break;
	}
}
