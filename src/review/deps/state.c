/* The recorded state of dependencies, ward.deps (deps.h): written from what is there, read back to tell what
 * changed. */
#include <stdlib.h>

#include "review/deps/deps.h"

/* A line of the file, and what is there now. */
struct state_row {
	struct slice name, version, integrity, reach;
	bool script;
};

static int by_text(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static struct slice or_dash(struct slice s)
{
	return s.len ? s : SLICE("-");
}

/* What a package runs when it is installed is known from the lockfile or, when it is there, from its own
 * package.json. */
static bool has_script(const struct dep *dep, const struct dep_reach *reach)
{
	return dep->install_script || (reach && reach->script.len > 0);
}

static void add_reach(const struct deps_rules *rules, const struct dep_reach *reach, struct buf *out)
{
	bool any = false;
	for (size_t k = 0; reach && k < rules->reach_count; k++)
		if (reach->bits & 1u << k) {
			buf_printf(out, "%s%s", any ? "," : "", rules->reach_names[k]);
			any = true;
		}
	buf_add_cstr(out, any ? "" : "-");
}

/* Fields are parted by blanks: an entry that holds one itself was written by nobody's package manager and is
 * left out. */
static bool is_plain(const struct dep *dep)
{
	const struct slice fields[] = {dep->name, dep->version, dep->integrity};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		for (size_t k = 0; k < fields[i].len; k++)
			if ((unsigned char)fields[i].ptr[k] <= 0x20)
				return false;
	return dep->name.len > 0 && !dep->workspace;
}

/* One package's line; in the arena. */
static result state_line(const struct deps_rules *rules, const struct dep *dep, const struct dep_reach *reach,
    struct arena *arena, struct error *err, struct slice *ret_line)
{
	CLEANUP_BUF struct buf line = BUF_INIT(8192);
	buf_printf(&line, "%.*s %.*s %.*s ", SLICE_ARG(dep->name), SLICE_ARG(or_dash(dep->version)),
	    SLICE_ARG(or_dash(dep->integrity)));
	add_reach(rules, reach, &line);
	buf_add_cstr(&line, has_script(dep, reach) ? " script" : "");
	struct slice copy = buf_ok(&line) ? arena_copy(arena, buf_slice(&line)) : SLICE_NONE;
	if (!copy.ptr)
		return error_set(
		    err, ERR_LIMIT, "%.*s is too large for %s", SLICE_ARG(dep->name), DEPS_STATE_FILE);
	*ret_line = copy;
	return RESULT_OK;
}

static result write_lines(struct slice *lines, size_t count, struct buf *out, struct error *err)
{
	if (count)
		qsort(lines, count, sizeof(*lines), by_text);
	buf_add_cstr(out, "ward-deps 1\n");
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && slice_eq(lines[i], lines[i - 1]))
			continue;
		buf_add_slice(out, lines[i]);
		buf_add_char(out, '\n');
	}
	return buf_ok(out) ? RESULT_OK : error_set(err, ERR_LIMIT, "%s is too large", DEPS_STATE_FILE);
}

result deps_state_write(
    const struct deps_rules *rules, const struct deps *deps, struct buf *out, struct error *err)
{
	size_t total = 0, n = 0;
	CLEANUP_ARENA struct arena arena = ARENA_INIT(256u << 20);
	for (size_t i = 0; i < deps->lock_count; i++)
		total += deps->locks[i].count;
	struct slice *lines = arena_array(&arena, total + 1, sizeof(*lines));
	if (!lines)
		return error_set(err, ERR_MEMORY, "no memory for %s", DEPS_STATE_FILE);
	for (size_t i = 0; i < deps->lock_count; i++)
		for (size_t k = 0; k < deps->locks[i].count; k++) {
			const struct dep *dep = &deps->locks[i].deps[k];
			if (is_plain(dep))
				TRY(state_line(rules, dep, deps->reach[i] ? &deps->reach[i][k] : NULL, &arena,
				    err, &lines[n++]));
		}
	return write_lines(lines, n, out, err);
}

/* The recorded rows by name, and by name and version. */
struct recorded {
	struct arena arena;
	struct strmap exact; /* "name version" to struct state_row * */
	struct strmap names; /* name to the union of its rows' reach as struct state_row * */
};

