/* Called by instance.c for results, errors' data and host calls' arguments. Every value is the guest's choice. */
#include "wasm/value_out_parts.h"

#include <math.h>

#include "wasm/guest_text.h"

const char *const value_out_kinds[] = {
    [ENGINE_KIND_ANY] = "plain data",
    [ENGINE_KIND_NULL] = "null",
    [ENGINE_KIND_BOOL] = "a boolean",
    [ENGINE_KIND_INT] = "a whole number",
    [ENGINE_KIND_NUM] = "a number",
    [ENGINE_KIND_STR] = "a string",
    [ENGINE_KIND_BYTES] = "a Uint8Array",
    [ENGINE_KIND_DATE] = "a valid Date",
    [ENGINE_KIND_BIGINT] = "a bigint",
    [ENGINE_KIND_ARRAY] = "an array",
    [ENGINE_KIND_OBJECT] = "an object",
    [ENGINE_KIND_UNION] = "one of the declared alternatives",
};

bool value_out_fail(struct value_out *w, enum value_out_failure failure)
{
	w->failure = failure;
	w->failed_depth = w->depth;
	return false;
}

static const char *name_of_value(js_value v)
{
	switch (js_tag_of(v)) {
	case JS_TAG_BIGINT:
		return "a bigint";
	case JS_TAG_SYMBOL:
		return "a symbol";
	case JS_TAG_STRING:
		return "a string";
	case JS_TAG_OBJECT:
		return "an object of another kind";
	case JS_TAG_INT:
	case JS_TAG_DOUBLE:
		return "a number that does not fit";
	case JS_TAG_BOOL:
		return "a boolean";
	case JS_TAG_NULL:
		return "null";
	default:
		return "undefined";
	}
}

bool value_out_mismatch(struct value_out *w, const char *wanted, js_value v)
{
	w->wanted = wanted;
	w->got = name_of_value(v);
	return value_out_fail(w, VALUE_OUT_MISMATCH);
}

bool value_out_done(struct value_out *w)
{
	return buf_ok(w->out) ? true : value_out_fail(w, VALUE_OUT_TOO_LARGE);
}

bool value_out_put(struct value_out *w, enum value_tag tag, const void *payload, size_t n)
{
	char *to = buf_reserve(w->out, n + 1);
	if (!to)
		return value_out_fail(w, VALUE_OUT_TOO_LARGE);
	to[0] = (char)tag;
	if (n > 0)
		memcpy(to + 1, payload, n);
	w->out->len += n + 1;
	return true;
}

static bool write_number(struct value_out *w, bool whole, js_value v)
{
	int64_t n;
	if (js_tag_of(v) == JS_TAG_INT) {
		n = (int32_t)v;
		return value_out_put(w, VALUE_INT, &n, sizeof n);
	}
	if (js_tag_of(v) != JS_TAG_DOUBLE)
		return value_out_mismatch(w, value_out_kinds[whole ? ENGINE_KIND_INT : ENGINE_KIND_NUM], v);
	double d = js_to_double(v);
	/* 2^63 is the first double that does not fit. */
	if (d >= -0x1p63 && d < 0x1p63 && floor(d) == d) {
		n = (int64_t)d;
		return value_out_put(w, VALUE_INT, &n, sizeof n);
	}
	if (whole || !isfinite(d))
		return value_out_mismatch(w, value_out_kinds[whole ? ENGINE_KIND_INT : ENGINE_KIND_NUM], v);
	return value_out_put(w, VALUE_NUM, &d, sizeof d);
}

/* Tag, length, text; the length is known only afterwards. */
static bool write_text(struct value_out *w, enum value_tag tag, js_value v)
{
	size_t at = w->out->len;
	uint32_t n = 0;
	if (!value_out_put(w, tag, &n, sizeof n))
		return false;
	bool ascii = false;
	if (!guest_text_append(w->context, v, w->out, &ascii))
		return value_out_fail(w, VALUE_OUT_THREW);
	if (!value_out_done(w))
		return false;
	n = (uint32_t)(w->out->len - at - 5);
	memcpy(w->out->ptr + at + 1, &n, sizeof n);
	if (tag == VALUE_STR && ascii)
		w->out->ptr[at] = VALUE_ASCII;
	return true;
}

