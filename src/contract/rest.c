/*
 * Rules that need the whole value, checked on its encoding. Called when the plain part of the type holds.
 * Steps are counted, and verdicts about containers remembered, so that unions nested in unions do not
 * multiply the work.
 */
#include <stdlib.h>

#include "contract/walk.h"

#define CACHE_PLACES 1024u

/* Lossy: a later verdict takes the place of an earlier one. Those of an earlier turn are of other bytes. */
struct verdict_cache {
	uint32_t turn;
	struct verdict {
		const struct type *type;
		const char *at;
		uint32_t turn;
		bool holds;
	} places[CACHE_PLACES];
};

void verdict_cache_turn(struct verdict_cache *cache)
{
	if (cache)
		cache->turn++;
}

static struct verdict_cache *cache_of(struct walk *w)
{
	if (w->cache && !*w->cache)
		*w->cache = calloc(1, sizeof **w->cache);
	return w->cache ? *w->cache : NULL;
}

bool evaluated_init(struct evaluated *e, uint32_t count)
{
	*e = (struct evaluated){.count = count};
	e->bits = count <= EVALUATED_WORDS * 64 ? e->room : calloc((count + 63) / 64, sizeof *e->bits);
	return e->bits != NULL;
}

void evaluated_done(struct evaluated *e)
{
	if (e->bits != e->room)
		free(e->bits);
}

void evaluated_merge(struct evaluated *into, const struct evaluated *from)
{
	for (size_t i = 0; i < (into->count + 63) / 64; i++)
		into->bits[i] |= from->bits[i];
}

/*
 * One schema applied to the value that another is being applied to. told: its problems are ours. What it
 * looked at counts only when it holds.
 */
static bool apply(
    struct walk *w, const struct type *type, struct slice value, const struct step *step, bool told)
{
	struct evaluated own;
	struct slice rest = value;
	if (w->applied >= WALK_APPLIED_MAX)
		return walk_fault(w, step, "has a type that refers to itself without end", SLICE_NONE);
	struct walk inner = *w;
	inner.applied++;
	inner.out = NULL;
	inner.typed = NULL;
	inner.trusted = inner.silent = true;
	if (!told)
		inner.problems = NULL;
	if (w->ev) {
		if (!evaluated_init(&own, w->ev->count))
			return walk_fault(w, step, "is too large to check", SLICE_NONE);
		inner.ev = &own;
	}
	bool holds = walk_value(&inner, type, &rest, step);
	if (w->ev) {
		if (holds)
			evaluated_merge(w->ev, &own);
		evaluated_done(&own);
	}
	return holds;
}

static struct verdict *place_of(struct verdict_cache *cache, const struct type *type, const char *at)
{
	uint64_t h = ((uintptr_t)at * 31 + type->index) * 0x9e3779b97f4a7c15u;
	return &cache->places[h >> 54 & (CACHE_PLACES - 1)];
}

/* Whether an option holds; for containers nested in others the verdict is remembered. */
static bool option_holds(struct walk *w, const struct type *type, struct slice value, const struct step *step)
{
	uint8_t tag = (uint8_t)value.ptr[0];
	if (w->ev || w->set->dynamic || (tag != VALUE_ARRAY && tag != VALUE_OBJECT) || !cache_of(w))
		return apply(w, type, value, step, false);
	struct verdict *place = place_of(*w->cache, type, value.ptr);
	if (place->type == type && place->at == value.ptr && place->turn == (*w->cache)->turn)
		return place->holds;
	bool holds = apply(w, type, value, step, false);
	*place = (struct verdict){type, value.ptr, (*w->cache)->turn, holds};
	return holds;
}

static uint32_t options_held(struct walk *w, const struct rest *rule, struct slice value,
    const struct value_item *item, const struct step *step, int *ret_first)
{
	uint32_t held = 0;
	uint64_t worth = rule->sieve ? sieve_options(w->set, rule->sieve, item) : UINT64_MAX;
	*ret_first = -1;
	for (uint32_t i = 0; i < rule->type_count; i++) {
		if (rule->sieve && !(worth >> i & 1))
			continue;
		if (!option_holds(w, rule->types[i], value, step))
			continue;
		if (held++ == 0)
			*ret_first = (int)i;
		/* The others matter when exactly one may hold, or when someone asks what they looked at. */
		if (rule->kind == REST_ANY && !w->ev)
			break;
	}
	return held;
}

static bool every(struct walk *w, const struct rest *rule, struct slice value, const struct value_item *item,
    const struct step *step)
{
	(void)item;
	for (uint32_t i = 0; i < rule->type_count; i++)
		if (!apply(w, rule->types[i], value, step, true))
			return false;
	return true;
}