static result read_rows(struct recorded *rec, struct slice text, struct error *err)
{
	struct slice rest = arena_copy(&rec->arena, text);
	if (!rest.ptr)
		return error_set(err, ERR_MEMORY, "no memory for %s", DEPS_STATE_FILE);
	if (!slice_eq_cstr(slice_trim(slice_cut(&rest, '\n')), "ward-deps 1"))
		return error_set(
		    err, ERR_INVALID, "%s: the first line is not \"ward-deps 1\"", DEPS_STATE_FILE);
	while (rest.ptr) {
		struct slice line = slice_trim(slice_cut(&rest, '\n')), whole = line;
		struct state_row *row = arena_zalloc(&rec->arena, sizeof(*row));
		if (!row)
			return error_set(err, ERR_MEMORY, "no memory for %s", DEPS_STATE_FILE);
		if (line.len == 0)
			continue;
		row->name = slice_cut(&line, ' ');
		row->version = slice_cut(&line, ' ');
		row->integrity = slice_cut(&line, ' ');
		row->reach = slice_cut(&line, ' ');
		row->script = slice_eq_cstr(line, "script");
		size_t key = row->name.len + 1 + row->version.len;
		TRY(strmap_set(&rec->exact, slice_of(whole.ptr, key < whole.len ? key : whole.len), row));
		TRY(strmap_set(&rec->names, row->name, row));
	}
	return RESULT_OK;
}

static bool listed(struct slice list, const char *word)
{
	while (list.ptr)
		if (slice_eq_cstr(slice_cut(&list, ','), word))
			return true;
	return false;
}

/* The bits that are new against a row's list. */
static uint32_t new_reach(const struct deps_rules *rules, uint32_t bits, struct slice list)
{
	for (size_t k = 0; k < rules->reach_count; k++)
		if ((bits & 1u << k) && listed(list, rules->reach_names[k]))
			bits &= ~(1u << k);
	return bits;
}

static result compare_one(
    const struct dep_context *c, struct recorded *rec, const struct dep *dep, const struct dep_reach *reach)
{
	char what[160];
	const char *key =
	    arena_printf(&rec->arena, "%.*s %.*s", SLICE_ARG(dep->name), SLICE_ARG(or_dash(dep->version)));
	if (!key)
		return error_set(c->err, ERR_MEMORY, "no memory for dependencies");
	const struct state_row *same = strmap_get(&rec->exact, slice_cstr(key)),
			       *named = strmap_get(&rec->names, dep->name);
	uint32_t bits = reach ? reach->bits : 0;
	if (same && dep->integrity.len && same->integrity.len > 1 &&
	    !slice_eq(same->integrity, dep->integrity))
		TRY(dep_report(c, &c->rules->info[DEP_CHANGED_INTEGRITY], dep,
		    "%.*s %.*s was recorded with another hash", SLICE_ARG(dep->name),
		    SLICE_ARG(dep->version)));
	if (!named) {
		reach_text(c->rules, bits, what, sizeof(what));
		if (!bits && !has_script(dep, reach))
			return RESULT_OK;
		return dep_report(c, &c->rules->info[DEP_CHANGED_NEW], dep,
		    "%.*s %.*s is new and reaches %s%s", SLICE_ARG(dep->name), SLICE_ARG(dep->version), what,
		    has_script(dep, reach) ? "; it runs a script when it is installed" : "");
	}
	const struct state_row *row = same ? same : named;
	uint32_t more = new_reach(c->rules, bits, row->reach);
	bool script = has_script(dep, reach) && !row->script;
	if (!more && !script)
		return RESULT_OK;
	reach_text(c->rules, more, what, sizeof(what));
	return dep_report(c, &c->rules->info[DEP_CHANGED_REACH], dep,
	    "%.*s %.*s now reaches %s%s (recorded: %.*s at %.*s)", SLICE_ARG(dep->name),
	    SLICE_ARG(dep->version), what, script ? " and runs a script when it is installed" : "",
	    SLICE_ARG(or_dash(row->reach)), SLICE_ARG(row->version));
}

static result compare_all(const struct deps_rules *rules, const struct deps *deps, struct recorded *rec,
    struct findings *findings, struct error *err)
{
	for (size_t i = 0; i < deps->lock_count; i++) {
		struct dep_context c = {
		    .rules = rules, .lock = &deps->locks[i], .findings = findings, .err = err};
		for (size_t k = 0; k < deps->locks[i].count; k++)
			if (!deps->locks[i].deps[k].workspace)
				TRY(compare_one(&c, rec, &deps->locks[i].deps[k],
				    deps->reach[i] ? &deps->reach[i][k] : NULL));
	}
	return RESULT_OK;
}

result deps_state_compare(const struct deps_rules *rules, const struct deps *deps, struct slice recorded,
    struct findings *findings, struct error *err)
{
	struct recorded rec = {.arena = ARENA_INIT(256u << 20)};
	result r = read_rows(&rec, recorded, err);
	if (is_ok(r))
		r = compare_all(rules, deps, &rec, findings, err);
	strmap_done(&rec.exact);
	strmap_done(&rec.names);
	arena_done(&rec.arena);
	return r;
}
