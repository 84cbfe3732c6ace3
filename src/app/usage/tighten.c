/* Finding unused authority and taking it out of ward.yaml. Called by `ward tighten`. */
#include "app/usage/tighten.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/size.h"

struct finding {
	const struct app *app;
	const json_t *functions; /* of contract.json */
	const struct usage *usage;
	int64_t unused_before_ms;
	struct arena *arena;
	struct tighten_items *found;
	size_t room;
};

static bool is_reached(const struct finding *f, const struct manifest_function *m, struct slice query)
{
	const json_t *reached = json_object_get(json_object_get(f->functions, m->name.ptr), "queries");
	for (size_t i = 0; i < json_array_size(reached); i++) {
		const char *name = json_string_value(json_array_get(reached, i));
		if (name && slice_eq_cstr(query, name))
			return true;
	}
	/* A compiler that does not say is taken to reach everything. */
	return !json_is_array(reached);
}

/* True when it was used since, or when nobody can know: the recording is too young, or it does not hold the
 * grant. */
static bool is_used(const struct finding *f, struct slice function, struct slice what, int64_t *ret_last)
{
	*ret_last = 0;
	if (!f->usage || usage_since_ms(f->usage) > f->unused_before_ms)
		return true;
	for (size_t i = 0; i < usage_count(f->usage); i++) {
		struct usage_grant g = usage_grant(f->usage, i);
		if (!slice_eq(g.function, function) || !slice_eq(g.what, what))
			continue;
		*ret_last = g.last_ms;
		return g.last_ms >= f->unused_before_ms;
	}
	return true;
}

static void consider(struct finding *f, const struct manifest_function *m, const char *what,
    struct text_place place, bool reached, bool edited)
{
	struct tighten_item item = {.function = m->name,
	    .what = slice_cstr(what),
	    .place = place,
	    .unreachable = !reached,
	    .edited = edited};
	bool used = what ? is_used(f, m->name, item.what, &item.last_ms) : true;
	if ((reached && used) || !what || f->found->count == f->room)
		return;
	f->found->items[f->found->count++] = item;
}

static void find_in_function(struct finding *f, const struct manifest_function *m)
{
	for (size_t i = 0; i < m->queries.count; i++)
		consider(f, m, arena_printf(f->arena, "query %.*s", SLICE_ARG(m->queries.items[i])),
		    m->query_places[i], is_reached(f, m, m->queries.items[i]), true);
	for (size_t i = 0; i < m->egress_count; i++)
		consider(f, m,
		    arena_printf(f->arena, "host %.*s:%u", SLICE_ARG(m->egress[i].host), m->egress[i].port),
		    m->egress[i].place, true, false);
	for (size_t i = 0; i < m->secrets.count; i++)
		consider(f, m, arena_printf(f->arena, "secret %.*s", SLICE_ARG(m->secrets.items[i])),
		    m->place, true, false);
	for (size_t i = 0; i < m->publish.count; i++)
		consider(f, m, arena_printf(f->arena, "publish %.*s", SLICE_ARG(m->publish.items[i])),
		    m->place, true, false);
}

static int by_place(const void *a, const void *b)
{
	const struct text_place *x = &((const struct tighten_item *)a)->place;
	const struct text_place *y = &((const struct tighten_item *)b)->place;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return (x->column > y->column) - (x->column < y->column);
}

result tighten_find(const struct app *app, struct slice contract_json, const struct usage *usage,
    int64_t unused_before_ms, struct arena *arena, struct error *err, struct tighten_items *ret)
{
	const struct manifest *m = &app->manifest;
	struct tighten_items found = {0};
	struct finding f = {.app = app,
	    .usage = usage,
	    .unused_before_ms = unused_before_ms,
	    .arena = arena,
	    .found = &found};
	for (size_t i = 0; i < m->function_count; i++)
		f.room += m->functions[i].queries.count + m->functions[i].egress_count +
			  m->functions[i].secrets.count + m->functions[i].publish.count;
	found.items = arena_array(arena, f.room + 1, sizeof *found.items);
	json_t *root = json_loadb(contract_json.ptr, contract_json.len, JSON_REJECT_DUPLICATES, NULL);
	if (!found.items || !root) {
		json_decref(root);
		return error_set(err, ERR_INVALID, "contract.json cannot be read: run `ward build`");
	}
	f.functions = json_object_get(root, "functions");
	for (size_t i = 0; i < m->function_count; i++)
		find_in_function(&f, &m->functions[i]);
	json_decref(root);
	qsort(found.items, found.count, sizeof *found.items, by_place);
	*ret = found;
	return RESULT_OK;
}

/* ---- the edit ---- */