static bool some(struct walk *w, const struct rest *rule, struct slice value, const struct value_item *item,
    const struct step *step)
{
	int first;
	uint32_t held = options_held(w, rule, value, item, step, &first);
	if (held == 1 || (held > 1 && rule->kind == REST_ANY))
		return true;
	return walk_fault(w, step,
	    held == 0 ? "must be one of the alternatives of its type"
		      : "must be only one of the alternatives of its type",
	    SLICE_NONE);
}

static bool none(struct walk *w, const struct rest *rule, struct slice value, const struct value_item *item,
    const struct step *step)
{
	struct evaluated *ev = w->ev;
	(void)item;
	w->ev = NULL;
	bool holds = apply(w, rule->types[0], value, step, false);
	w->ev = ev;
	return !holds || walk_fault(w, step, "must not be what its type excludes", SLICE_NONE);
}

static bool condition(struct walk *w, const struct rest *rule, struct slice value,
    const struct value_item *item, const struct step *step)
{
	(void)item;
	const struct type *then = rule->types[apply(w, rule->types[0], value, step, false) ? 1 : 2];
	return !then || apply(w, then, value, step, true);
}

static bool contains(struct walk *w, const struct rest *rule, struct slice value,
    const struct value_item *item, const struct step *step)
{
	struct slice rest = item->text;
	struct value_item one;
	uint64_t found = 0;
	(void)value;
	if (item->tag != VALUE_ARRAY)
		return true;
	for (uint32_t i = 0; i < item->count; i++) {
		const char *start = rest.ptr;
		if (!value_read(&rest, &one))
			return false;
		if (!walk_holds(w, rule->types[0], slice_of(start, (size_t)(rest.ptr - start))))
			continue;
		found++;
		if (w->ev)
			evaluated_mark(w->ev, i);
	}
	return (found >= rule->low && found <= rule->high) ||
	       walk_fault(w, step, "must have another number of items of one type", SLICE_NONE);
}

static bool unique(struct walk *w, const struct rest *rule, struct slice value, const struct value_item *item,
    const struct step *step)
{
	(void)rule;
	(void)value;
	return item->tag != VALUE_ARRAY || items_distinct(w->set, item->text, item->count) ||
	       walk_fault(w, step, "must not have an item twice", SLICE_NONE);
}

static bool names(struct walk *w, const struct rest *rule, struct slice value, const struct value_item *item,
    const struct step *step)
{
	CLEANUP_BUF struct buf encoded = BUF_INIT(SIZE_MAX);
	struct slice rest = item->text, key;
	if (item->tag != VALUE_OBJECT)
		return true;
	while (rest.len > 0 && member_next(w->set, &rest, &key, &value)) {
		struct value_writer writer;
		buf_clear(&encoded);
		value_writer_init(&writer, &encoded);
		value_write_string(&writer, key);
		struct step here = {.up = step, .key = key.ptr ? key : SLICE("")};
		if (!buf_ok(&encoded) || !walk_holds(w, rule->types[0], buf_slice(&encoded)))
			return walk_fault(w, &here, "must not have this name", SLICE_NONE);
	}
	return true;
}

static bool depend_names(struct walk *w, const struct rest *rule, struct slice value,
    const struct value_item *item, const struct step *step)
{
	if (item->tag != VALUE_OBJECT || !member_find(w->set, item->text, rule->names[0], &value))
		return true;
	for (uint32_t i = 1; i < rule->name_count; i++) {
		struct step here = {.up = step, .key = rule->names[i].ptr ? rule->names[i] : SLICE("")};
		if (!member_find(w->set, item->text, rule->names[i], &value))
			return walk_fault(w, &here, "is missing", SLICE_NONE);
	}
	return true;
}

static bool depend_type(struct walk *w, const struct rest *rule, struct slice value,
    const struct value_item *item, const struct step *step)
{
	struct slice member;
	if (item->tag != VALUE_OBJECT || !member_find(w->set, item->text, rule->names[0], &member))
		return true;
	return apply(w, rule->types[0], value, step, true);
}

/* JSON Schema core 8.2.3.2: the outermost resource entered that has the anchor. */
static bool dynamic(struct walk *w, const struct rest *rule, struct slice value,
    const struct value_item *item, const struct step *step)
{
	const struct type *target = rule->types[0];
	(void)item;
	for (const struct scope *s = w->scope; s; s = s->up)
		for (const struct anchor *a = w->set->resources[s->resource].anchors; a; a = a->next)
			if (a->dynamic && a->type && slice_eq(a->name, rule->anchor))
				target = a->type;
	return apply(w, target, value, step, true);
}

