/* Differences of two locks in the words of a reviewer, and which way each goes. */
#include "app/lock/lock_diff.h"
#include "app/manifest/units.h"

static const struct {
	const char *word, *verb;
} verbs[] = {{"read", "read"}, {"insert", "insert into"}, {"update", "change"}, {"delete", "delete from"}};

static const char *verb_of(struct slice word)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (slice_eq_cstr(word, verbs[i].word))
			return verbs[i].verb;
	return "use";
}

/* "users.email", or "users (email, name)", or "users (email, name) through public_users". */
static void add_target(struct buf *out, struct slice target, struct slice columns)
{
	const char *via =
	    target.len ? memmem(target.ptr, target.len, " through ", strlen(" through ")) : NULL;
	struct slice table = via ? slice_of(target.ptr, (size_t)(via - target.ptr)) : target;
	buf_add_slice(out, table);
	if (columns.len)
		buf_printf(
		    out, memchr(columns.ptr, ',', columns.len) ? " (%.*s)" : ".%.*s", SLICE_ARG(columns));
	if (via)
		buf_add_slice(out, slice_of(via, target.len - table.len));
}

void lock_tell_right(struct lock_diff *d, struct slice function, const struct grant_change *c)
{
	CLEANUP_BUF struct buf target = BUF_INIT(65536);
	struct slice rest = c->key;
	struct slice word = slice_cut(&rest, ' ');
	add_target(&target, rest, c->columns);
	lock_add(d, c->gained ? LOCK_GROWS : LOCK_SHRINKS, c->line, "%.*s may %s %s %.*s, by %.*s",
	    SLICE_ARG(function), c->gained ? "now also" : "no longer", verb_of(word),
	    SLICE_ARG(buf_slice(&target)), SLICE_ARG(c->query));
}

static void add_reach(struct buf *out, const struct lock_section *query)
{
	for (size_t i = 0; i < query->count; i++) {
		const struct lock_line *line = &query->lines[i];
		struct slice rest = line->key;
		struct slice word = slice_cut(&rest, ' ');
		size_t skip = line->key.len + strlen(": ");
		if (strcmp(verb_of(word), "use") == 0)
			continue;
		buf_printf(out, "; may %s ", verb_of(word));
		add_target(out, rest,
		    line->text.len > skip ? slice_of(line->text.ptr + skip, line->text.len - skip)
					  : SLICE_NONE);
		buf_printf(out, ", by %.*s", SLICE_ARG(query->name));
	}
}

/* All of a new function in one sentence: who may call it, and what it reaches. */
static void tell_new_function(struct lock_diff *d, const struct lock_section *f)
{
	static const struct {
		const char *word, *phrase;
	} shown[] = {{"http", "answers"}, {"host", "may send requests to"}, {"secret", "holds the secret"},
	    {"publish", "may publish"}};
	CLEANUP_BUF struct buf text = BUF_INIT(65536);
	for (size_t i = 0; i < f->count; i++) {
		struct slice rest = f->lines[i].text;
		struct slice word = slice_cut(&rest, ' ');
		if (slice_eq_cstr(word, "auth"))
			buf_printf(&text, " for %.*s", SLICE_ARG(rest));
		for (size_t k = 0; k < sizeof shown / sizeof *shown; k++)
			if (slice_eq_cstr(word, shown[k].word))
				buf_printf(&text, "; %s %.*s", shown[k].phrase, SLICE_ARG(rest));
		const struct lock_section *q =
		    slice_eq_cstr(word, "query") ? lock_find(d->wanted, SLICE("query"), rest) : NULL;
		if (q)
			add_reach(&text, q);
	}
	lock_add(d, LOCK_GROWS, 0, "%.*s is new,%.*s", SLICE_ARG(f->name), SLICE_ARG(buf_slice(&text)));
}

void lock_tell_section(struct lock_diff *d, const struct lock_section *s, bool is_new)
{
	bool function = slice_eq_cstr(s->kind, "function");
	if (function && is_new)
		tell_new_function(d, s);
	else if (function)
		lock_add(d, LOCK_SHRINKS, s->line, "%.*s is gone", SLICE_ARG(s->name));
	else
		lock_add(d, LOCK_CHANGES, is_new ? 0 : s->line, "%.*s %.*s is %s", SLICE_ARG(s->kind),
		    SLICE_ARG(s->name), is_new ? "new" : "gone");
}

/* ---- which way a changed line goes ---- */

/* Larger: more may call. */
static int openness(struct slice access)
{
	int open = slice_starts(access, SLICE("public")) ? 100 : slice_starts(access, SLICE("user")) ? 50 : 0;
	open -= memmem(access.ptr, access.len, "second factor", 13) ? 10 : 0;
	open -= memmem(access.ptr, access.len, "signed in within", 16) ? 5 : 0;
	return open - (memmem(access.ptr, access.len, "tenant", 6) ? 1 : 0);
}

