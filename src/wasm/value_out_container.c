/* Arrays and objects of the guest, item by item and name by name. Every one of them may be a proxy. */
#include "wasm/guest_text.h"
#include "wasm/value_out_parts.h"

static bool step_in(struct value_out *w, int name, uint32_t index)
{
	if (w->depth >= VALUE_DEPTH_MAX)
		return value_out_mismatch(w, "data nested less than 128 deep", JS_UNDEFINED);
	w->path[w->depth++] = (struct value_step){.name = name, .index = index};
	return true;
}

/* A container's head: tag, content bytes, count; both filled in by close_container(). */
static bool open_container(struct value_out *w, enum value_tag tag, size_t *ret_at)
{
	static const uint32_t empty[2];
	*ret_at = w->out->len;
	return value_out_put(w, tag, empty, sizeof empty);
}

static bool close_container(struct value_out *w, size_t at, uint32_t count)
{
	uint32_t head[2] = {(uint32_t)(w->out->len - at - 9), count};
	memcpy(w->out->ptr + at + 1, head, sizeof head);
	return true;
}

static bool array_length(struct value_out *w, js_value v, uint32_t *ret_count)
{
	int64_t length = 0;
	uint32_t mark = guest_mark();
	guest_ptr ret_length = guest_push(8);
	if (!ret_length || guest_JS_GetLength(w->context, v, ret_length) < 0)
		return value_out_fail(w, VALUE_OUT_THREW);
	guest_load(&length, ret_length, sizeof length);
	guest_pop(mark);
	/* Every element takes at least a byte, so a length past the cap cannot fit. */
	if (length < 0 || (uint64_t)length > w->out->cap)
		return value_out_fail(w, VALUE_OUT_TOO_LARGE);
	*ret_count = (uint32_t)length;
	return true;
}

bool value_out_array(struct value_out *w, const struct plan_node *node, js_value v)
{
	uint32_t count;
	size_t at;
	if (js_tag_of(v) != JS_TAG_OBJECT || !guest_JS_IsArray(v))
		return value_out_mismatch(w, value_out_kinds[ENGINE_KIND_ARRAY], v);
	if (!array_length(w, v, &count) || !open_container(w, VALUE_ARRAY, &at))
		return false;
	plan_index items = node->kind == ENGINE_KIND_ANY ? PLAN_ANY : node->items;
	uint32_t fixed = node->kind == ENGINE_KIND_ANY ? 0 : node->count;
	if ((count > fixed && items == PLAN_NONE) || count < fixed)
		return value_out_mismatch(w, "an array of the declared length", v);
	for (uint32_t i = 0; i < count; i++) {
		js_value item = guest_JS_GetPropertyUint32(w->context, v, i);
		if (js_is_exception(item))
			return value_out_fail(w, VALUE_OUT_THREW);
		if (!step_in(w, -1, i) || !value_out_node(w, i < fixed ? node->options[i] : items, item))
			return false;
		guest_JS_FreeValue(w->context, item);
		w->depth--;
	}
	return close_container(w, at, count);
}

static bool write_key(struct value_out *w, js_atom atom)
{
	int known = plan_name_of(w->plan, atom);
	uint16_t id = known >= 0 ? (uint16_t)known : VALUE_KEY_TEXT;
	buf_add(w->out, &id, sizeof id);
	if (known >= 0)
		return value_out_done(w);
	uint32_t n = 0;
	size_t at = w->out->len;
	buf_add(w->out, &n, sizeof n);
	js_value text = guest_JS_AtomToString(w->context, atom);
	bool ascii;
	if (js_is_exception(text) || !guest_text_append(w->context, text, w->out, &ascii))
		return value_out_fail(w, VALUE_OUT_THREW);
	guest_JS_FreeValue(w->context, text);
	if (!value_out_done(w))
		return false;
	n = (uint32_t)(w->out->len - at - sizeof n);
	memcpy(w->out->ptr + at, &n, sizeof n);
	return true;
}

