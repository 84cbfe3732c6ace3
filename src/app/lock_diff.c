/*
 * What one lock asks beyond another. Sections and lines are merged by name and key; lock_prose.c puts each
 * difference into words. What a query reaches is told for each function that may run it, because that is who
 * gains.
 */
#include "app/lock_diff.h"

#include <stdlib.h>

#define CHANGES_MAX 100000u

void lock_add(struct lock_diff *d, enum lock_direction direction, uint32_t line, const char *fmt, ...)
{
	va_list args;
	CLEANUP_BUF struct buf text = BUF_INIT(65536);
	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	if (d->count == d->room) {
		size_t room = d->room ? d->room * 2 : 64;
		struct lock_change *items =
		    room <= CHANGES_MAX ? realloc(d->items, room * sizeof *items) : NULL;
		if (!items) {
			d->failed = true;
			return;
		}
		d->items = items;
		d->room = room;
	}
	struct slice kept = arena_copy(d->arena, buf_slice(&text));
	d->failed |= !kept.ptr;
	d->items[d->count++] = (struct lock_change){direction, line, kept};
}

/* The columns of a grant line; empty for the table as a whole. */
static struct slice columns_of(const struct lock_line *line)
{
	size_t skip = line->key.len + strlen(": ");
	return line->text.len > skip ? slice_of(line->text.ptr + skip, line->text.len - skip) : SLICE_NONE;
}

static bool has_column(struct slice list, struct slice column)
{
	while (list.ptr && list.len)
		if (slice_eq(slice_trim(slice_cut(&list, ',')), column))
			return true;
	return false;
}

/* Whether any query of a function other than `except` holds the same right, so that nobody gains or loses it.
 */
static bool held_otherwise(const struct lock *lock, const struct lock_section *function, struct slice except,
    struct slice key, struct slice column)
{
	for (size_t i = 0; function && i < function->count; i++) {
		struct slice name = function->lines[i].text;
		if (!slice_eq_cstr(slice_cut(&name, ' '), "query") || slice_eq(name, except))
			continue;
		const struct lock_section *q = lock_find(lock, SLICE("query"), name);
		for (size_t k = 0; q && k < q->count; k++)
			if (slice_eq(q->lines[k].key, key) &&
			    (!column.len || has_column(columns_of(&q->lines[k]), column)))
				return true;
	}
	return false;
}

static bool runs(const struct lock_section *function, struct slice query)
{
	for (size_t i = 0; i < function->count; i++) {
		struct slice name = function->lines[i].text;
		if (slice_eq_cstr(slice_cut(&name, ' '), "query") && slice_eq(name, query))
			return true;
	}
	return false;
}

static void tell_right(struct lock_diff *d, const struct grant_change *c)
{
	size_t told = 0;
	const struct lock *with = c->gained ? d->wanted : d->granted;
	const struct lock *without = c->gained ? d->granted : d->wanted;
	for (size_t i = 0; i < with->count; i++) {
		const struct lock_section *f = &with->sections[i];
		const struct lock_section *other = lock_find(without, f->kind, f->name);
		if (!slice_eq_cstr(f->kind, "function") || !runs(f, c->query) ||
		    held_otherwise(without, other, c->gained ? SLICE_NONE : c->query, c->key, c->column))
			continue;
		lock_tell_right(d, f->name, c);
		told++;
	}
	if (told == 0)
		lock_tell_right(d, SLICE_NONE, c);
}

static void compare_grant(struct lock_diff *d, const struct lock_section *query, const struct lock_line *from,
    const struct lock_line *to, uint32_t line)
{
	const struct lock_line *with[] = {from, to};
	for (size_t side = 0; side < 2; side++) {
		const struct lock_line *here = with[side];
		const struct lock_line *there = with[1 - side];
		struct slice rest = here ? columns_of(here) : SLICE_NONE;
		struct grant_change c = {.query = query->name, .line = line, .gained = side == 1};
		if (!here)
			continue;
		c.key = here->key;
		/* The table as a whole: a right of its own, gained or lost with the line. */
		if (!there && !rest.len)
			tell_right(d, &c);
		while (rest.ptr && rest.len) {
			c.column = slice_trim(slice_cut(&rest, ','));
			if (!there || !has_column(columns_of(there), c.column))
				tell_right(d, &c);
		}
	}
}

