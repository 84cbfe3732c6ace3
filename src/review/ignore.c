/* gitignore(5) patterns. Called by the walk; the patterns are a stranger's bytes, so matching is bounded in
 * steps. */
#include "review/ignore.h"

struct ignore_pattern {
	struct slice text;
	bool negated;
	bool dir_only;
	bool anchored; /* has a '/' before its end: matches from the list's directory */
};

/* Matching backtracks at each star; past this many steps a pattern counts as not matching. */
#define GLOB_STEPS_MAX 20000u

/* One character class "[...]" at p: its length, or 0 when it is not closed. */
static size_t class_match(struct slice p, char c, bool *ret_hit)
{
	size_t i = 1;
	bool negated = i < p.len && (p.ptr[i] == '!' || p.ptr[i] == '^');
	bool hit = false;
	i += negated;
	for (size_t first = i; i < p.len && (p.ptr[i] != ']' || i == first); i++) {
		char low = p.ptr[i];
		char high = low;
		if (i + 2 < p.len && p.ptr[i + 1] == '-' && p.ptr[i + 2] != ']') {
			high = p.ptr[i + 2];
			i += 2;
		}
		hit = hit || (c >= low && c <= high);
	}
	if (i >= p.len)
		return 0;
	*ret_hit = hit != negated && c != '/';
	return i + 1;
}

static struct slice from(struct slice s, size_t at)
{
	return s.ptr ? slice_of(s.ptr + at, s.len - at) : s;
}

static bool glob_here(struct slice p, struct slice t, unsigned *steps);

static bool star(struct slice p, struct slice t, unsigned *steps)
{
	bool deep = p.len > 1 && p.ptr[1] == '*';
	struct slice rest = from(p, deep ? 2 : 1);
	/* A "**" followed by '/' also stands for no directory at all. */
	if (deep && rest.len && rest.ptr[0] == '/' && glob_here(from(rest, 1), t, steps))
		return true;
	for (size_t i = 0; i <= t.len; i++) {
		if (glob_here(rest, from(t, i), steps))
			return true;
		if (i < t.len && t.ptr[i] == '/' && !deep)
			return false;
	}
	return false;
}

static bool glob_here(struct slice p, struct slice t, unsigned *steps)
{
	while (p.len) {
		if (++*steps > GLOB_STEPS_MAX)
			return false;
		if (p.ptr[0] == '*')
			return star(p, t, steps);
		if (t.len == 0)
			return false;
		size_t used = 1;
		bool hit = p.ptr[0] == t.ptr[0];
		if (p.ptr[0] == '?') {
			hit = t.ptr[0] != '/';
		} else if (p.ptr[0] == '[') {
			size_t n = class_match(p, t.ptr[0], &hit);
			used = n ? n : 1;
		} else if (p.ptr[0] == '\\' && p.len > 1) {
			hit = p.ptr[1] == t.ptr[0];
			used = 2;
		}
		if (!hit)
			return false;
		p = from(p, used);
		t = from(t, 1);
	}
	return t.len == 0;
}

bool glob_match(struct slice pattern, struct slice text)
{
	unsigned steps = 0;
	return glob_here(pattern, text, &steps);
}

static bool parse_line(struct slice line, struct ignore_pattern *ret_pattern)
{
	while (line.len &&
	       (line.ptr[line.len - 1] == '\r' ||
		   (line.ptr[line.len - 1] == ' ' && (line.len < 2 || line.ptr[line.len - 2] != '\\'))))
		line.len--;
	if (line.len == 0 || line.ptr[0] == '#')
		return false;
	struct ignore_pattern p = {.negated = line.ptr[0] == '!'};
	if (p.negated)
		line = from(line, 1);
	if (line.len && line.ptr[line.len - 1] == '/') {
		p.dir_only = true;
		line.len--;
	}
	p.anchored = line.len && memchr(line.ptr, '/', line.len) != NULL;
	if (line.len && line.ptr[0] == '/')
		line = from(line, 1);
	p.text = line;
	*ret_pattern = p;
	return line.len > 0;
}

struct ignore_list *ignore_parse(
    struct arena *arena, const struct ignore_list *parent, size_t dir_len, struct slice text)
{
	size_t lines = 1;
	for (size_t i = 0; i < text.len; i++)
		lines += text.ptr[i] == '\n';
	if (lines > IGNORE_PATTERNS_MAX)
		lines = IGNORE_PATTERNS_MAX;
	struct ignore_list *list = arena_zalloc(arena, sizeof *list);
	struct ignore_pattern *patterns = arena_array(arena, lines, sizeof *patterns);
	if (!list || !patterns)
		return NULL;
	*list = (struct ignore_list){.parent = parent, .dir_len = dir_len, .patterns = patterns};
	for (struct slice rest = text; rest.ptr && list->count < lines;) {
		struct slice line = slice_cut(&rest, '\n');
		if (parse_line(line, &patterns[list->count]))
			list->count++;
	}
	return list;
}

static bool pattern_match(const struct ignore_pattern *p, struct slice below, bool is_dir)
{
	if (p->dir_only && !is_dir)
		return false;
	if (p->anchored)
		return glob_match(p->text, below);
	size_t base = below.len;
	while (base > 0 && below.ptr[base - 1] != '/')
		base--;
	return glob_match(p->text, from(below, base));
}

bool ignore_match(const struct ignore_list *list, struct slice path, bool is_dir)
{
	for (; list; list = list->parent)
		for (size_t i = list->count; i-- > 0;)
			if (pattern_match(&list->patterns[i], from(path, list->dir_len), is_dir))
				return !list->patterns[i].negated;
	return false;
}
