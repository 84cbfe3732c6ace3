/*
 * Reading ward.lock. It comes from a repository, so it may be of another version, half merged or hostile:
 * what is not exactly as ward writes it is refused with its line.
 */
#include "app/lock/lock.h"

#include <stdlib.h>

#define SECTIONS_MAX 20000u
#define LINES_MAX 200000u

/* How many words of a line say what it is about. */
static const struct {
	const char *word;
	unsigned words;
} keys[] = {
    {"auth", 1},
    {"bound", 2},
    {"budget", 2},
    {"database", 1},
    {"delete", 0},
    {"error", 2},
    {"host", 0},
    {"http", 1},
    {"input", 1},
    {"insert", 0},
    {"issuer", 2},
    {"limit", 2},
    {"mail", 1},
    {"output", 1},
    {"page", 3},
    {"publish", 2},
    {"query", 2},
    {"read", 0},
    {"secret", 2},
    {"sign-up", 2},
    {"unowned", 1},
    {"update", 0},
    {"watch", 3},
};

static struct slice first_words(struct slice text, unsigned count)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == ' ' && --count == 0)
			return slice_of(text.ptr, i);
	return text;
}

/* Up to ": " or "; ", whichever ends the name: "read orders through v", "host api.example.com:443". */
static struct slice until_mark(struct slice text)
{
	for (size_t i = 0; i + 1 < text.len; i++)
		if ((text.ptr[i] == ':' || text.ptr[i] == ';') && text.ptr[i + 1] == ' ')
			return slice_of(text.ptr, i);
	return text;
}

/* ptr NULL when the line starts with no word that ward writes. */
static struct slice key_of(struct slice text)
{
	struct slice rest = text;
	struct slice word = slice_cut(&rest, ' ');
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (slice_eq_cstr(word, keys[i].word) && rest.len)
			return keys[i].words ? first_words(text, keys[i].words) : until_mark(text);
	return SLICE_NONE;
}

static bool is_kind(struct slice kind)
{
	return slice_eq_cstr(kind, "app") || slice_eq_cstr(kind, "function") || slice_eq_cstr(kind, "query");
}

static int by_section(const void *a, const void *b)
{
	const struct lock_section *x = a;
	const struct lock_section *y = b;
	int kinds = slice_cmp(x->kind, y->kind);
	return kinds ? kinds : slice_cmp(x->name, y->name);
}

struct parsing {
	struct lock *lock;
	struct lock_line *lines;
	size_t line_count;
	uint32_t number;
	struct error *err;
};

static result not_ours(const struct parsing *p)
{
	return error_set(
	    p->err, ERR_INVALID, LOCK_FILE " line %u is not as `ward lock` writes it", p->number);
}

static result take_section(struct parsing *p, struct slice text)
{
	struct lock_section *s = &p->lock->sections[p->lock->count];
	struct slice name = text;
	struct slice kind = slice_cut(&name, ' ');
	if (!is_kind(kind) || name.len == 0 || memchr(name.ptr, ' ', name.len) ||
	    p->lock->count == SECTIONS_MAX)
		return not_ours(p);
	const struct lock_section here = {
	    .kind = kind, .name = name, .line = p->number, .lines = p->lines + p->line_count};
	if (p->lock->count > 0 && by_section(s - 1, &here) >= 0)
		return not_ours(p);
	*s = here;
	p->lock->count++;
	return RESULT_OK;
}

static result take_line(struct parsing *p, struct slice text)
{
	struct lock_section *s = p->lock->count ? &p->lock->sections[p->lock->count - 1] : NULL;
	struct slice key = key_of(text);
	if (!s || !key.ptr || p->line_count == LINES_MAX)
		return not_ours(p);
	if (s->count > 0 && slice_cmp(s->lines[s->count - 1].text, text) >= 0)
		return not_ours(p);
	s->lines[s->count++] = (struct lock_line){.text = text, .key = key, .line = p->number};
	p->line_count++;
	return RESULT_OK;
}

static int by_key(const void *a, const void *b)
{
	return slice_cmp(((const struct lock_line *)a)->key, ((const struct lock_line *)b)->key);
}

static result sort(struct parsing *p)
{
	for (size_t i = 0; i < p->lock->count; i++) {
		struct lock_section *s = &p->lock->sections[i];
		qsort(s->lines, s->count, sizeof *s->lines, by_key);
		for (size_t k = 1; k < s->count; k++)
			if (slice_eq(s->lines[k - 1].key, s->lines[k].key)) {
				p->number = s->lines[k].line;
				return not_ours(p);
			}
	}
	qsort(p->lock->sections, p->lock->count, sizeof *p->lock->sections, by_section);
	return RESULT_OK;
}

result lock_parse(struct slice text, struct arena *arena, struct error *err, struct lock *ret)
{
	size_t most = 1;
	struct lock lock = {0};
	if (text.len > LOCK_BYTES_MAX)
		return error_set(err, ERR_LIMIT, LOCK_FILE " is larger than %u bytes", LOCK_BYTES_MAX);
	for (size_t i = 0; i < text.len; i++)
		most += text.ptr[i] == '\n';
	struct parsing p = {.lock = &lock, .err = err, .lines = arena_array(arena, most, sizeof *p.lines)};
	lock.sections = arena_array(arena, most, sizeof *lock.sections);
	if (!p.lines || !lock.sections)
		return error_set(err, ERR_MEMORY, "no memory for " LOCK_FILE);
	while (text.ptr && text.len) {
		struct slice line = slice_cut(&text, '\n');
		p.number++;
		if (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		if (slice_starts(line, SLICE("  ")))
			TRY(take_line(&p, slice_of(line.ptr + 2, line.len - 2)));
		else
			TRY(take_section(&p, line));
	}
	TRY(sort(&p));
	*ret = lock;
	return RESULT_OK;
}

const struct lock_section *lock_find(const struct lock *lock, struct slice kind, struct slice name)
{
	const struct lock_section wanted = {.kind = kind, .name = name};
	return lock->count ? bsearch(&wanted, lock->sections, lock->count, sizeof *lock->sections, by_section)
			   : NULL;
}
