/* Profiles as text. Read by the monitor and `ward profile`, out of a repository: hostile until then. */
#include "observe/profile_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#define LINES_MAX (PROFILE_CALLS + PROFILE_EDGES + 8u)
#define WORDS_MAX 64u
#define NAME_BYTES_MAX 253u

void profile_file_begin(struct buf *out)
{
	buf_add_cstr(out, "# What each function was seen to do, made by `ward profile write`. What departs "
			  "from it is told of from the first call on.\nprofile 1\n");
}

/* Two digits: 4 711 is 4 700. */
static uint64_t rounded(uint64_t n)
{
	uint64_t unit = 1;
	while (n / unit >= 100)
		unit *= 10;
	return (n + unit / 2) / unit * unit;
}

struct lines {
	struct buf text;
	size_t at[LINES_MAX + 1];
	size_t count;
};

static void end_line(struct lines *l)
{
	buf_add_char(&l->text, '\n');
	if (l->count < LINES_MAX)
		l->at[++l->count] = l->text.len;
}

/* "query ListItems"; false when the contract has no name for it. */
static bool name_of(uint16_t call, call_namer namer, void *context, char ret[NAME_BYTES_MAX + 32])
{
	const struct slice name = call_index(call) == CALL_INDEX_UNKNOWN ? SLICE_NONE : namer(context, call);
	if (!name.ptr || name.len == 0 || name.len > NAME_BYTES_MAX)
		return false;
	(void)snprintf(ret, NAME_BYTES_MAX + 32, "%s %.*s", host_kind_name(call_kind(call)), SLICE_ARG(name));
	return true;
}

static void add_uses(const struct profile *p, call_namer namer, void *context, struct lines *l)
{
	char name[NAME_BYTES_MAX + 32];
	for (uint32_t i = 0; i < p->call_count; i++) {
		const struct profile_call *c = &p->calls[i];
		if (!c->count || !name_of(c->call, namer, context, name))
			continue;
		buf_printf(&l->text, "  uses %s in %llu calls, at most %u in one, %llu in all", name,
		    (unsigned long long)rounded(c->invocations), c->most,
		    (unsigned long long)rounded(c->count));
		end_line(l);
	}
}

static void add_orders(const struct profile *p, call_namer namer, void *context, struct lines *l)
{
	char from[NAME_BYTES_MAX + 32], to[NAME_BYTES_MAX + 32];
	for (uint32_t i = 0; i < PROFILE_EDGES; i++) {
		const struct profile_edge *e = &p->edges[i];
		const bool begins = e->from == PROFILE_EDGE_START, ends = e->to == PROFILE_EDGE_START;
		if (!e->count || (!begins && !name_of(e->from, namer, context, from)) ||
		    (!ends && !name_of(e->to, namer, context, to)))
			continue;
		if (begins && ends)
			buf_add_cstr(&l->text, "  makes no host call");
		else if (begins)
			buf_printf(&l->text, "  begins with %s", to);
		else if (ends)
			buf_printf(&l->text, "  after %s it ends", from);
		else
			buf_printf(&l->text, "  after %s comes %s", from, to);
		buf_printf(&l->text, " %llu times", (unsigned long long)rounded(e->count));
		end_line(l);
	}
}

static void add_counts(
    struct lines *l, const char *what, const uint64_t *counts, size_t n, const char *(*name)(size_t))
{
	uint64_t all = 0;
	for (size_t i = 0; i < n; i++)
		all += counts[i];
	if (!all)
		return;
	buf_printf(&l->text, "  called %s", what);
	for (size_t i = 0; i < n; i++)
		if (counts[i])
			buf_printf(&l->text, " %s %llu", name(i), (unsigned long long)rounded(counts[i]));
	end_line(l);
}

static const char *class_of(size_t i)
{
	return caller_class_name((enum caller_class)i);
}
static const char *trigger_of(size_t i)
{
	return trigger_name((enum invocation_trigger)i);
}
static const char *hour_of(size_t i)
{
	static const char hours[24][3] = {"00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10",
	    "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23"};
	return hours[i];
}

static int by_text(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	const int order = memcmp(x->ptr, y->ptr, x->len < y->len ? x->len : y->len);
	return order ? order : x->len < y->len ? -1 : x->len > y->len;
}

/* The head stands first, the rest in order. */
static void sort_into(const struct lines *l, struct buf *out)
{
	struct slice sorted[LINES_MAX];
	for (size_t i = 0; i < l->count; i++)
		sorted[i] = slice_of(l->text.ptr + l->at[i], l->at[i + 1] - l->at[i]);
	qsort(sorted, l->count, sizeof *sorted, by_text);
	for (size_t i = 0; i < l->count; i++)
		buf_add_slice(out, sorted[i]);
}