#define TYPED_ARRAY_UINT8 2 /* quickjs.h: JS_TYPED_ARRAY_UINT8 */

static bool is_bytes(js_value v)
{
	return js_tag_of(v) == JS_TAG_OBJECT && guest_JS_GetTypedArrayType(v) == TYPED_ARRAY_UINT8;
}

static bool write_bytes(struct value_out *w, js_value v)
{
	if (!is_bytes(v))
		return value_out_mismatch(w, value_out_kinds[ENGINE_KIND_BYTES], v);
	uint32_t mark = guest_mark(), n = 0;
	guest_ptr ret_n = guest_push(4);
	if (!ret_n)
		return value_out_fail(w, VALUE_OUT_THREW);
	guest_ptr at = guest_JS_GetUint8Array(w->context, ret_n, v);
	guest_load(&n, ret_n, sizeof n);
	guest_pop(mark);
	const void *bytes = guest_at(at, n);
	if (!at && n > 0)
		return value_out_fail(w, VALUE_OUT_THREW);
	if (!bytes || !value_out_put(w, VALUE_BYTES, &n, sizeof n))
		return value_out_fail(w, VALUE_OUT_TOO_LARGE);
	buf_add(w->out, bytes, n);
	return value_out_done(w);
}

static bool write_date(struct value_out *w, js_value v)
{
	if (js_tag_of(v) != JS_TAG_OBJECT || !guest_JS_IsDate(v))
		return value_out_mismatch(w, value_out_kinds[ENGINE_KIND_DATE], v);
	js_value ms = guest_JS_Call(w->context, w->date_value, v, 0, 0);
	if (js_is_exception(ms))
		return value_out_fail(w, VALUE_OUT_THREW);
	double d = js_tag_of(ms) == JS_TAG_INT ? (double)(int32_t)ms : js_to_double(ms);
	if (!isfinite(d))
		return value_out_mismatch(w, value_out_kinds[ENGINE_KIND_DATE], v);
	return value_out_put(w, VALUE_DATE, &d, sizeof d);
}

static bool write_any_kind(struct value_out *w, const struct plan_node *node, js_value v);

bool value_out_node(struct value_out *w, plan_index type, js_value v)
{
	const struct plan_node *node = &w->plan->nodes[type];
	if (js_tag_of(v) == JS_TAG_NULL && node->nullable)
		return value_out_put(w, VALUE_NULL, NULL, 0);
	return write_any_kind(w, node, v);
}

static bool write_union(struct value_out *w, const struct plan_node *node, js_value v)
{
	size_t len = w->out->len;
	unsigned depth = w->depth, deepest = 0;
	struct value_out best = {0};
	for (uint32_t i = 0; i < node->count; i++) {
		if (value_out_node(w, node->options[i], v))
			return true;
		if (w->failure != VALUE_OUT_MISMATCH)
			return false;
		/* The option that got furthest says most about what is wrong. */
		if (w->failed_depth > deepest) {
			deepest = w->failed_depth;
			best = *w;
		}
		w->out->len = len;
		w->depth = depth;
		w->failure = VALUE_OUT_OK;
	}
	if (deepest > depth) {
		*w = best;
		return false;
	}
	return value_out_mismatch(w, value_out_kinds[ENGINE_KIND_UNION], v);
}

/* Untyped: by what the value is. */
static bool write_untyped(struct value_out *w, const struct plan_node *node, js_value v)
{
	switch (js_tag_of(v)) {
	case JS_TAG_NULL:
		return value_out_put(w, VALUE_NULL, NULL, 0);
	case JS_TAG_BOOL:
		return value_out_put(w, (uint32_t)v ? VALUE_TRUE : VALUE_FALSE, NULL, 0);
	case JS_TAG_INT:
	case JS_TAG_DOUBLE:
		return write_number(w, false, v);
	case JS_TAG_STRING:
		return write_text(w, VALUE_STR, v);
	case JS_TAG_BIGINT:
		return write_text(w, VALUE_BIGINT, v);
	case JS_TAG_OBJECT:
		if (guest_JS_IsArray(v))
			return value_out_array(w, node, v);
		if (guest_JS_IsDate(v))
			return write_date(w, v);
		return is_bytes(v) ? write_bytes(w, v) : value_out_object(w, node, v);
	default:
		return value_out_mismatch(w, value_out_kinds[ENGINE_KIND_ANY], v);
	}
}

