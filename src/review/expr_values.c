/* Operands of comparisons to texts: what a path visits, literals, and the functions of the language. */
#include "review/expr_walk.h"

#include <stdlib.h>

#include "base/base64.h"

static void add_value(struct values *v, struct value item)
{
	if (v->count < VALUES_MAX)
		v->items[v->count++] = item;
}

static void add_node(struct evaluation *ev, struct values *v, struct hit h, unsigned depth)
{
	if (h.value->kind == NODE_LIST && depth < 4) {
		for (struct node *c = h.value->first; c && v->count < VALUES_MAX; c = c->next)
			add_node(
			    ev, v, (struct hit){h.at != h.value ? h.at : c, expr_resolve(ev, c)}, depth + 1);
	} else if (node_is_scalar(h.value) && h.value->kind != NODE_NULL) {
		add_value(
		    v, (struct value){.text = h.value->text, .known = h.value->kind != NODE_REF, .at = h.at});
	}
}

static bool collect(struct walk *w, struct hit h)
{
	struct values *v = w->arg;
	add_node(w->ev, v, h, 0);
	return v->count < VALUES_MAX;
}

static bool count_hit(struct walk *w, struct hit h)
{
	size_t *n = w->arg;
	*n += h.value->kind == NODE_LIST ? h.value->count : h.value->kind != NODE_NULL;
	return true;
}

static struct slice number_text(struct evaluation *ev, size_t n)
{
	return slice_cstr(arena_printf(ev->scope->sink.arena, "%zu", n));
}

const struct resource *expr_resource_of(const struct evaluation *ev, const struct path *path)
{
	if (path->start == START_RESOURCE)
		return ev->resource;
	for (uint32_t i = ev->variable_count; path->start == START_VARIABLE && i-- > 0;)
		if (slice_eq(ev->variables[i].name, slice_of(path->variable.ptr + 1, path->variable.len - 1)))
			return ev->variables[i].resource;
	return ev->current_resource ? ev->current_resource : ev->resource;
}

static struct slice decode_base64(struct evaluation *ev, struct slice s)
{
	char *out = arena_alloc(ev->scope->sink.arena, s.len + 1);
	size_t len = 0;
	unsigned bits = 0;
	unsigned have = 0;
	for (size_t i = 0; out && i < s.len; i++) {
		int digit = base64_digit(s.ptr[i]);
		if (digit < 0)
			continue;
		bits = (bits << 6 | (unsigned)digit) & 0xffffff;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		out[len++] = (char)(bits >> have & 0xff);
	}
	return out ? slice_of(out, len) : SLICE_NONE;
}

static struct slice lower(struct evaluation *ev, struct slice s)
{
	char *out = arena_cstr(ev->scope->sink.arena, s);
	for (size_t i = 0; out && i < s.len; i++)
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] - 'A' + 'a');
	return out ? slice_of(out, s.len) : SLICE_NONE;
}

static struct slice after_slash(struct slice s)
{
	const char *slash = s.len ? memchr(s.ptr, '/', s.len) : NULL;
	return slash ? slice_of(slash + 1, (size_t)(s.ptr + s.len - slash - 1)) : SLICE_NONE;
}

static void map_values(struct evaluation *ev, enum function f, struct values *v)
{
	for (unsigned i = 0; i < v->count; i++) {
		struct value *item = &v->items[i];
		if (f == FUNCTION_LENGTH)
			item->text = number_text(ev, item->text.len);
		else if (f == FUNCTION_LOWER)
			item->text = lower(ev, item->text);
		else if (f == FUNCTION_DECODED)
			item->text = decode_base64(ev, item->text);
		else if (f == FUNCTION_PREFIX)
			item->text = after_slash(item->text);
	}
}

static void call(struct evaluation *ev, const struct operand *o, struct values *v)
{
	size_t n = 0;
	struct walk w = {.ev = ev, .visit = o->function == FUNCTION_COUNT ? count_hit : collect, .arg = v};
	struct value one = {.known = true};
	switch (o->function) {
	case FUNCTION_COUNT:
		w.arg = &n;
		expr_walk_path(&w, o->path);
		one.text = number_text(ev, n);
		one.at = w.deepest;
		break;
	case FUNCTION_NAME:
		one.text = expr_resource_of(ev, o->path)->name;
		break;
	case FUNCTION_TYPE:
		one.text = expr_resource_of(ev, o->path)->type;
		break;
	case FUNCTION_FILE:
		one.text = expr_resource_of(ev, o->path)->document->path;
		break;
	case FUNCTION_KEY: {
		struct node *at = path_place(ev, o->path);
		at = at ? at : expr_start_of(ev, o->path);
		one.text = at ? at->key : SLICE_NONE;
		one.at = at;
		break;
	}
	case FUNCTION_LAST:
		expr_walk_path(&w, o->path);
		v->place = w.deepest;
		if (v->count > 1)
			v->items[0] = v->items[v->count - 1];
		v->count = v->count > 0;
		return;
	case FUNCTION_LENGTH:
	case FUNCTION_LOWER:
	case FUNCTION_DECODED:
	case FUNCTION_PREFIX:
		expr_walk_path(&w, o->path);
		v->place = w.deepest;
		map_values(ev, o->function, v);
		return;
	}
	add_value(v, one);
}

void expr_values_of(struct evaluation *ev, const struct operand *o, struct values *v)
{
	if (o->kind == OPERAND_TEXT) {
		add_value(v, (struct value){.text = o->text, .known = true});
	} else if (o->kind == OPERAND_LIST) {
		for (const struct operand *i = o->items; i; i = i->next)
			expr_values_of(ev, i, v);
	} else if (o->kind == OPERAND_CALL) {
		call(ev, o, v);
	} else {
		struct walk w = {.ev = ev, .visit = collect, .arg = v};
		expr_walk_path(&w, o->path);
		v->place = w.deepest;
	}
}
