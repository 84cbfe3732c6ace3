/*
 * Whether every value of one schema ("from") is a value of another ("to"), with the place of each reason why
 * not. For an input, from is the old type and to the new one; for an output the other way round. Where it
 * cannot tell, it says that it breaks: a false alarm costs a look, a missed one a client.
 */
#include "app/contract/compat_types.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "app/contract/schema_side.h"
#include "app/contract/signature.h"

#define PATH_MAX_BYTES 1024u
#define PAIRS_MAX 512u
#define STEPS_MAX 200000u

/* Two named types that are being compared or have been found to fit: comparing them again cannot change that.
 */
struct pair {
	const json_t *from, *to;
};

struct comparing {
	enum compat_flow flow;
	compat_break_fn *tell;
	void *context;
	char path[PATH_MAX_BYTES];
	size_t path_length;
	unsigned depth;
	unsigned quiet; /* while alternatives are tried */
	size_t breaks;
	struct pair pairs[PAIRS_MAX];
	size_t pair_count;
	size_t steps; /* past STEPS_MAX types are too entangled to tell: that breaks */
};

static void compare(struct comparing *c, struct side from, struct side to);

/* ---- telling ---- */

static void sign(struct side s, struct buf *out)
{
	/* The definitions come along for what the signature names. */
	json_t *copy = json_is_object(s.here) ? json_copy((json_t *)(uintptr_t)s.here) : NULL;
	char *text = s.here ? json_dumps(copy ? copy : s.here, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	if (text)
		ignore_result(signature_write(slice_cstr(text), out, NULL));
	free(text);
	json_decref(copy);
}

static void broken(struct comparing *c, struct side from, struct side to)
{
	CLEANUP_BUF struct buf a = BUF_INIT(65536);
	CLEANUP_BUF struct buf b = BUF_INIT(65536);
	c->breaks++;
	if (c->quiet)
		return;
	sign(from, &a);
	sign(to, &b);
	bool input = c->flow == COMPAT_INPUT;
	c->tell(c->context, slice_of(c->path, c->path_length), buf_slice(input ? &a : &b),
	    buf_slice(input ? &b : &a));
}

static size_t push(struct comparing *c, const char *between, const char *name)
{
	size_t before = c->path_length;
	int n = snprintf(c->path + before, sizeof c->path - before, "%s%s", between, name);
	if (n > 0 && before + (size_t)n < sizeof c->path)
		c->path_length += (size_t)n;
	return before;
}

static void pop(struct comparing *c, size_t before)
{
	c->path_length = before;
	c->path[before] = '\0';
}

static size_t breaks_of(struct comparing *c, struct side from, struct side to)
{
	size_t before = c->breaks;
	c->quiet++;
	compare(c, from, to);
	c->quiet--;
	size_t found = c->breaks - before;
	c->breaks = before;
	return found;
}

static void compare_literals(struct comparing *c, struct side from, struct side to)
{
	const json_t *constant = json_object_get(from.here, "const");
	const json_t *list = json_object_get(from.here, "enum");
	bool all = !constant || literal_fits_some(constant, to);
	for (size_t i = 0; i < json_array_size(list); i++)
		all = all && literal_fits_some(json_array_get(list, i), to);
	if (!all)
		broken(c, from, to);
}

/* ---- containers ---- */

static void compare_arrays(struct comparing *c, struct side from, struct side to)
{
	const json_t *a = json_object_get(from.here, "prefixItems");
	const json_t *b = json_object_get(to.here, "prefixItems");
	size_t count = json_array_size(a) > json_array_size(b) ? json_array_size(a) : json_array_size(b);
	for (size_t i = 0; i < count; i++) {
		char index[32];
		(void)snprintf(index, sizeof index, "[%zu]", i);
		size_t before = push(c, "", index);
		struct side x =
		    i < json_array_size(a) ? side_at(from, json_array_get(a, i)) : side_member(from, "items");
		struct side y =
		    i < json_array_size(b) ? side_at(to, json_array_get(b, i)) : side_member(to, "items");
		compare(c, x, y);
		pop(c, before);
	}
	size_t before = push(c, "", "[]");
	compare(c, side_member(from, "items"), side_member(to, "items"));
	pop(c, before);
}

/* A member that only one side names. */
static void compare_extra(struct comparing *c, struct side from, struct side to)
{
	struct side others = side_member(to, "additionalProperties");
	/* New members of an output hurt nobody; of an input they are those that old callers still send. */
	if (c->flow == COMPAT_OUTPUT && (!others.here || json_is_false(others.here)))
		return;
	if (json_is_false(others.here))
		broken(c, from, side_at(to, NULL));
	else if (others.here)
		compare(c, from, others);
}

static void compare_objects(struct comparing *c, struct side from, struct side to)
{
	const json_t *mine = json_object_get(from.here, "properties");
	const json_t *theirs = json_object_get(to.here, "properties");
	const json_t *always = json_object_get(from.here, "required");
	const json_t *needed = json_object_get(to.here, "required");
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)mine, name, value)
	{
		size_t before = push(c, ".", name);
		const json_t *other = json_object_get(theirs, name);
		if (other)
			compare(c, side_at(from, value), side_at(to, other));
		else
			compare_extra(c, side_at(from, value), to);
		if (other && list_has_word(needed, name) && !list_has_word(always, name))
			broken(c, side_at(from, NULL), side_at(to, other));
		pop(c, before);
	}
	json_object_foreach((json_t *)(uintptr_t)theirs, name, value)
	{
		if (json_object_get(mine, name) || !list_has_word(needed, name))
			continue;
		size_t before = push(c, ".", name);
		broken(c, side_at(from, NULL), side_at(to, value));
		pop(c, before);
	}
	struct side others = side_member(from, "additionalProperties");
	if (others.here && !json_is_false(others.here)) {
		size_t before = push(c, "", "[key]");
		struct side wanted = side_member(to, "additionalProperties");
		if (!json_is_false(wanted.here) || c->flow == COMPAT_INPUT)
			compare(c, others, wanted);
		pop(c, before);
	}
}

