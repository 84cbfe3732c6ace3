/*
 * From the tree to an automaton over the bytes of UTF-8: Thompson's construction, then all subsets ahead of
 * time, as long as the table stays small. Matching is one table look-up a byte.
 */
#include <stdlib.h>
#include <string.h>

#include "contract/regex.h"

#define STEPS_MAX 20000u /* of the nondeterministic automaton */
#define TABLE_BYTES_MAX (256u << 10)
#define STATES_MAX 4096u
#define WORK_MAX 30000000u

enum step_kind { STEP_BYTE, STEP_SPLIT, STEP_START, STEP_END, STEP_MATCH };

struct nfa_step {
	enum step_kind kind;
	uint8_t low, high;
	uint32_t next, other;
};

struct nfa {
	struct nfa_step *steps;
	uint32_t count;
	bool full;
};

static uint32_t add(struct nfa *n, struct nfa_step step)
{
	if (n->count == STEPS_MAX) {
		n->full = true;
		return 0;
	}
	n->steps[n->count] = step;
	return n->count++;
}

static uint32_t split(struct nfa *n, uint32_t a, uint32_t b)
{
	return add(n, (struct nfa_step){.kind = STEP_SPLIT, .next = a, .other = b});
}

static unsigned encode(uint32_t code, uint8_t bytes[4])
{
	if (code < 0x80) {
		bytes[0] = (uint8_t)code;
		return 1;
	}
	unsigned n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (unsigned i = n - 1; i > 0; i--, code >>= 6)
		bytes[i] = (uint8_t)(0x80 | (code & 63));
	bytes[0] = (uint8_t)((0xf00u >> n & 0xff) | code);
	return n;
}

/* One run of bytes for codes whose encodings differ, from some byte on, in whole ranges. */
static uint32_t byte_run(struct nfa *n, uint32_t low, uint32_t high, uint32_t next)
{
	uint8_t from[4], to[4];
	unsigned count = encode(low, from);
	(void)encode(high, to);
	while (count-- > 0)
		next = add(n, (struct nfa_step){
				  .kind = STEP_BYTE, .low = from[count], .high = to[count], .next = next});
	return next;
}

/* A range of codes as alternatives of byte runs: cut where the length changes, then where a trailing byte is
 * not whole. */
static uint32_t range(struct nfa *n, uint32_t low, uint32_t high, uint32_t next, uint32_t rest)
{
	static const uint32_t lengths[] = {0x7f, 0x7ff, 0xffff};
	for (unsigned i = 0; i < 3; i++)
		if (low <= lengths[i] && high > lengths[i])
			return range(n, low, lengths[i], next, range(n, lengths[i] + 1, high, next, rest));
	for (unsigned i = 1; i < 4 && low >= 0x80; i++) {
		uint32_t mask = (1u << (6 * i)) - 1;
		if ((low & ~mask) == (high & ~mask))
			break;
		if (low & mask)
			return range(n, low, low | mask, next, range(n, (low | mask) + 1, high, next, rest));
		if ((high & mask) != mask)
			return range(
			    n, low, (high & ~mask) - 1, next, range(n, high & ~mask, high, next, rest));
	}
	uint32_t run = byte_run(n, low, high, next);
	return rest == UINT32_MAX ? run : split(n, run, rest);
}

static uint32_t build(struct nfa *n, const struct regex_node *node, uint32_t next);

static uint32_t build_set(struct nfa *n, const struct regex_node *node, uint32_t next)
{
	uint32_t all = UINT32_MAX;
	for (uint32_t i = node->range_count; i-- > 0 && !n->full;)
		all = range(n, node->ranges[i].low, node->ranges[i].high, next, all);
	/* No range: a byte that never comes. */
	return all != UINT32_MAX
		   ? all
		   : add(n, (struct nfa_step){.kind = STEP_BYTE, .low = 1, .high = 0, .next = next});
}

static uint32_t build_repeat(struct nfa *n, const struct regex_node *node, uint32_t next)
{
	uint32_t end = next;
	if (node->max == REGEX_MANY) {
		uint32_t loop = split(n, 0, next);
		uint32_t body = build(n, node->left, loop);
		n->steps[loop].next = body;
		end = loop;
	} else {
		for (uint32_t i = node->min; i < node->max && !n->full; i++)
			end = split(n, build(n, node->left, end), next);
	}
	for (uint32_t i = 0; i < node->min && !n->full; i++)
		end = build(n, node->left, end);
	return end;
}