static size_t offset_of(struct slice text, struct text_place place)
{
	size_t at = 0;
	for (uint32_t line = 1; line < place.line && at < text.len; at++)
		line += text.ptr[at] == '\n';
	return at + place.column - 1 < text.len ? at + place.column - 1 : text.len;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct span {
	size_t from, to;
	bool line; /* of a block list */
};

static size_t skip_back(struct slice text, size_t at)
{
	while (at > 0 && (is_blank(text.ptr[at - 1]) || text.ptr[at - 1] == '\n' || text.ptr[at - 1] == '\r'))
		at--;
	return at;
}

static size_t skip_on(struct slice text, size_t at)
{
	while (at < text.len && (is_blank(text.ptr[at]) || text.ptr[at] == '\n' || text.ptr[at] == '\r'))
		at++;
	return at;
}

static struct span whole_line(struct slice text, struct span s)
{
	while (s.from > 0 && text.ptr[s.from - 1] != '\n')
		s.from--;
	while (s.to < text.len && text.ptr[s.to] != '\n')
		s.to++;
	return (struct span){s.from, s.to < text.len ? s.to + 1 : s.to, true};
}

/* What goes with an entry: its line in a block list; in a flow list one comma, the one before if it is still
 * there. */
static struct span span_of(struct slice text, struct text_place place, size_t done)
{
	struct span s = {.from = offset_of(text, place)};
	s.to = size_min(s.from + place.length, text.len);
	/* The place of a quoted name is inside its quotes. */
	if (s.from > 0 && s.to < text.len && (text.ptr[s.from - 1] == '"' || text.ptr[s.from - 1] == '\'') &&
	    text.ptr[s.to] == text.ptr[s.from - 1]) {
		s.from--;
		s.to++;
	}
	size_t before = skip_back(text, s.from);
	size_t after = skip_on(text, s.to);
	if (before > 0 && text.ptr[before - 1] == '-')
		return whole_line(text, s);
	if (before > done && text.ptr[before - 1] == ',')
		s.from = before - 1;
	else if (after < text.len && text.ptr[after] == ',')
		s.to = skip_on(text, after + 1);
	return s;
}

/* "queries:" with nothing below it is no list: "queries: []" is. */
static void mend_empty(struct slice text, struct buf *out)
{
	struct slice rest = text;
	while (rest.ptr) {
		struct slice line = slice_cut(&rest, '\n');
		struct slice next = rest;
		struct slice following = rest.ptr ? slice_cut(&next, '\n') : SLICE_NONE;
		struct slice shown = slice_trim(line);
		buf_add_slice(out, line);
		if (slice_eq_cstr(shown, "queries:") && !slice_starts(slice_trim(following), SLICE("-")) &&
		    !slice_starts(slice_trim(following), SLICE("[")) &&
		    !slice_starts(slice_trim(following), SLICE("#")))
			buf_add_cstr(out, " []");
		if (rest.ptr)
			buf_add_char(out, '\n');
	}
}

static bool cut_entries(struct slice text, const struct tighten_items *items, struct buf *cut)
{
	size_t done = 0;
	bool lines = false;
	for (size_t i = 0; i < items->count; i++) {
		if (!items->items[i].edited)
			continue;
		struct span s = span_of(text, items->items[i].place, done);
		if (s.from < done)
			s.from = done;
		buf_add(cut, text.ptr + done, s.from - done);
		done = size_max(done, s.to);
		lines |= s.line;
	}
	buf_add(cut, text.ptr + done, text.len - done);
	return lines;
}

static size_t count_queries(const struct manifest *m)
{
	size_t count = 0;
	for (size_t i = 0; i < m->function_count; i++)
		count += m->functions[i].queries.count;
	return count;
}

/* The edited text is read again: it must say the same, but for what was taken out. */
static result verify(
    struct slice before, struct slice after, const struct tighten_items *items, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(64u << 20);
	struct diagnostics d;
	struct manifest old = {0}, new = {0};
	size_t removed = 0;
	diagnostics_init(&d);
	result r = manifest_parse(before, &arena, &d, err, &old);
	size_t errors = d.errors;
	if (is_ok(r))
		r = manifest_parse(after, &arena, &d, err, &new);
	for (size_t i = 0; i < items->count; i++)
		removed += items->items[i].edited;
	if (is_ok(r) && (d.errors != errors || old.function_count != new.function_count ||
			    count_queries(&old) != count_queries(&new) + removed))
		r = error_set(err, ERR_INTERNAL,
		    "the edit would have changed more than it should: edit " MANIFEST_FILE " by hand");
	diagnostics_done(&d);
	return r;
}

result tighten_edit(struct slice text, const struct tighten_items *items, struct error *err, struct buf *out)
{
	CLEANUP_BUF struct buf cut = BUF_INIT(2u * MANIFEST_BYTES_MAX);
	if (cut_entries(text, items, &cut))
		mend_empty(buf_slice(&cut), out);
	else
		buf_add_slice(out, buf_slice(&cut));
	if (!buf_ok(&cut) || !buf_ok(out))
		return error_set(err, ERR_LIMIT, MANIFEST_FILE " is too large to edit");
	return verify(text, buf_slice(out), items, err);
}

void tighten_print(const struct tighten_items *items, struct buf *out)
{
	for (size_t i = 0; i < items->count; i++) {
		const struct tighten_item *t = &items->items[i];
		char when[32] = "never used";
		time_t seconds = (time_t)(t->last_ms / 1000);
		struct tm utc;
		if (t->last_ms && gmtime_r(&seconds, &utc))
			(void)strftime(when, sizeof when, "last used %Y-%m-%d", &utc);
		buf_printf(out, MANIFEST_FILE ":%u: %.*s: %.*s: %s%s\n", t->place.line,
		    SLICE_ARG(t->function), SLICE_ARG(t->what), t->unreachable ? "no code reaches it" : when,
		    t->edited ? "" : " (for you to remove)");
	}
}