void profile_file_add(
    const struct profile *p, struct slice function, call_namer namer, void *context, struct buf *out)
{
	struct lines l = {.text = BUF_INIT(1u << 20)};
	buf_printf(out, "function %.*s\n  learned from %llu calls, at most %u host calls in one\n",
	    SLICE_ARG(function), (unsigned long long)rounded(p->invocations), p->calls_most);
	add_uses(p, namer, context, &l);
	add_orders(p, namer, context, &l);
	add_counts(&l, "by", p->callers, CALLER_CLASS_COUNT, class_of);
	add_counts(&l, "through", p->triggers, TRIGGER_COUNT, trigger_of);
	add_counts(&l, "at", p->hours, 24, hour_of);
	sort_into(&l, out);
	buf_printf(out, "  surprise %.2g spread %.2g\n", p->surprise_mean, p->surprise_spread);
	buf_done(&l.text);
}

struct reading {
	const struct profile_file_reader *reader;
	struct slice name;   /* of the function at hand; ptr NULL: none */
	struct slice before; /* names are sorted, so that none is there twice */
	bool headed, learned;
	struct profile profile;
	struct slice words[WORDS_MAX];
	size_t count;
};

static bool number_at(const struct reading *r, size_t i, uint64_t most, uint64_t *ret)
{
	uint64_t value;
	struct slice word = r->words[i];
	if (word.len && word.ptr[word.len - 1] == ',')
		word.len--;
	if (!slice_to_u64(word, &value) || value > most)
		return false;
	*ret = value;
	return true;
}

static bool kind_of(struct slice word, enum host_kind *ret)
{
	for (unsigned k = 0; k < HOST_KIND_COUNT; k++)
		if (slice_eq_cstr(word, host_kind_name((enum host_kind)k))) {
			*ret = (enum host_kind)k;
			return true;
		}
	return false;
}

/* Kind and name at words i, i + 1. *ret_known: the contract has it. */
static bool call_at(const struct reading *r, size_t i, bool *ret_known, uint16_t *ret)
{
	enum host_kind kind;
	const struct slice name = r->words[i + 1];
	if (!kind_of(r->words[i], &kind) || name.len > NAME_BYTES_MAX)
		return false;
	*ret_known = r->reader->call(r->reader->context, r->name, kind, name, ret);
	return true;
}

/* "uses query ListItems in 410 calls, at most 1 in one, 410 in all" */
static bool read_uses(struct reading *r)
{
	uint64_t in, most, all;
	uint16_t call;
	bool known;
	if (!call_at(r, 1, &known, &call) || !number_at(r, 4, UINT32_MAX, &in) ||
	    !number_at(r, 8, UINT16_MAX, &most) || !number_at(r, 11, UINT64_MAX / 2, &all) || !all || !in)
		return false;
	return !known || profile_put_call(&r->profile,
			     &(const struct profile_call){call, (uint16_t)most, (uint32_t)in, all});
}

static bool put_edge(struct reading *r, uint16_t from, uint16_t to, size_t at, bool known)
{
	uint64_t times;
	if (!number_at(r, at, UINT32_MAX, &times) || !times)
		return false;
	return !known || profile_put_edge(&r->profile, from, to, (uint32_t)times);
}

static bool read_makes_none(struct reading *r)
{
	return put_edge(r, PROFILE_EDGE_START, PROFILE_EDGE_START, 4, true);
}

static bool read_begins(struct reading *r)
{
	uint16_t to = 0;
	bool known;
	return call_at(r, 2, &known, &to) && put_edge(r, PROFILE_EDGE_START, to, 4, known);
}

static bool read_ends(struct reading *r)
{
	uint16_t from = 0;
	bool known;
	return call_at(r, 1, &known, &from) && put_edge(r, from, PROFILE_EDGE_START, 5, known);
}

static bool read_comes(struct reading *r)
{
	uint16_t from = 0, to = 0;
	bool known, known_too;
	return call_at(r, 1, &known, &from) && call_at(r, 4, &known_too, &to) &&
	       put_edge(r, from, to, 6, known && known_too);
}

static bool read_counts(struct reading *r, uint64_t *counts, size_t n, const char *(*name)(size_t))
{
	if (r->count < 4 || r->count % 2)
		return false;
	for (size_t w = 2; w < r->count; w += 2) {
		size_t i = 0;
		while (i < n && !slice_eq_cstr(r->words[w], name(i)))
			i++;
		if (i == n || counts[i] || !number_at(r, w + 1, UINT64_MAX / 64, &counts[i]))
			return false;
	}
	return true;
}

static bool read_called(struct reading *r)
{
	if (slice_eq_cstr(r->words[1], "by"))
		return read_counts(r, r->profile.callers, CALLER_CLASS_COUNT, class_of);
	if (slice_eq_cstr(r->words[1], "through"))
		return read_counts(r, r->profile.triggers, TRIGGER_COUNT, trigger_of);
	return slice_eq_cstr(r->words[1], "at") && read_counts(r, r->profile.hours, 24, hour_of);
}

