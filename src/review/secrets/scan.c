/*
 * The secret scanner over one text: anchors lead to patterns, names and key blocks; overlapping hits are
 * settled by rank; places become lines and columns in one pass. Called for every file of a review, by several
 * threads.
 */
#include "review/secrets/secrets.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/size.h"
#include "review/anchors.h"
#include "review/secrets/assign.h"
#include "review/secrets/check.h"
#include "review/secrets/name.h"
#include "review/secrets/pem.h"
#include "review/secrets/shape.h"

#define AHEAD_MAX 16384u
#define LONG_VALUE 256u

enum { RANK_NAME = 1, RANK_PATTERN, RANK_VERIFIED, RANK_PEM };

struct scan {
	const struct secret_rules *rules;
	struct slice text;
	pcre2_match_data *match;
	pcre2_match_context *context;
	struct secret_hits *hits;
	size_t name_done; /* names before it need no look: their value was reported, or they stand in a long
			     bare value */
	bool out_of_memory;
};

void secret_hits_done(struct secret_hits *hits)
{
	free(hits->items);
	*hits = (struct secret_hits){0};
}

static void add_hit(
    struct scan *s, const struct rule_info *rule, struct slice value, bool verified, uint8_t rank)
{
	struct secret_hits *h = s->hits;
	if (h->count >= SECRET_HITS_MAX) {
		h->truncated = true;
		return;
	}
	if (h->count == h->size) {
		size_t size = h->size ? h->size * 2 : 16;
		struct secret_hit *items = realloc(h->items, size * sizeof(*items));
		if (!items) {
			s->out_of_memory = true;
			return;
		}
		h->items = items;
		h->size = size;
	}
	size_t at = (size_t)(value.ptr - s->text.ptr);
	h->items[h->count++] =
	    (struct secret_hit){.rule = rule, .at = at, .len = value.len, .verified = verified, .rank = rank};
}

static void try_pattern(struct scan *s, const struct secret_pattern *p, size_t at, size_t len)
{
	size_t start = at > p->before ? at - p->before : 0;
	size_t end = size_min(s->text.len, at + len + AHEAD_MAX);
	pcre2_set_offset_limit(s->context, p->before == 0 ? PCRE2_UNSET : at);
	/* A match that gives up at its limit is no match: the patterns are bounded, so only a hostile rule
	 * file meets it. */
	int groups = pcre2_match(p->code, (PCRE2_SPTR)s->text.ptr, end, p->before == 0 ? at : start,
	    PCRE2_NO_UTF_CHECK, s->match, s->context);
	if (groups <= 0)
		return;
	const PCRE2_SIZE *place = pcre2_get_ovector_pointer(s->match);
	if (place[0] > at || place[1] < at + len)
		return;
	size_t from = place[0], to = place[1];
	if (p->value_group > 0 && (int)p->value_group < groups) {
		from = place[2 * p->value_group];
		to = place[2 * p->value_group + 1];
	}
	struct check_input in = {s->text, place[0], slice_of(s->text.ptr + place[0], place[1] - place[0]),
	    slice_of(s->text.ptr + from, to - from), &s->rules->values};
	bool verified = false;
	if (to <= from || !secret_checks_hold(p->checks, &in, &verified))
		return;
	if (!verified && p->entropy_min > 0 &&
	    (slice_entropy(in.value) < p->entropy_min || slice_looks_made_up(in.value)))
		return;
	add_hit(s, &p->info, in.value, verified, verified ? RANK_VERIFIED : RANK_PATTERN);
}

static void try_name(
    struct scan *s, const struct secret_context *c, size_t at, size_t len, enum anchor_use use)
{
	struct secret_name name;
	struct assignment given;
	if (at < s->name_done || !secret_name_read(&s->rules->names, s->text, at, len, use, &name))
		return;
	if (!assignment_read(&s->rules->names, s->text, name.at, name.len, &given))
		return;
	/* Else a line of `password=password=...` would cost its square. */
	if (given.form == VALUE_BARE && given.value.len > LONG_VALUE)
		s->name_done = (size_t)(given.value.ptr - s->text.ptr) + given.value.len;
	if (!secret_value_holds(&s->rules->values, c->judge, c->min, given.form, given.value))
		return;
	add_hit(s, &c->info, given.value, false, RANK_NAME);
	s->name_done = size_max(s->name_done, name.at + name.len);
}

