/* The list of findings: copies, order, fingerprints. Called by every scanner; trusts nothing but its own
 * arena. */
#include "review/finding.h"

#include <stdlib.h>

static const struct {
	const char *name;
	const char *score;
} severities[] = {
    [SEVERITY_INFO] = {"info", "0.1"},
    [SEVERITY_LOW] = {"low", "3.0"},
    [SEVERITY_MEDIUM] = {"medium", "5.5"},
    [SEVERITY_HIGH] = {"high", "8.0"},
    [SEVERITY_CRITICAL] = {"critical", "9.5"},
};

/* A text longer than this in a message helps nobody and would let one file fill the arena. */
#define FINDING_TEXT_MAX 2048u
#define FINDINGS_ARENA_MAX ((size_t)512 << 20)

const char *severity_name(enum severity s)
{
	return severities[s].name;
}

const char *severity_score(enum severity s)
{
	return severities[s].score;
}

bool severity_from(struct slice name, enum severity *ret_severity)
{
	for (size_t i = 0; i < sizeof(severities) / sizeof *severities; i++) {
		if (!slice_eq_nocase(name, slice_cstr(severities[i].name)))
			continue;
		*ret_severity = (enum severity)i;
		return true;
	}
	return false;
}

void findings_init(struct findings *list, size_t cap)
{
	*list = (struct findings){.cap = cap};
	arena_init(&list->arena, FINDINGS_ARENA_MAX);
}

void findings_done(struct findings *list)
{
	if (!list)
		return;
	free(list->items);
	arena_done(&list->arena);
	*list = (struct findings){.cap = 0};
}

/* FNV-1a, 64 bits: stored in baselines, so it must never change and must not be seeded. */
static uint64_t fnv(uint64_t hash, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		hash = (hash ^ (unsigned char)s.ptr[i]) * 0x100000001b3u;
	return (hash ^ 0xff) * 0x100000001b3u;
}

static uint64_t fnv_without_spaces(uint64_t hash, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != ' ' && s.ptr[i] != '\t' && s.ptr[i] != '\r')
			hash = (hash ^ (unsigned char)s.ptr[i]) * 0x100000001b3u;
	return hash;
}

uint64_t finding_fingerprint(const char *rule, struct slice file, struct slice subject_or_line)
{
	uint64_t hash = fnv(0xcbf29ce484222325u, slice_cstr(rule));
	return fnv_without_spaces(fnv(hash, file), subject_or_line);
}

static bool copy(struct arena *arena, struct slice *s)
{
	if (s->len == 0) {
		*s = SLICE_NONE;
		return true;
	}
	if (s->len > FINDING_TEXT_MAX)
		s->len = FINDING_TEXT_MAX;
	*s = arena_copy(arena, *s);
	return s->ptr != NULL;
}

static bool copy_steps(struct arena *arena, struct finding *f)
{
	if (f->step_count == 0)
		return true;
	struct finding_step *steps = arena_array(arena, f->step_count, sizeof *steps);
	if (!steps)
		return false;
	bool ok = true;
	for (size_t i = 0; i < f->step_count; i++) {
		steps[i] = f->steps[i];
		ok = ok && copy(arena, &steps[i].file) && copy(arena, &steps[i].note);
	}
	f->steps = steps;
	return ok;
}

static result add_copy(struct findings *list, struct finding f, struct error *err)
{
	if (list->count >= list->cap) {
		list->truncated = true;
		return RESULT_OK;
	}
	if (list->count == list->size) {
		size_t size = list->size ? list->size * 2 : 64;
		struct finding *items = reallocarray(list->items, size, sizeof *items);
		if (!items)
			return error_set(err, ERR_MEMORY, "no memory for findings");
		list->items = items;
		list->size = size;
	}
	struct arena *a = &list->arena;
	bool ok = copy(a, &f.file) && copy(a, &f.message) && copy(a, &f.fix) && copy(a, &f.subject) &&
		  copy(a, &f.edit.text) && copy(a, &f.suppressed_why) && copy_steps(a, &f);
	if (!ok)
		return error_set(err, ERR_MEMORY, "no memory for findings");
	list->items[list->count++] = f;
	return RESULT_OK;
}

result findings_add(struct findings *list, const struct finding *f, struct slice line_text, struct error *err)
{
	struct finding item = *f;
	if (line_text.len > FINDING_TEXT_MAX)
		line_text.len = FINDING_TEXT_MAX;
	item.fingerprint = finding_fingerprint(f->rule->id, f->file, f->subject.len ? f->subject : line_text);
	return add_copy(list, item, err);
}

result findings_restore(struct findings *list, const struct finding *f, struct error *err)
{
	return add_copy(list, *f, err);
}

result findings_append(struct findings *to, const struct findings *from, struct error *err)
{
	for (size_t i = 0; i < from->count; i++)
		TRY(add_copy(to, from->items[i], err));
	to->truncated = to->truncated || from->truncated;
	return RESULT_OK;
}

static int order_u32(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static int compare(const void *pa, const void *pb)
{
	const struct finding *a = pa;
	const struct finding *b = pb;
	int order = slice_cmp(a->file, b->file);
	if (order == 0)
		order = order_u32(a->line, b->line);
	if (order == 0)
		order = order_u32(a->col, b->col);
	if (order == 0)
		order = strcmp(a->rule->id, b->rule->id);
	return order ? order : slice_cmp(a->message, b->message);
}

static bool same_place(const struct finding *a, const struct finding *b)
{
	/* Findings about a file as a whole are told apart by what they are about. */
	return a->rule == b->rule && a->line == b->line && a->col == b->col && slice_eq(a->file, b->file) &&
	       (a->line > 0 || a->fingerprint == b->fingerprint);
}

void findings_sort(struct findings *list)
{
	if (list->count < 2)
		return;
	qsort(list->items, list->count, sizeof *list->items, compare);
	size_t kept = 1;
	for (size_t i = 1; i < list->count; i++)
		if (!same_place(&list->items[kept - 1], &list->items[i]))
			list->items[kept++] = list->items[i];
	list->count = kept;
}