static enum lock_direction auth_direction(struct slice from, struct slice to)
{
	int before = openness(from);
	int after = openness(to);
	return after > before ? LOCK_GROWS : after < before ? LOCK_SHRINKS : LOCK_CHANGES;
}

static bool amount(struct slice text, double *ret)
{
	uint64_t whole;
	struct manifest_rate rate;
	if (slice_eq_cstr(text, "none"))
		*ret = 1e300;
	else if (rate_parse(text, &rate))
		*ret = (double)rate.count / (double)rate.per_us;
	else if (duration_parse(text, &whole) || size_parse(text, &whole) || slice_to_u64(text, &whole))
		*ret = (double)whole;
	else
		return false;
	return true;
}

static enum lock_direction limit_direction(struct slice from, struct slice to)
{
	double before, after;
	if (!amount(from, &before) || !amount(to, &after) || before == after)
		return LOCK_CHANGES;
	return after > before ? LOCK_GROWS : LOCK_SHRINKS;
}

static bool has_part(struct slice list, struct slice part)
{
	while (list.ptr)
		if (slice_eq(slice_trim(slice_cut(&list, ';')), part))
			return true;
	return false;
}

/* What only bounds a request, and what makes it safer, is no authority. */
static bool is_authority(struct slice part)
{
	return part.len && !slice_starts(part, SLICE("timeout ")) && !slice_starts(part, SLICE("answer ")) &&
	       !slice_eq_cstr(part, "https");
}

/* A path is covered by a prefix of it that ends at a segment, as the broker matches them. */
static bool path_covered(struct slice list, struct slice path)
{
	while (list.ptr) {
		struct slice prefix = slice_trim(slice_cut(&list, ';'));
		if (slice_eq_cstr(prefix, "every path"))
			return true;
		if (prefix.len && prefix.ptr[0] == '/' && slice_starts(path, prefix) &&
		    (path.len == prefix.len || slice_ends(prefix, SLICE("/")) || path.ptr[prefix.len] == '/'))
			return true;
	}
	return false;
}

static bool adds_authority(struct slice from, struct slice to)
{
	while (to.ptr) {
		struct slice part = slice_trim(slice_cut(&to, ';'));
		bool path = part.len && part.ptr[0] == '/';
		if (path ? !path_covered(from, part) : is_authority(part) && !has_part(from, part))
			return true;
	}
	return false;
}

static enum lock_direction host_direction(struct slice from, struct slice to)
{
	if (adds_authority(from, to))
		return LOCK_GROWS;
	return adds_authority(to, from) ? LOCK_SHRINKS : LOCK_CHANGES;
}

static enum lock_direction any_direction(struct slice from, struct slice to)
{
	(void)from;
	(void)to;
	return LOCK_CHANGES;
}

/* ---- the words ---- */

/* %N: the function or app, %V: the rest of the new line, %O: of the old one. */
struct phrase {
	const char *word;
	const char *added, *removed, *changed;
	enum lock_direction when_added;
	enum lock_direction (*direction)(struct slice from, struct slice to);
};

