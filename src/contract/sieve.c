/*
 * The options of a union that a value may be of, by what one look at its members tells: which are there, of
 * which kind each is, and the values of those that are literals. What is sifted out certainly does not hold;
 * what is left is tried. Most unions without a tag are told apart by this alone, so that unions nested in
 * unions cost one look a level.
 */
#include "contract/compile.h"

#define SIEVE_OPTIONS_MAX 64u
#define SIEVE_NAMES_MAX 512u
#define SIEVE_LITERALS_MAX 32u

struct sieve_literal {
	struct slice value;
	uint64_t options;
};

struct sieve_name {
	uint16_t id;
	uint64_t required;	     /* options that fail without it */
	uint64_t by_tag[VALUE_TAGS]; /* options that take a value of that tag here, whatever it is */
	struct sieve_literal *literals;
	uint32_t literal_count;
};

struct sieve {
	uint64_t by_tag[VALUE_TAGS];
	uint64_t others; /* options that take keys which they do not declare */
	struct sieve_name *names;
	uint32_t name_count, required_count; /* those that some option requires come first */
	uint16_t *places;		     /* id to index + 1 */
	uint32_t places_mask;
};

/* As the walk judges it: a whole number may come as NUM or BIG. */
static uint64_t takes(const struct type *type, unsigned tag)
{
	unsigned kinds = tag == VALUE_NUM || tag == VALUE_BIG ? KIND_NUMBER : kind_of_tag[tag];
	return (type->kinds & kinds) != 0;
}

static struct sieve_name *name_of(const struct sieve *s, uint16_t id)
{
	for (uint32_t at = id & s->places_mask; s->places[at]; at = (at + 1) & s->places_mask)
		if (s->names[s->places[at] - 1].id == id)
			return &s->names[s->places[at] - 1];
	return NULL;
}

static void put_name(struct sieve *s, uint32_t i)
{
	uint32_t at = s->names[i].id & s->places_mask;
	while (s->places[at])
		at = (at + 1) & s->places_mask;
	s->places[at] = (uint16_t)(i + 1);
}

/* False when the literals are too many to be worth it: then any value of the kind passes. */
static bool add_literals(
    struct type_set *set, struct sieve_name *n, const struct literals *literals, uint64_t bit)
{
	if (!n->literals)
		n->literals = arena_array(&set->arena, SIEVE_LITERALS_MAX, sizeof *n->literals);
	if (!n->literals || n->literal_count + literals->count > SIEVE_LITERALS_MAX)
		return false;
	for (uint32_t i = 0; i < literals->count; i++)
		n->literals[n->literal_count++] = (struct sieve_literal){literals->values[i], bit};
	return true;
}

static void add_property(
    struct type_set *set, struct sieve_name *n, const struct object_rules *rules, uint64_t bit)
{
	const int at = object_property(rules, set->names.names[n->id]);
	const struct property *p = at >= 0 ? &rules->properties[at] : NULL;
	if (p && p->required)
		n->required |= bit;
	if (!p || !p->declared) {
		for (unsigned tag = 0; tag < VALUE_TAGS && (rules->additional || rules->pattern_count > 0);
		     tag++)
			n->by_tag[tag] |= bit;
		return;
	}
	/* Literals are of scalars; a container among them is left to the trial. */
	const struct literals *literals = p->type->held == HELD_PLAIN ? p->type->literals : NULL;
	bool kept = literals && add_literals(set, n, literals, bit);
	for (unsigned tag = 0; tag < VALUE_TAGS; tag++)
		if (takes(p->type, tag) && (!kept || tag >= VALUE_ARRAY))
			n->by_tag[tag] |= bit;
}

static void add_option(struct type_set *set, struct sieve *s, const struct type *option, uint64_t bit)
{
	for (unsigned tag = 0; tag < VALUE_TAGS; tag++)
		if (takes(option, tag))
			s->by_tag[tag] |= bit;
	const struct object_rules *rules = option->object;
	if (!rules || rules->additional || rules->pattern_count > 0)
		s->others |= bit;
	for (uint32_t i = 0; i < s->name_count; i++) {
		if (rules)
			add_property(set, &s->names[i], rules, bit);
		for (unsigned tag = 0; tag < VALUE_TAGS && !rules; tag++)
			s->names[i].by_tag[tag] |= bit;
	}
}

/* Every name that some option speaks of; false when there are too many. */
static bool collect_names(struct sieve *s, struct type_set *set, const struct rest *rule, bool required)
{
	for (uint32_t i = 0; i < rule->type_count; i++) {
		const struct object_rules *rules = rule->types[i]->object;
		for (uint32_t k = 0; rules && k < rules->count; k++) {
			const int id = names_find(&set->names, rules->properties[k].name);
			if (id < 0 || rules->properties[k].required != required || name_of(s, (uint16_t)id))
				continue;
			if (s->name_count == SIEVE_NAMES_MAX)
				return false;
			s->names[s->name_count].id = (uint16_t)id;
			put_name(s, s->name_count++);
		}
	}
	return true;
}

