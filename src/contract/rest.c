/* Rules that need the whole value, checked on its encoding. Called when the plain part of the type holds. */
#include "contract/walk.h"

static bool holds(const struct walk *w, const struct type *type, struct slice value)
{
	struct walk silent = {.set = w->set, .raw = w->raw, .held_is_string = true, .trusted = true, .silent = true, .depth = w->depth};
	struct slice rest = value;
	return walk_value(&silent, type, &rest, NULL);
}

static bool fault(struct walk *w, const struct step *step, const char *what)
{
	if (!w->problems)
		return false;
	char room[PROBLEM_PATH_MAX];
	struct buf path = {.ptr = room, .size = sizeof room, .cap = sizeof room};
	step_path(step, &path);
	(void)problems_add(w->problems, buf_slice(&path), what, SLICE_NONE).code;
	return false;
}

static bool rule_holds(struct walk *w, const struct rest *rule, struct slice value, const struct step *step)
{
	uint32_t held = 0;
	switch (rule->kind) {
	case REST_ALL:
		for (uint32_t i = 0; i < rule->type_count; i++) {
			struct walk told = {.set = w->set, .raw = w->raw, .held_is_string = true, .trusted = true, .silent = true,
			    .depth = w->depth, .problems = w->problems, .sensitive = w->sensitive};
			struct slice rest = value;
			if (!walk_value(&told, rule->types[i], &rest, step))
				return false;
		}
		return true;
	case REST_ANY:
		for (uint32_t i = 0; i < rule->type_count; i++)
			if (holds(w, rule->types[i], value))
				return true;
		return fault(w, step, "must be one of the alternatives of its type");
	case REST_ONE:
		for (uint32_t i = 0; i < rule->type_count; i++)
			held += holds(w, rule->types[i], value);
		return held == 1 || fault(w, step, "must be exactly one of the alternatives of its type");
	case REST_NOT:
		return !holds(w, rule->types[0], value) || fault(w, step, "must not be what its type excludes");
	default:
		return fault(w, step, "cannot be checked");
	}
}

bool rest_walk(struct walk *w, const struct type *type, struct slice value, const struct step *step)
{
	for (uint32_t i = 0; i < type->rest_count; i++)
		if (!rule_holds(w, &type->rest[i], value, step))
			return false;
	return true;
}

bool rest_holds(const struct type *type, struct slice value, const struct step *step, bool sensitive, struct problems *problems)
{
	struct walk w = {.set = type->set, .raw = true, .held_is_string = true, .trusted = true, .silent = true,
	    .problems = problems, .sensitive = sensitive};
	return rest_walk(&w, type, value, step);
}