/* ---- unions ---- */

static bool same_kind(struct side a, struct side b)
{
	const char *x = side_type(a);
	const char *y = side_type(b);
	return x && y && strcmp(x, y) == 0;
}

/* One alternative of from against a union: some alternative must take it; the one of its kind says what is
 * wrong. */
static void compare_to_options(struct comparing *c, struct side from, struct side to, const json_t *options)
{
	struct side alike = {0};
	size_t alike_count = 0;
	bool named;
	for (size_t i = 0; i < json_array_size(options); i++) {
		struct side option = side_at(to, json_array_get(options, i));
		if (breaks_of(c, from, option) == 0)
			return;
		if (same_kind(from, side_resolve(option, &named))) {
			alike = option;
			alike_count++;
		}
	}
	if (alike_count == 1)
		compare(c, from, alike);
	else
		broken(c, from, to);
}

/* A list of types is a union of the same schema under each. */
static json_t *spread_types(struct side s)
{
	const json_t *types = json_object_get(s.here, "type");
	json_t *options = json_is_array(types) ? json_array() : NULL;
	for (size_t i = 0; options && i < json_array_size(types); i++) {
		json_t *one = json_copy((json_t *)(uintptr_t)s.here);
		(void)json_object_set(one, "type", json_array_get(types, i));
		(void)json_array_append_new(options, one);
	}
	json_t *union_ = options ? json_pack("{s:o}", "anyOf", options) : NULL;
	return union_;
}

static void compare_plain(struct comparing *c, struct side from, struct side to)
{
	const char *a = side_type(from);
	const char *b = side_type(to);
	bool whole = a && b && strcmp(a, "integer") == 0 && strcmp(b, "number") == 0;
	if (json_object_get(from.here, "const") || json_object_get(from.here, "enum")) {
		compare_literals(c, from, to);
	} else if (json_object_get(to.here, "const") || json_object_get(to.here, "enum") || !a || !b ||
		   (strcmp(a, b) != 0 && !whole) || !bounds_hold(from, to)) {
		broken(c, from, to);
	} else if (strcmp(a, "object") == 0) {
		compare_objects(c, from, to);
	} else if (strcmp(a, "array") == 0) {
		compare_arrays(c, from, to);
	}
}

static void compare_resolved(struct comparing *c, struct side from, struct side to)
{
	json_t *from_spread = spread_types(from);
	json_t *to_spread = spread_types(to);
	if (from_spread)
		from.here = from_spread;
	if (to_spread)
		to.here = to_spread;
	const json_t *mine = side_options(from);
	const json_t *theirs = side_options(to);
	for (size_t i = 0; i < json_array_size(mine); i++)
		compare(c, side_at(from, json_array_get(mine, i)), to);
	if (!mine && theirs)
		compare_to_options(c, from, to, theirs);
	else if (!mine)
		compare_plain(c, from, to);
	json_decref(from_spread);
	json_decref(to_spread);
}

static bool is_known(const struct comparing *c, struct side from, struct side to)
{
	for (size_t i = 0; i < c->pair_count; i++)
		if (c->pairs[i].from == from.here && c->pairs[i].to == to.here)
			return true;
	return false;
}

/* Named types may name themselves: a pair that is met again while it is compared holds if the rest of it
 * does. */
static void compare_named(struct comparing *c, struct side from, struct side to)
{
	size_t mark = c->pair_count;
	size_t breaks = c->breaks;
	if (is_known(c, from, to))
		return;
	if (c->pair_count < PAIRS_MAX)
		c->pairs[c->pair_count++] = (struct pair){from.here, to.here};
	compare_resolved(c, from, to);
	/* What was found to fit on the way may have rested on this pair: it goes with it. */
	if (c->breaks != breaks)
		c->pair_count = mark;
}

static void compare(struct comparing *c, struct side from, struct side to)
{
	bool named = false;
	from = side_resolve(from, &named);
	to = side_resolve(to, &named);
	if (side_accepts_all(to) || json_is_false(from.here))
		return;
	if (side_accepts_all(from) || json_is_false(to.here) || c->depth == DEPTH_MAX ||
	    c->steps++ > STEPS_MAX) {
		broken(c, from, to);
		return;
	}
	c->depth++;
	if (named)
		compare_named(c, from, to);
	else
		compare_resolved(c, from, to);
	c->depth--;
}

static json_t *load(struct slice schema)
{
	return schema.ptr ? json_loadb(schema.ptr, schema.len, JSON_DECODE_ANY, NULL) : NULL;
}

result compat_types(struct slice before, struct slice after, enum compat_flow flow, const char *where,
    compat_break_fn *tell, void *context, struct error *err)
{
	json_t *old_root = load(before);
	json_t *new_root = load(after);
	struct comparing c = {.flow = flow, .tell = tell, .context = context};
	struct side old_side = {old_root, old_root};
	struct side new_side = {new_root, new_root};
	result r = RESULT_OK;
	(void)push(&c, "", where);
	struct side from = flow == COMPAT_INPUT ? old_side : new_side;
	struct side to = flow == COMPAT_INPUT ? new_side : old_side;
	if ((before.ptr && !old_root) || (after.ptr && !new_root))
		r = error_set(err, ERR_INVALID, "a schema is not JSON");
	else if (from.here && to.here)
		compare(&c, from, to);
	else if (from.here)
		broken(&c, from, to);
	json_decref(old_root);
	json_decref(new_root);
	return r;
}