result sieve_build(struct type_set *set, struct rest *rule, struct error *err)
{
	if (rule->type_count < 2 || rule->type_count > SIEVE_OPTIONS_MAX || set->dynamic)
		return RESULT_OK;
	size_t names = 0, places = 16;
	for (uint32_t i = 0; i < rule->type_count; i++)
		names += rule->types[i]->object ? rule->types[i]->object->count : 0;
	if (names > SIEVE_NAMES_MAX)
		return RESULT_OK;
	while (places < names * 2)
		places *= 2;
	struct sieve *s = arena_array(&set->arena, 1, sizeof *s);
	if (!s)
		return error_set(err, ERR_MEMORY, "no memory for a union");
	*s = (struct sieve){.names = arena_array(&set->arena, names + 1, sizeof *s->names),
	    .places = arena_array(&set->arena, places, sizeof *s->places),
	    .places_mask = (uint32_t)places - 1};
	if (!s->names || !s->places)
		return error_set(err, ERR_MEMORY, "no memory for a union");
	memset(s->names, 0, (names + 1) * sizeof *s->names);
	memset(s->places, 0, places * sizeof *s->places);
	bool fits = collect_names(s, set, rule, true);
	s->required_count = s->name_count;
	if (!fits || !collect_names(s, set, rule, false))
		return RESULT_OK;
	for (uint32_t i = 0; i < rule->type_count; i++)
		add_option(set, s, rule->types[i], 1ull << i);
	rule->sieve = s;
	return RESULT_OK;
}

static uint64_t by_literal(
    const struct type_set *set, const struct sieve_name *n, struct slice value, const struct value_item *item)
{
	uint64_t options = n->by_tag[item->tag];
	const bool one_form = item->tag == VALUE_INT || item->tag == VALUE_ASCII;
	for (uint32_t i = 0; i < n->literal_count && item->tag < VALUE_ARRAY; i++)
		if (slice_eq(n->literals[i].value, value) ||
		    (!one_form && value_equal(set, n->literals[i].value, value)))
			options |= n->literals[i].options;
	return options;
}

static bool one_or_none(uint64_t options)
{
	return (options & (options - 1)) == 0;
}

/* What is not there sifts, too. */
static uint64_t by_absence(const struct sieve *s, const uint64_t *seen, uint64_t options)
{
	for (uint32_t i = 0; i < s->required_count && !one_or_none(options); i++)
		if (!(seen[i / 64] >> (i % 64) & 1))
			options &= ~s->names[i].required;
	return options;
}

uint64_t sieve_options(const struct type_set *set, const struct sieve *s, const struct value_item *item)
{
	uint64_t options = s->by_tag[item->tag], seen[SIEVE_NAMES_MAX / 64] = {0};
	struct slice rest = item->text, key, value;
	uint16_t id;
	if (item->tag != VALUE_OBJECT)
		return options;
	while (rest.len > 0 && !one_or_none(options)) {
		struct value_item member;
		if (!value_read_key(&rest, &id, &key))
			return options;
		value = rest;
		if (!value_read(&rest, &member))
			return options;
		value.len -= rest.len;
		const struct sieve_name *n = id == VALUE_KEY_TEXT ? NULL : name_of(s, id);
		options &= n ? by_literal(set, n, value, &member) : s->others;
		if (n)
			seen[(size_t)(n - s->names) / 64] |= 1ull << ((size_t)(n - s->names) % 64);
	}
	return one_or_none(options) ? options : by_absence(s, seen, options);
}

/* Whether some value of the member is taken by both options, as far as the sieve knows. */
static bool member_shared(const struct sieve_name *n, uint64_t a, uint64_t b)
{
	for (unsigned tag = 0; tag < VALUE_TAGS; tag++)
		if (n->by_tag[tag] & a && n->by_tag[tag] & b)
			return true;
	for (uint32_t i = 0; i < n->literal_count; i++) {
		const struct sieve_literal *one = &n->literals[i];
		const uint64_t other = one->options & a ? b : one->options & b ? a : 0;
		if (other && n->by_tag[(uint8_t)one->value.ptr[0]] & other)
			return true;
		for (uint32_t k = 0; other && k < n->literal_count; k++)
			if (n->literals[k].options & other &&
			    value_equal(NULL, n->literals[k].value, one->value))
				return true;
	}
	return false;
}

bool sieve_parts(const struct sieve *s, uint32_t i, uint32_t k)
{
	const uint64_t a = 1ull << i, b = 1ull << k;
	for (uint32_t n = 0; n < s->required_count; n++)
		if (s->names[n].required & (a | b) && !member_shared(&s->names[n], a, b))
			return true;
	return false;
}