static uint32_t build(struct nfa *n, const struct regex_node *node, uint32_t next)
{
	if (n->full)
		return 0;
	switch (node->kind) {
	case REGEX_SET:
		return build_set(n, node, next);
	case REGEX_CAT:
		return build(n, node->left, build(n, node->right, next));
	case REGEX_ALT: {
		uint32_t right = build(n, node->right, next);
		return split(n, build(n, node->left, next), right);
	}
	case REGEX_REPEAT:
		return build_repeat(n, node, next);
	case REGEX_GROUP:
		return build(n, node->left, next);
	case REGEX_START:
		return add(n, (struct nfa_step){.kind = STEP_START, .next = next});
	case REGEX_END:
		return add(n, (struct nfa_step){.kind = STEP_END, .next = next});
	default:
		return next;
	}
}

struct regex_dfa {
	uint8_t class_of[256];
	uint32_t classes;
	uint32_t state_count;
	uint32_t start;
	uint16_t *next;	  /* state x class */
	uint8_t *accepts; /* the text may end here */
};

/* The two states that no byte leaves. */
#define DEAD 0u
#define FOUND 1u

/* What is needed while states are made. */
struct maker {
	const struct nfa *nfa;
	struct regex_dfa *dfa;
	uint32_t start;
	uint32_t **sets; /* by state: sorted step numbers, first the count */
	uint32_t *set_hash;
	uint32_t *places; /* hash to state + 1 */
	uint32_t *stack, *list;
	uint32_t *mark; /* by step: the round in which it was seen */
	uint32_t round, list_count;
	uint32_t states_max;
	uint32_t work; /* steps that may still be followed */
};

#define PLACES 16384u

/* Follows what consumes nothing; keeps steps that wait for a byte, the end, or are the match. */
static void close_over(struct maker *m, uint32_t from, bool at_start, bool at_end)
{
	uint32_t depth = 0;
	m->stack[depth++] = from;
	while (depth > 0) {
		uint32_t at = m->stack[--depth];
		if (m->mark[at] == m->round)
			continue;
		m->mark[at] = m->round;
		const struct nfa_step *s = &m->nfa->steps[at];
		if (s->kind == STEP_SPLIT) {
			m->stack[depth++] = s->other;
			m->stack[depth++] = s->next;
		} else if ((s->kind == STEP_START && at_start) || (s->kind == STEP_END && at_end)) {
			m->stack[depth++] = s->next;
		} else if (s->kind != STEP_START) {
			m->list[m->list_count++] = at;
		}
	}
}