static bool declares(const struct plan_node *node, js_atom atom)
{
	for (uint32_t i = 0; i < node->count; i++)
		if (node->properties[i].atom == atom)
			return true;
	return false;
}

/* One enumerable own property that no declared name covers. */
static bool write_other(struct value_out *w, const struct plan_node *node, js_value v, js_atom atom, uint32_t *count)
{
	if (node->kind == ENGINE_KIND_OBJECT && declares(node, atom))
		return true;
	js_value member = guest_JS_GetProperty(w->context, v, atom);
	if (js_is_exception(member))
		return value_out_fail(w, VALUE_OUT_THREW);
	enum js_tag tag = js_tag_of(member);
	/* As JSON.stringify leaves them out. */
	if (tag == JS_TAG_UNDEFINED || (tag == JS_TAG_OBJECT && guest_JS_IsFunction(w->context, member)))
		return true;
	if (!step_in(w, plan_name_of(w->plan, atom), 0) || !write_key(w, atom) ||
	    !value_out_node(w, node->kind == ENGINE_KIND_ANY ? PLAN_ANY : node->additional, member))
		return false;
	guest_JS_FreeValue(w->context, member);
	w->depth--;
	(*count)++;
	return true;
}

static bool write_others(struct value_out *w, const struct plan_node *node, js_value v, uint32_t *count)
{
	guest_ptr head[2] = {0};
	uint32_t mark = guest_mark();
	guest_ptr ret = guest_push(8);
	if (!ret || guest_JS_GetOwnPropertyNames(w->context, ret, ret + 4, v, JS_NAMES_STRINGS | JS_NAMES_ENUMERABLE) < 0)
		return value_out_fail(w, VALUE_OUT_THREW);
	guest_load(head, ret, sizeof head);
	guest_pop(mark);
	for (uint32_t i = 0; i < head[1]; i++) {
		/* struct JSPropertyEnum { bool is_enumerable; JSAtom atom; } */
		const void *entry = guest_at(head[0] + i * 8 + 4, 4);
		js_atom atom = 0;
		if (!entry)
			return value_out_fail(w, VALUE_OUT_TOO_LARGE);
		memcpy(&atom, entry, sizeof atom);
		if (!write_other(w, node, v, atom, count))
			return false;
	}
	guest_JS_FreePropertyEnum(w->context, head[0], head[1]);
	return true;
}

static bool write_declared(struct value_out *w, const struct plan_property *property, js_value v, uint32_t *count)
{
	js_value member = guest_JS_GetProperty(w->context, v, property->atom);
	if (js_is_exception(member))
		return value_out_fail(w, VALUE_OUT_THREW);
	if (!step_in(w, property->name, 0))
		return false;
	if (js_tag_of(member) == JS_TAG_UNDEFINED) {
		if (property->required)
			return value_out_mismatch(w, value_out_kinds[w->plan->nodes[property->type].kind], member);
		w->depth--;
		return true;
	}
	buf_add(w->out, &property->name, sizeof property->name);
	if (!value_out_node(w, property->type, member))
		return false;
	w->depth--;
	(*count)++;
	return true;
}

static bool is_plain(struct value_out *w, js_value v)
{
	return js_tag_of(v) == JS_TAG_OBJECT && !guest_JS_IsArray(v) && !guest_JS_IsFunction(w->context, v);
}

bool value_out_object(struct value_out *w, const struct plan_node *node, js_value v)
{
	uint32_t count = 0;
	size_t at;
	if (!is_plain(w, v))
		return value_out_mismatch(w, value_out_kinds[ENGINE_KIND_OBJECT], v);
	if (!open_container(w, VALUE_OBJECT, &at))
		return false;
	if (node->kind == ENGINE_KIND_OBJECT)
		for (uint32_t i = 0; i < node->count; i++)
			if (!write_declared(w, &node->properties[i], v, &count))
				return false;
	if (node->kind == ENGINE_KIND_ANY || node->additional != PLAN_NONE)
		if (!write_others(w, node, v, &count))
			return false;
	if (!value_out_done(w))
		return false;
	return close_container(w, at, count);
}
