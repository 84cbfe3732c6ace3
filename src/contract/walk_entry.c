/* The ways into the walk: values of workers, of the decoder, of the rest rules. */
#include <stdlib.h>

#include "contract/walk.h"

static result walk_whole(struct walk *w, const struct type *type, struct slice value)
{
	struct slice rest = value;
	struct verdict_cache *cache = NULL;
	w->cache = &cache;
	bool fine = walk_value(w, type, &rest, NULL);
	w->cache = NULL;
	free(cache);
	if (!fine)
		return (result){ERR_INVALID};
	if (rest.len > 0) {
		(void)walk_fault(w, NULL, "is malformed: bytes are left over", SLICE_NONE);
		return (result){ERR_INVALID};
	}
	return w->out && !buf_ok(w->out) ? (result){ERR_LIMIT} : RESULT_OK;
}

result value_check(const struct type *type, struct slice value, struct problems *problems)
{
	uint64_t steps = WALK_STEPS_MAX;
	struct walk w = {.set = type->set, .problems = problems, .steps = &steps};
	return walk_whole(&w, type, value);
}

result value_to_json(const struct type *type, struct slice value, struct buf *out, struct problems *problems)
{
	uint64_t steps = WALK_STEPS_MAX;
	struct walk w = {.set = type->set, .problems = problems, .out = out, .steps = &steps};
	return walk_whole(&w, type, value);
}

void value_to_json_redacted(const struct type *type, struct slice value, struct buf *out)
{
	uint64_t steps = WALK_STEPS_MAX;
	struct walk w = {.set = type->set, .out = out, .redact = true, .steps = &steps};
	ignore_result(walk_whole(&w, type, value)); /* cut short is what the reader gets */
}

void value_print(const struct type_set *set, struct slice value, struct buf *out)
{
	struct walk w = {.set = set, .out = out, .raw = true, .trusted = true, .silent = true};
	ignore_result(walk_whole(&w, set ? set->loose : &decode_any, value));
}

bool type_holds(const struct type *type, struct slice value)
{
	uint64_t steps = WALK_STEPS_MAX;
	struct walk w = {.set = type->set, .raw = true, .trusted = true, .silent = true, .steps = &steps};
	return is_ok(walk_whole(&w, type, value));
}

bool walk_transcode(const struct type *type, struct slice value, const struct step *step, struct decode *d)
{
	uint64_t steps = WALK_STEPS_MAX;
	size_t count = d->problems->count;
	struct walk w = {.set = type->set,
	    .problems = d->problems,
	    .typed = &d->json,
	    .raw = true,
	    .trusted = true,
	    .steps = &steps,
	    .cache = &d->cache,
	    .sensitive = d->sensitive};
	verdict_cache_turn(d->cache);
	bool fine = walk_value(&w, type, &value, step) && steps > 0;
	if (!fine && d->problems->count == count && !d->json.full)
		(void)walk_fault(&w, step, "takes too long to check", SLICE_NONE);
	return fine;
}
