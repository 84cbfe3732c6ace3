/*
 * What one lock asks beyond another. Sections and lines are merged by name and key; lock_prose.c puts each
 * difference into words. What a query reaches is told for each function that may run it, because that is who
 * gains.
 */
#include "app/lock/lock_diff.h"

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

static bool is_grant(const struct lock_line *line)
{
	struct slice rest = line->text;
	struct slice word = slice_cut(&rest, ' ');
	return slice_eq_cstr(word, "read") || slice_eq_cstr(word, "insert") ||
	       slice_eq_cstr(word, "update") || slice_eq_cstr(word, "delete");
}

/* The query that a function's line names; NULL when it names none. */
static const struct lock_section *query_of(const struct lock *lock, const struct lock_line *line)
{
	struct slice name = line->text;
	return slice_eq_cstr(slice_cut(&name, ' '), "query") ? lock_find(lock, SLICE("query"), name) : NULL;
}

/* Whether a function, by any of its queries in this lock, holds the right; column empty: any part of the
 * grant. */
static bool holds(
    const struct lock *lock, const struct lock_section *function, struct slice key, struct slice column)
{
	for (size_t i = 0; function && i < function->count; i++) {
		const struct lock_section *q = query_of(lock, &function->lines[i]);
		for (size_t k = 0; q && k < q->count; k++)
			if (slice_eq(q->lines[k].key, key) &&
			    (!column.len || has_column(columns_of(&q->lines[k]), column)))
				return true;
	}
	return false;
}

/* What of a grant line the function does not hold in the other lock: into columns. False when that is
 * nothing. */
static bool beyond(const struct lock_line *grant, const struct lock *other,
    const struct lock_section *function, struct buf *columns)
{
	struct slice rest = columns_of(grant);
	if (!rest.len)
		return !holds(other, function, grant->key, SLICE_NONE);
	while (rest.ptr && rest.len) {
		struct slice column = slice_trim(slice_cut(&rest, ','));
		if (!holds(other, function, grant->key, column))
			buf_printf(columns, "%s%.*s", columns->len ? ", " : "", SLICE_ARG(column));
	}
	return columns->len > 0;
}

/* Where the granted lock speaks of this grant, or would. */
static uint32_t line_of(const struct lock_diff *d, struct slice query, struct slice key, uint32_t otherwise)
{
	const struct lock_section *q = lock_find(d->granted, SLICE("query"), query);
	for (size_t i = 0; q && i < q->count; i++)
		if (slice_eq(q->lines[i].key, key))
			return q->lines[i].line;
	return q ? q->line : otherwise;
}

/* What one function gains (or loses) by one query. With tell false it is only counted. */
static size_t query_rights(struct lock_diff *d, const struct lock_section *query,
    const struct lock_section *function, bool gained, bool tell)
{
	const struct lock *other = gained ? d->granted : d->wanted;
	const struct lock_section *before = lock_find(other, function->kind, function->name);
	size_t count = 0;
	for (size_t i = 0; before && i < query->count; i++) {
		CLEANUP_BUF struct buf columns = BUF_INIT(65536);
		if (!is_grant(&query->lines[i]) || !beyond(&query->lines[i], other, before, &columns))
			continue;
		const struct grant_change c = {.query = query->name,
		    .key = query->lines[i].key,
		    .columns = buf_slice(&columns),
		    .line =
			line_of(d, query->name, query->lines[i].key, gained ? before->line : function->line),
		    .gained = gained};
		count++;
		if (tell)
			lock_tell_right(d, function->name, &c);
	}
	return count;
}

/* The functions that both locks have: what each gains and loses by its queries. */
static void function_rights(struct lock_diff *d, const struct lock *with, bool gained)
{
	for (size_t i = 0; i < with->count; i++) {
		const struct lock_section *f = &with->sections[i];
		for (size_t k = 0; slice_eq_cstr(f->kind, "function") && k < f->count; k++) {
			const struct lock_section *q = query_of(with, &f->lines[k]);
			if (q)
				(void)query_rights(d, q, f, gained, true);
		}
	}
}

/* A query reaches further or less far, and every function that runs it could do so before or still can. */
static bool told_by_function(
    struct lock_diff *d, const struct lock_section *query, const struct lock *with, bool gained)
{
	for (size_t i = 0; query && i < with->count; i++) {
		const struct lock_section *f = &with->sections[i];
		for (size_t k = 0; slice_eq_cstr(f->kind, "function") && k < f->count; k++)
			if (query_of(with, &f->lines[k]) == query &&
			    query_rights(d, query, f, gained, false) > 0)
				return true;
	}
	return false;
}

static void compare_grant(struct lock_diff *d, const struct lock_section *section, uint32_t line,
    const struct lock_line *from, const struct lock_line *to)
{
	const struct lock_section *before = lock_find(d->granted, section->kind, section->name);
	const struct lock_section *after = lock_find(d->wanted, section->kind, section->name);
	if (told_by_function(d, after, d->wanted, true) || told_by_function(d, before, d->granted, false))
		return;
	lock_add(d, LOCK_CHANGES, line, "%.*s: \"%.*s\" is now \"%.*s\"; no function's authority changes",
	    SLICE_ARG(section->name), SLICE_ARG(from ? from->text : SLICE_NONE),
	    SLICE_ARG(to ? to->text : SLICE_NONE));
}

/* One of from and to may be NULL. */
static void compare_line(struct lock_diff *d, const struct lock_section *section, uint32_t section_line,
    const struct lock_line *from, const struct lock_line *to)
{
	uint32_t line = from ? from->line : section_line;
	if (from && to && slice_eq(from->text, to->text))
		return;
	d->differs = true;
	if (is_grant(from ? from : to))
		compare_grant(d, section, line, from, to);
	else
		lock_tell_line(d, section, line, from, to);
}

static void compare_sections(
    struct lock_diff *d, const struct lock_section *from, const struct lock_section *to)
{
	size_t i = 0, k = 0;
	if (!from || !to) {
		d->differs = true;
		lock_tell_section(d, to ? to : from, to != NULL);
		return;
	}
	while (i < from->count || k < to->count) {
		int order = i == from->count ? 1
			    : k == to->count ? -1
					     : slice_cmp(from->lines[i].key, to->lines[k].key);
		const struct lock_line *x = order <= 0 ? &from->lines[i++] : NULL;
		const struct lock_line *y = order >= 0 ? &to->lines[k++] : NULL;
		compare_line(d, to, from->line, x, y);
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
	function_rights(d, b, true);
	function_rights(d, a, false);
	/* Nothing may differ in silence. */
	if (d->differs && d->count == 0)
		lock_add(d, LOCK_CHANGES, 0, LOCK_FILE " is not what the app asks for");
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