static void on_anchor(void *ctx, size_t at, size_t len, uint32_t tag)
{
	struct scan *s = ctx;
	const struct anchor_target *t = &s->rules->targets[tag];
	struct slice block;
	switch (t->use) {
	case ANCHOR_PATTERN:
		try_pattern(s, &s->rules->patterns[t->index], at, len);
		break;
	case ANCHOR_NAME_WITHIN:
	case ANCHOR_NAME_WORD:
	case ANCHOR_NAME_END:
		try_name(s, &s->rules->contexts[t->index], at, len, t->use);
		break;
	case ANCHOR_PEM:
		if (private_key_block(s->text, at, &block))
			add_hit(s, &s->rules->pem, block, false, RANK_PEM);
		break;
	}
}

static int by_place(const void *a, const void *b)
{
	const struct secret_hit *x = a, *y = b;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (int)y->rank - (int)x->rank;
}

/* Of hits that overlap the one of higher rank stays, of equals the first. */
static void settle(struct secret_hits *h)
{
	size_t kept = 0;
	if (h->count > 1)
		qsort(h->items, h->count, sizeof(*h->items), by_place);
	for (size_t i = 0; i < h->count; i++) {
		struct secret_hit *last = kept ? &h->items[kept - 1] : NULL;
		if (!last || last->at + last->len <= h->items[i].at)
			h->items[kept++] = h->items[i];
		else if (h->items[i].rank > last->rank)
			*last = h->items[i];
	}
	h->count = kept;
}

struct place {
	size_t at;
	size_t line_start;
	uint32_t line;
};

static void advance(struct place *p, struct slice text, size_t to)
{
	const char *nl;
	while (p->at < to && (nl = memchr(text.ptr + p->at, '\n', to - p->at)) != NULL) {
		p->at = (size_t)(nl - text.ptr) + 1;
		p->line_start = p->at;
		p->line++;
	}
	p->at = to;
}

static void set_lines(struct secret_hits *h, struct slice text)
{
	struct place p = {.line = 1};
	for (size_t i = 0; i < h->count; i++) {
		struct secret_hit *hit = &h->items[i];
		advance(&p, text, hit->at);
		hit->line = p.line;
		hit->col = (uint32_t)(hit->at - p.line_start) + 1;
		struct place end = p;
		advance(&end, text, hit->at + hit->len);
		hit->end_line = end.line;
		hit->end_col = (uint32_t)(hit->at + hit->len - end.line_start) + 1;
	}
}

result secrets_scan_text(
    const struct secret_rules *rules, struct slice text, struct error *err, struct secret_hits *ret_hits)
{
	struct secret_hits hits = {0};
	struct scan s = {.rules = rules, .text = text, .hits = &hits};
	if (text.len > UINT32_MAX)
		return error_set(err, ERR_LIMIT, "a text of more than 4 GiB");
	s.match = pcre2_match_data_create(8, NULL);
	s.context = pcre2_match_context_create(NULL);
	s.out_of_memory = !s.match || !s.context;
	if (!s.out_of_memory) {
		pcre2_set_match_limit(s.context, 500000);
		anchors_scan(rules->anchors, text, on_anchor, &s);
	}
	pcre2_match_data_free(s.match);
	pcre2_match_context_free(s.context);
	if (s.out_of_memory) {
		secret_hits_done(&hits);
		return error_set(err, ERR_MEMORY, "no memory to scan for secrets");
	}
	settle(&hits);
	set_lines(&hits, text);
	*ret_hits = hits;
	return RESULT_OK;
}