static const struct phrase phrases[] = {
    {"auth", "%N may be called by: %V", "%N has no callers any more: %O",
	"%N may now be called by: %V (before: %O)", LOCK_GROWS, auth_direction},
    {"http", "%N answers %V", "%N no longer answers %O", "%N answers %V (before: %O)", LOCK_GROWS,
	any_direction},
    {"input", "%N takes %V", "%N no longer takes an input", "the input of %N is now %V (before: %O)",
	LOCK_CHANGES, any_direction},
    {"output", "%N returns %V", "%N no longer returns anything", "the output of %N is now %V (before: %O)",
	LOCK_CHANGES, any_direction},
    {"error", "%N may answer with the error %V", "%N no longer answers with the error %O",
	"an error of %N is now %V (before: %O)", LOCK_CHANGES, any_direction},
    {"query", "%N may now run %V", "%N may no longer run %O", "%N runs %V", LOCK_GROWS, any_direction},
    {"host", "%N may now send requests to %V", "%N may no longer send requests to %O",
	"%N may now send requests to %V (before: %O)", LOCK_GROWS, host_direction},
    {"secret", "%N now holds the secret %V", "%N no longer holds the secret %O", "%N holds %V", LOCK_GROWS,
	any_direction},
    {"publish", "%N may now publish %V", "%N may no longer publish %O", "%N publishes %V", LOCK_GROWS,
	any_direction},
    {"limit", "%N is limited: %V", "%N is no longer limited: %O", "a limit of %N is now %V (before: %O)",
	LOCK_CHANGES, limit_direction},
    {"budget", "%N has a budget for each day: %V", "%N no longer has a budget for each day: %O",
	"a day's budget of %N is now %V (before: %O)", LOCK_SHRINKS, limit_direction},
    {"page", "pages of %N may now use %V", "pages of %N may no longer use %O", "pages of %N use %V",
	LOCK_GROWS, any_direction},
    {"watch", "what %N does may now be told to %V", "what %N does is no longer told to %O",
	"what %N does is now told to %V (before: %O)", LOCK_GROWS, any_direction},
    {"database", "%N keeps its data in %V", "%N no longer has %O", "%N keeps its data in %V (before: %O)",
	LOCK_CHANGES, any_direction},
    {"issuer", "%N now takes the word of %V about who somebody is", "%N no longer takes the word of %O",
	"%N now takes the word of %V (before: %O)", LOCK_GROWS, any_direction},
    {"mail", "%N may now send mails through %V", "%N no longer sends mails through %O", "%N sends mails through %V (before: %O)",
	LOCK_GROWS, host_direction},
    {"sign-up", "sign-up at %N is now %V", "sign-up at %N is no longer %O", "sign-up at %N is %V", LOCK_SHRINKS, any_direction},
    {"bound", "%N is now bound to %V", "%N is no longer bound to %O", "%N is bound to %V", LOCK_SHRINKS,
	any_direction},
    {"unowned", "%N reaches rows of any owner, %V", "%N is again about the caller's own rows",
	"%N reaches rows of any owner, %V (before: %O)", LOCK_GROWS, any_direction},
};

static void fill(struct buf *out, const char *phrase, struct slice name, struct slice from, struct slice to)
{
	for (const char *p = phrase; *p; p++) {
		if (*p != '%') {
			buf_add_char(out, *p);
			continue;
		}
		p++;
		buf_add_slice(out, *p == 'N' ? name : *p == 'V' ? to : from);
	}
}

static struct slice rest_of(const struct lock_line *line)
{
	struct slice rest = line ? line->text : SLICE_NONE;
	if (line)
		(void)slice_cut(&rest, ' ');
	return rest;
}

/* For a limit the part after its name decides. */
static struct slice value_of(const struct lock_line *line)
{
	struct slice rest = slice_of(line->text.ptr + line->key.len, line->text.len - line->key.len);
	return slice_trim(rest);
}

void lock_tell_line(struct lock_diff *d, const struct lock_section *section, uint32_t line,
    const struct lock_line *from, const struct lock_line *to)
{
	struct slice rest = (from ? from : to)->text;
	struct slice word = slice_cut(&rest, ' ');
	for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
		const struct phrase *p = &phrases[i];
		if (!slice_eq_cstr(word, p->word))
			continue;
		CLEANUP_BUF struct buf text = BUF_INIT(65536);
		enum lock_direction direction = p->when_added;
		fill(&text,
		    !from ? p->added
		    : !to ? p->removed
			  : p->changed,
		    section->name, rest_of(from), rest_of(to));
		if (from && to)
			direction = p->direction(value_of(from), value_of(to));
		else if (slice_eq_cstr(rest, "now"))
			direction = LOCK_CHANGES; /* the clock is nobody's right */
		else if (!to)
			direction = direction == LOCK_GROWS	? LOCK_SHRINKS
				    : direction == LOCK_SHRINKS ? LOCK_GROWS
								: LOCK_CHANGES;
		lock_add(d, direction, line, "%.*s", SLICE_ARG(buf_slice(&text)));
		return;
	}
}

void lock_changes_print(const struct lock_changes *changes, bool colour, struct buf *out)
{
	static const struct {
		const char *title, *mark, *colour;
	} groups[LOCK_DIRECTION_COUNT] = {
	    [LOCK_GROWS] = {"More authority", "+", "\033[1;31m"},
	    [LOCK_CHANGES] = {"Other changes", "~", "\033[1;33m"},
	    [LOCK_SHRINKS] = {"Less authority", "-", "\033[1;32m"},
	};
	for (size_t i = 0; i < changes->count; i++) {
		const struct lock_change *c = &changes->items[i];
		if (i == 0 || changes->items[i - 1].direction != c->direction)
			buf_printf(out, "%s%s%s%s\n", i ? "\n" : "",
			    colour ? groups[c->direction].colour : "", groups[c->direction].title,
			    colour ? "\033[0m" : "");
		buf_printf(out, "  %s %.*s\n", groups[c->direction].mark, SLICE_ARG(c->text));
	}
}