static bool read_learned(struct reading *r)
{
	uint64_t most;
	if (r->learned || !number_at(r, 2, UINT64_MAX / 2, &r->profile.invocations) ||
	    !number_at(r, 6, UINT16_MAX, &most))
		return false;
	r->learned = true;
	r->profile.calls_most = (uint16_t)most;
	return true;
}

static bool real_of(struct slice word, double *ret)
{
	char text[32], *end;
	if (word.len == 0 || word.len >= sizeof text)
		return false;
	memcpy(text, word.ptr, word.len);
	text[word.len] = '\0';
	*ret = strtod(text, &end);
	return *end == '\0' && isfinite(*ret) && *ret >= 0 && *ret <= 1000;
}

static bool read_surprise(struct reading *r)
{
	struct profile *p = &r->profile;
	const bool ok = real_of(r->words[1], &p->surprise_mean) && real_of(r->words[3], &p->surprise_spread);
	p->surprise_recent = p->surprise_mean;
	return ok;
}

/* The lines there are: their words, "*" for one that says something; 0: however many follow. */
static const struct line {
	const char *words[14];
	size_t count;
	bool (*read)(struct reading *r);
} lines[] = {
    {{"learned", "from", "*", "calls,", "at", "most", "*", "host", "calls", "in", "one"}, 11, read_learned},
    {{"uses", "*", "*", "in", "*", "calls,", "at", "most", "*", "in", "one,", "*", "in", "all"}, 14,
	read_uses},
    {{"makes", "no", "host", "call", "*", "times"}, 6, read_makes_none},
    {{"begins", "with", "*", "*", "*", "times"}, 6, read_begins},
    {{"after", "*", "*", "it", "ends", "*", "times"}, 7, read_ends},
    {{"after", "*", "*", "comes", "*", "*", "*", "times"}, 8, read_comes},
    {{"called", "*"}, 0, read_called},
    {{"surprise", "*", "spread", "*"}, 4, read_surprise},
};

static bool is_line(const struct reading *r, const struct line *l)
{
	if (l->count ? r->count != l->count : r->count < 2)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(l->words) && l->words[i]; i++)
		if (strcmp(l->words[i], "*") != 0 && !slice_eq_cstr(r->words[i], l->words[i]))
			return false;
	return true;
}

static result end_function(struct reading *r, struct error *err)
{
	if (!r->name.ptr)
		return RESULT_OK;
	if (!r->learned)
		return error_set(err, ERR_INVALID, "function %.*s does not say what it was learned from",
		    SLICE_ARG(r->name));
	r->profile.learned = true;
	return r->reader->function(r->reader->context, r->name, &r->profile, err);
}

static result begin_function(struct reading *r, struct error *err)
{
	TRY(end_function(r, err));
	r->before = r->name;
	r->name = r->words[1];
	if (r->name.len > NAME_BYTES_MAX || (r->before.ptr && by_text(&r->before, &r->name) >= 0))
		return error_set(err, ERR_INVALID, "functions are sorted, and each is there once");
	r->learned = false;
	r->profile = (struct profile){0};
	return RESULT_OK;
}

static bool split(struct reading *r, struct slice line)
{
	r->count = 0;
	while (line.ptr) {
		const struct slice word = slice_cut(&line, ' ');
		if (word.len == 0 || r->count == WORDS_MAX)
			return false;
		r->words[r->count++] = word;
	}
	return true;
}

static result read_line(struct reading *r, struct slice line, struct error *err)
{
	const bool within = slice_starts(line, SLICE("  "));
	if (within)
		line = slice_of(line.ptr + 2, line.len - 2);
	if (!split(r, line))
		return error_set(err, ERR_INVALID, "that is no line of a profile");
	if (!within && r->count == 2 && slice_eq_cstr(r->words[0], "profile")) {
		if (r->headed || !slice_eq_cstr(r->words[1], "1"))
			return error_set(err, ERR_INVALID, "this ward reads profiles of version 1");
		r->headed = true;
		return RESULT_OK;
	}
	if (!within && r->headed && r->count == 2 && slice_eq_cstr(r->words[0], "function"))
		return begin_function(r, err);
	for (size_t i = 0; within && r->name.ptr && i < ARRAY_LEN(lines); i++)
		if (is_line(r, &lines[i]))
			return lines[i].read(r)
				   ? RESULT_OK
				   : error_set(err, ERR_INVALID, "it says what cannot be, or says it twice");
	return error_set(err, ERR_INVALID, "that is no line of a profile");
}

result profile_file_read(struct slice text, const struct profile_file_reader *reader, struct error *err)
{
	struct reading r = {.reader = reader};
	unsigned number = 0;
	while (text.ptr && text.len) {
		const struct slice line = slice_cut(&text, '\n');
		struct error why = {0};
		number++;
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		const result read = read_line(&r, line, &why);
		if (!is_ok(read))
			return error_set(err, read.code, PROFILE_FILE ":%u: %s", number, why.text);
	}
	if (!r.headed)
		return error_set(err, ERR_INVALID, PROFILE_FILE " does not begin with \"profile 1\"");
	return end_function(&r, err);
}