static void begin(struct maker *m)
{
	m->round++;
	m->list_count = 0;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static bool holds_match(const struct maker *m)
{
	for (uint32_t i = 0; i < m->list_count; i++)
		if (m->nfa->steps[m->list[i]].kind == STEP_MATCH)
			return true;
	return false;
}

static bool accepts_at_end(struct maker *m, const uint32_t *set, bool at_start)
{
	begin(m);
	for (uint32_t i = 1; i <= set[0]; i++)
		close_over(m, set[i], at_start, true);
	return holds_match(m);
}

/* The state for the steps in m->list; made when new. UINT32_MAX: too many, or no memory. */
static uint32_t state_of(struct maker *m, bool at_start)
{
	uint32_t hash = 2166136261u ^ at_start;
	if (m->list_count == 0)
		return DEAD;
	if (holds_match(m))
		return FOUND;
	qsort(m->list, m->list_count, sizeof *m->list, by_number);
	for (uint32_t i = 0; i < m->list_count; i++)
		hash = (hash ^ m->list[i]) * 16777619u;
	uint32_t place = hash & (PLACES - 1);
	for (; m->places[place]; place = (place + 1) & (PLACES - 1)) {
		uint32_t state = m->places[place] - 1;
		if (m->set_hash[state] == hash && m->sets[state][0] == m->list_count &&
		    memcmp(m->sets[state] + 1, m->list, m->list_count * sizeof *m->list) == 0)
			return state;
	}
	uint32_t *set =
	    m->dfa->state_count < m->states_max ? malloc((m->list_count + 1) * sizeof *set) : NULL;
	if (!set)
		return UINT32_MAX;
	set[0] = m->list_count;
	memcpy(set + 1, m->list, m->list_count * sizeof *set);
	uint32_t state = m->dfa->state_count++;
	m->places[place] = state + 1;
	m->sets[state] = set;
	m->set_hash[state] = hash;
	m->dfa->accepts[state] = accepts_at_end(m, set, at_start);
	return state;
}

/* Bytes that no step tells apart are one class. */
static void make_classes(const struct nfa *n, struct regex_dfa *dfa)
{
	bool cut[257] = {[0] = true};
	for (uint32_t i = 0; i < n->count; i++) {
		if (n->steps[i].kind != STEP_BYTE || n->steps[i].low > n->steps[i].high)
			continue;
		cut[n->steps[i].low] = true;
		cut[n->steps[i].high + 1] = true;
	}
	uint32_t class = 0;
	for (unsigned b = 0; b < 256; b++) {
		if (b > 0 && cut[b])
			class ++;
		dfa->class_of[b] = (uint8_t) class;
	}
	dfa->classes = class + 1;
}

static bool make_row(struct maker *m, uint32_t state)
{
	struct regex_dfa *dfa = m->dfa;
	for (unsigned b = 0; b < 256; b++) {
		if (b > 0 && dfa->class_of[b] == dfa->class_of[b - 1])
			continue;
		const uint32_t *set = m->sets[state];
		if (set[0] + m->list_count >= m->work)
			return false;
		m->work -= set[0] + m->list_count;
		begin(m);
		for (uint32_t i = 1; i <= set[0]; i++) {
			const struct nfa_step *s = &m->nfa->steps[set[i]];
			if (s->kind == STEP_BYTE && b >= s->low && b <= s->high)
				close_over(m, s->next, false, false);
		}
		/* A match may begin at any place. */
		close_over(m, m->start, false, false);
		uint32_t to = state_of(m, false);
		if (to == UINT32_MAX)
			return false;
		dfa->next[state * dfa->classes + dfa->class_of[b]] = (uint16_t)to;
	}
	return true;
}

static bool make_states(struct maker *m)
{
	struct regex_dfa *dfa = m->dfa;
	dfa->state_count = 2;
	dfa->accepts[FOUND] = true;
	begin(m);
	close_over(m, m->start, true, false);
	dfa->start = state_of(m, true);
	if (dfa->start == UINT32_MAX)
		return false;
	for (uint32_t state = 2; state < dfa->state_count; state++)
		if (!make_row(m, state))
			return false;
	return true;
}

static bool prepare(struct maker *m, struct arena *arena)
{
	struct regex_dfa *dfa = m->dfa;
	m->states_max = TABLE_BYTES_MAX / (dfa->classes * (uint32_t)sizeof *dfa->next);
	if (m->states_max > STATES_MAX)
		m->states_max = STATES_MAX;
	dfa->next = calloc((size_t)m->states_max * dfa->classes, sizeof *dfa->next);
	dfa->accepts = arena_zalloc(arena, m->states_max);
	m->sets = calloc(m->states_max, sizeof *m->sets);
	m->set_hash = calloc(m->states_max, sizeof *m->set_hash);
	m->places = calloc(PLACES, sizeof *m->places);
	m->stack = calloc((size_t)m->nfa->count * 2 + 2, sizeof *m->stack);
	m->list = calloc(m->nfa->count + 1u, sizeof *m->list);
	m->mark = calloc(m->nfa->count + 1u, sizeof *m->mark);
	return dfa->next && dfa->accepts && m->sets && m->set_hash && m->places && m->stack && m->list &&
	       m->mark;
}

/* The table moves to the arena in the size that it came to. */
static bool keep(struct maker *m, struct arena *arena)
{
	struct regex_dfa *dfa = m->dfa;
	size_t cells = (size_t)dfa->state_count * dfa->classes;
	uint16_t *table = arena_array(arena, cells, sizeof *table);
	if (table)
		memcpy(table, dfa->next, cells * sizeof *table);
	free(dfa->next);
	dfa->next = table;
	return table != NULL;
}

static void maker_done(struct maker *m)
{
	for (uint32_t i = 0; m->sets && i < m->dfa->state_count; i++)
		free(m->sets[i]);
	free(m->sets);
	free(m->set_hash);
	free(m->places);
	free(m->stack);
	free(m->list);
	free(m->mark);
}

const struct regex_dfa *regex_dfa_new(const struct regex *regex, struct arena *arena)
{
	struct nfa nfa = {.steps = calloc(STEPS_MAX, sizeof *nfa.steps)};
	struct regex_dfa *dfa = arena_zalloc(arena, sizeof *dfa);
	bool made = false;
	if (nfa.steps && dfa && regex->regular) {
		struct maker m = {.nfa = &nfa, .dfa = dfa, .work = WORK_MAX};
		uint32_t match = add(&nfa, (struct nfa_step){.kind = STEP_MATCH});
		m.start = build(&nfa, regex->root, match);
		if (!nfa.full) {
			make_classes(&nfa, dfa);
			made = prepare(&m, arena) && make_states(&m);
			if (made)
				made = keep(&m, arena);
			else
				free(dfa->next);
			maker_done(&m);
		}
	}
	free(nfa.steps);
	return made ? dfa : NULL;
}

bool regex_dfa_match(const struct regex_dfa *dfa, struct slice text)
{
	const unsigned char *p = (const unsigned char *)text.ptr, *end = p + text.len;
	const uint16_t *next = dfa->next;
	uint32_t state = dfa->start, classes = dfa->classes;
	for (; p < end && state > FOUND; p++)
		state = next[state * classes + dfa->class_of[*p]];
	return dfa->accepts[state];
}