static bool is_grant(const struct lock_line *line)
{
	struct slice rest = line->text;
	struct slice word = slice_cut(&rest, ' ');
	return slice_eq_cstr(word, "read") || slice_eq_cstr(word, "insert") ||
	       slice_eq_cstr(word, "update") || slice_eq_cstr(word, "delete");
}

/* One of from and to may be NULL. */
static void compare_line(struct lock_diff *d, const struct lock_section *section, uint32_t section_line,
    const struct lock_line *from, const struct lock_line *to)
{
	uint32_t line = from ? from->line : section_line;
	size_t before = d->count;
	if (from && to && slice_eq(from->text, to->text))
		return;
	if (is_grant(from ? from : to))
		compare_grant(d, section, from, to, line);
	else
		lock_tell_line(d, section, line, from, to);
	/* Nothing may differ in silence, whatever the line held. */
	if (d->count == before)
		lock_add(d, LOCK_CHANGES, line, "%.*s %.*s: \"%.*s\" is now \"%.*s\"",
		    SLICE_ARG(section->kind), SLICE_ARG(section->name),
		    SLICE_ARG(from ? from->text : SLICE_NONE), SLICE_ARG(to ? to->text : SLICE_NONE));
}

static void compare_sections(
    struct lock_diff *d, const struct lock_section *from, const struct lock_section *to)
{
	static const struct lock_section none = {0};
	const struct lock_section *a = from ? from : &none;
	const struct lock_section *b = to ? to : &none;
	const struct lock_section *named = to ? to : from;
	size_t i = 0, k = 0;
	if (!from || !to)
		lock_tell_section(d, named, to != NULL);
	while (i < a->count || k < b->count) {
		int order = i == a->count   ? 1
			    : k == b->count ? -1
					    : slice_cmp(a->lines[i].key, b->lines[k].key);
		const struct lock_line *x = order <= 0 ? &a->lines[i++] : NULL;
		const struct lock_line *y = order >= 0 ? &b->lines[k++] : NULL;
		compare_line(d, named, from ? from->line : 0, x, y);
	}
}

static int section_order(const struct lock_section *a, const struct lock_section *b)
{
	int kinds = slice_cmp(a->kind, b->kind);
	return kinds ? kinds : slice_cmp(a->name, b->name);
}

static int growth_first(const void *a, const void *b)
{
	const struct lock_change *x = a;
	const struct lock_change *y = b;
	if (x->direction != y->direction)
		return x->direction < y->direction ? -1 : 1;
	return slice_cmp(x->text, y->text);
}

static void compare_all(struct lock_diff *d)
{
	const struct lock *a = d->granted;
	const struct lock *b = d->wanted;
	size_t i = 0, k = 0;
	while (i < a->count || k < b->count) {
		int order = i == a->count   ? 1
			    : k == b->count ? -1
					    : section_order(&a->sections[i], &b->sections[k]);
		const struct lock_section *x = order <= 0 ? &a->sections[i++] : NULL;
		const struct lock_section *y = order >= 0 ? &b->sections[k++] : NULL;
		compare_sections(d, x, y);
	}
}

result lock_compare(const struct lock *granted, const struct lock *wanted, struct arena *arena,
    struct error *err, struct lock_changes *ret)
{
	struct lock_diff d = {.granted = granted, .wanted = wanted, .arena = arena};
	compare_all(&d);
	struct lock_change *items = arena_array(arena, d.count + 1, sizeof *items);
	if (d.failed || !items) {
		free(d.items);
		return error_set(err, ERR_MEMORY, "there are too many differences to " LOCK_FILE);
	}
	if (d.count) {
		memcpy(items, d.items, d.count * sizeof *items);
		qsort(items, d.count, sizeof *items, growth_first);
	}
	free(d.items);
	*ret = (struct lock_changes){items, d.count};
	return RESULT_OK;
}