static bool other_properties(struct walk *w, const struct rest *rule, struct slice value,
    const struct value_item *item, const struct step *step)
{
	struct slice rest = item->text, key;
	if (item->tag != VALUE_OBJECT)
		return true;
	for (uint32_t i = 0; i < item->count && member_next(w->set, &rest, &key, &value); i++) {
		if (evaluated_has(w->ev, i))
			continue;
		struct step here = {.up = step, .key = key.ptr ? key : SLICE("")};
		if (!walk_holds(w, rule->types[0], value))
			return walk_fault(w, &here, "is not a known field", SLICE_NONE);
		evaluated_mark(w->ev, i);
	}
	return true;
}

static bool other_items(struct walk *w, const struct rest *rule, struct slice value,
    const struct value_item *item, const struct step *step)
{
	struct slice rest = item->text;
	struct value_item one;
	(void)value;
	if (item->tag != VALUE_ARRAY)
		return true;
	for (uint32_t i = 0; i < item->count; i++) {
		const char *start = rest.ptr;
		if (!value_read(&rest, &one))
			return false;
		if (evaluated_has(w->ev, i))
			continue;
		struct step here = {.up = step, .index = i};
		if (!walk_holds(w, rule->types[0], slice_of(start, (size_t)(rest.ptr - start))))
			return walk_fault(w, &here, "must not be there", SLICE_NONE);
		evaluated_mark(w->ev, i);
	}
	return true;
}

static bool (*const rules[REST_KINDS])(struct walk *w, const struct rest *rule, struct slice value,
    const struct value_item *item, const struct step *step) = {
    [REST_ALL] = every,
    [REST_ANY] = some,
    [REST_ONE] = some,
    [REST_NOT] = none,
    [REST_IF] = condition,
    [REST_CONTAINS] = contains,
    [REST_UNIQUE] = unique,
    [REST_NAMES] = names,
    [REST_DEPEND_NAMES] = depend_names,
    [REST_DEPEND_TYPE] = depend_type,
    [REST_DYNAMIC] = dynamic,
    [REST_OTHER_PROPERTIES] = other_properties,
    [REST_OTHER_ITEMS] = other_items,
};

bool rest_walk(struct walk *w, const struct type *type, struct slice value, const struct step *step)
{
	struct value_item item;
	struct slice at = value;
	if (!value_read(&at, &item))
		return false;
	for (uint32_t i = 0; i < type->rest_count; i++)
		if (!rules[type->rest[i].kind](w, &type->rest[i], value, &item, step))
			return false;
	/* Out of steps, or a pattern undecided: what failed below for that reason must not have let something
	 * pass here. */
	return !w->steps || *w->steps > 0 || walk_fault(w, step, "takes too long to check", SLICE_NONE);
}

bool walk_holds(const struct walk *w, const struct type *type, struct slice value)
{
	struct walk inner = *w;
	struct slice rest = value;
	inner.problems = NULL;
	inner.out = NULL;
	inner.typed = NULL;
	inner.ev = NULL;
	inner.applied = 0;
	inner.trusted = inner.silent = true;
	return walk_value(&inner, type, &rest, NULL);
}

bool rest_holds(const struct type *type, struct slice value, const struct step *step, bool sensitive,
    struct problems *problems)
{
	uint64_t steps = WALK_STEPS_MAX;
	struct verdict_cache *cache = NULL;
	struct walk w = {.set = type->set,
	    .raw = true,
	    .trusted = true,
	    .silent = true,
	    .problems = problems,
	    .sensitive = sensitive,
	    .cache = &cache,
	    .steps = &steps};
	/* What the plain part looked at must be told, too: then the whole type is walked. */
	bool holds = (type->tracks ? apply(&w, type, value, step, true) : rest_walk(&w, type, value, step)) &&
		     steps > 0;
	free(cache);
	return holds;
}

/* The option that is left when the sieve leaves one: it needs no trial, since whoever asks walks it next. */
static int only_option(const struct walk *w, const struct rest *rule, const struct value_item *item)
{
	uint64_t worth = rule->sieve ? sieve_options(w->set, rule->sieve, item) : 0;
	return worth != 0 && (worth & (worth - 1)) == 0 ? __builtin_ctzll(worth) : -1;
}

int rest_option(struct walk *w, const struct type *type, struct slice value, const struct value_item *item,
    const struct step *step)
{
	const struct rest *rule = &type->rest[0];
	int first = only_option(w, rule, item);
	if (first >= 0)
		return first;
	uint32_t held = options_held(w, rule, value, item, step, &first);
	if (w->steps && *w->steps == 0)
		return -1;
	return held == 1 || rule->kind == REST_ANY ? first : -1;
}