static bool write_kind(struct value_out *w, const struct plan_node *node, js_value v)
{
	switch (node->kind) {
	case ENGINE_KIND_ANY:
		return write_untyped(w, node, v);
	case ENGINE_KIND_NULL:
		return js_tag_of(v) == JS_TAG_NULL ? value_out_put(w, VALUE_NULL, NULL, 0) : value_out_mismatch(w, value_out_kinds[node->kind], v);
	case ENGINE_KIND_BOOL:
		return js_tag_of(v) == JS_TAG_BOOL ? value_out_put(w, (uint32_t)v ? VALUE_TRUE : VALUE_FALSE, NULL, 0)
						   : value_out_mismatch(w, value_out_kinds[node->kind], v);
	case ENGINE_KIND_INT:
	case ENGINE_KIND_NUM:
		return write_number(w, node->kind == ENGINE_KIND_INT, v);
	case ENGINE_KIND_STR:
		return js_tag_of(v) == JS_TAG_STRING ? write_text(w, VALUE_STR, v) : value_out_mismatch(w, value_out_kinds[node->kind], v);
	case ENGINE_KIND_BIGINT:
		return js_tag_of(v) == JS_TAG_BIGINT ? write_text(w, VALUE_BIGINT, v) : value_out_mismatch(w, value_out_kinds[node->kind], v);
	case ENGINE_KIND_BYTES:
		return write_bytes(w, v);
	case ENGINE_KIND_DATE:
		return write_date(w, v);
	case ENGINE_KIND_ARRAY:
		return value_out_array(w, node, v);
	case ENGINE_KIND_OBJECT:
		return value_out_object(w, node, v);
	case ENGINE_KIND_UNION:
		return write_union(w, node, v);
	}
	return value_out_mismatch(w, value_out_kinds[ENGINE_KIND_ANY], v);
}

/* STR and ASCII are two tags of one kind; INT and NUM are made canonical by the contract's compiler and by us. */
static bool same_literal(struct slice a, struct slice b)
{
	if (a.len == 0 || a.len != b.len)
		return false;
	uint8_t ta = (uint8_t)a.ptr[0], tb = (uint8_t)b.ptr[0];
	bool same_tag = ta == tb || (ta == VALUE_STR && tb == VALUE_ASCII) || (ta == VALUE_ASCII && tb == VALUE_STR);
	return same_tag && memcmp(a.ptr + 1, b.ptr + 1, a.len - 1) == 0;
}

static bool write_any_kind(struct value_out *w, const struct plan_node *node, js_value v)
{
	size_t at = w->out->len;
	if (!write_kind(w, node, v))
		return false;
	if (node->literal_count == 0)
		return true;
	struct slice written = slice_of(w->out->ptr + at, w->out->len - at);
	for (uint32_t i = 0; i < node->literal_count; i++)
		if (same_literal(node->literals[i], written))
			return true;
	w->wanted = "one of the declared values";
	w->got = "another";
	return value_out_fail(w, VALUE_OUT_MISMATCH);
}

bool value_out_write(struct value_out *w, plan_index type, js_value v)
{
	w->depth = w->failed_depth = 0;
	w->failure = VALUE_OUT_OK;
	return value_out_node(w, type, v);
}

void value_out_explain(const struct value_out *w, const char *root, struct buf *text)
{
	buf_add_cstr(text, root);
	for (unsigned i = 0; i < w->failed_depth; i++) {
		const struct value_step *step = &w->path[i];
		if (step->name >= 0)
			buf_printf(text, ".%.*s", SLICE_ARG(w->plan->names[step->name]));
		else
			buf_printf(text, "[%u]", step->index);
	}
	buf_printf(text, ": expected %s, got %s", w->wanted ? w->wanted : "data", w->got ? w->got : "something else");
}
