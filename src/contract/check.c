/* The checks of scalars, the same for JSON text and for encodings. Called by decode.c and walk.c. */
#include <stdio.h>

#include "contract/json.h"

__attribute__((format(printf, 2, 3))) static bool no(char *what, const char *fmt, ...)
{
	if (!what)
		return false;
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(what, WHAT_MAX, fmt, args);
	va_end(args);
	return false;
}

static const char *number_words(const struct number *n, char room[NUMBER_TEXT_MAX + 1])
{
	size_t len = 0;
	if (n->tag == VALUE_INT)
		len = number_format_int(n->integer, room);
	else if (n->tag == VALUE_NUM)
		len = number_format(n->real, room);
	else
		memcpy(
		    room, n->text.ptr, len = n->text.len < NUMBER_TEXT_MAX ? n->text.len : NUMBER_TEXT_MAX);
	room[len] = '\0';
	return room;
}

/* 2^53: the whole numbers up to it have each a double of their own. */
#define DOUBLE_WHOLE_MAX (INT64_C(1) << 53)

bool check_number(const struct type *type, const struct number *n, char ret_what[WHAT_MAX])
{
	const struct number_rules *rules = type->number;
	char room[NUMBER_TEXT_MAX + 1];
	if ((type->kinds & KIND_NUMBER) != KIND_NUMBER && !number_is_whole(n))
		return no(ret_what, "must be a whole number");
	if (type_wants_doubles(type) &&
	    (n->tag == VALUE_BIG || (n->tag == VALUE_INT && (n->integer > DOUBLE_WHOLE_MAX || n->integer < -DOUBLE_WHOLE_MAX))))
		return no(ret_what, "must be a number that a double holds exactly (a bigint goes as text)");
	if (!rules)
		return true;
	if (rules->has_min) {
		int order = number_compare(n, &rules->min);
		if (order < 0 || (order == 0 && rules->min_open))
			return no(ret_what, "must be %s %s", rules->min_open ? "more than" : "at least",
			    number_words(&rules->min, room));
	}
	if (rules->has_max) {
		int order = number_compare(n, &rules->max);
		if (order > 0 || (order == 0 && rules->max_open))
			return no(ret_what, "must be %s %s", rules->max_open ? "less than" : "at most",
			    number_words(&rules->max, room));
	}
	if (rules->has_multiple && !number_is_multiple(n, rules->multiple, rules->multiple_exponent)) {
		struct number unit = number_of_text(rules->multiple_text);
		return no(ret_what, "must be a multiple of %s", number_words(&unit, room));
	}
	return true;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

bool check_string(const struct type *type, struct slice text, const struct text_facts *facts, uint64_t *steps,
    char ret_what[WHAT_MAX])
{
	const struct string_rules *rules = type->string;
	bool strict = !type->set->options.plain;
	uint64_t most = rules && rules->chars_max != BOUND_UNSET ? rules->chars_max
			: strict				 ? BOUND_STRING_CHARS
								 : UINT64_MAX;
	if (facts->chars > most)
		return no(ret_what, "must have at most %llu character%s, has %llu", (unsigned long long)most,
		    plural(most), (unsigned long long)facts->chars);
	if (strict && facts->controls && type->text != TEXT_ANY &&
	    (type->text == TEXT_SINGLE_LINE || (facts->controls & TEXT_HAS_CONTROL)))
		return no(ret_what, "must not hold control characters%s",
		    type->text == TEXT_MULTILINE ? " other than tabs and line ends" : "");
	if (!rules)
		return true;
	if (facts->chars < rules->chars_min)
		return no(ret_what, "must have at least %llu character%s, has %llu",
		    (unsigned long long)rules->chars_min, plural(rules->chars_min),
		    (unsigned long long)facts->chars);
	if (rules->format && !format_match(rules->format, text))
		return no(ret_what, "must be %.*s", SLICE_ARG(format_words(rules->format)));
	enum match match = rules->pattern ? pattern_match(rules->pattern, text) : MATCH_YES;
	if (match == MATCH_UNDECIDED && steps)
		*steps = 0;
	return match == MATCH_YES ||
	       no(ret_what, "must match %.*s", SLICE_ARG(pattern_source(rules->pattern)));
}

static void literal_words(const struct type *type, struct slice encoding, struct buf *out)
{
	struct value_item item;
	struct slice rest = encoding;
	if (!value_read(&rest, &item))
		return;
	value_print(type->set, encoding, out);
}

bool check_literals(const struct type *type, struct slice encoding, char ret_what[WHAT_MAX])
{
	const struct literals *literals = type->literals;
	for (uint32_t i = 0; i < literals->count; i++)
		if (slice_eq(literals->values[i], encoding))
			return true;
	/* Integers, and strings that say they are ASCII, have one encoding. */
	bool one_form = encoding.ptr[0] == VALUE_INT || encoding.ptr[0] == VALUE_ASCII;
	for (uint32_t i = 0; i < literals->count && !one_form; i++)
		if (value_equal(type->set, literals->values[i], encoding))
			return true;
	if (!ret_what)
		return false;
	char room[WHAT_MAX - 16];
	struct buf list = {.ptr = room, .size = sizeof room, .cap = sizeof room};
	for (uint32_t i = 0; i < literals->count && buf_ok(&list); i++) {
		if (i > 0)
			buf_add_cstr(&list, i + 1 == literals->count ? " or " : ", ");
		literal_words(type, literals->values[i], &list);
	}
	return no(ret_what, "must be %.*s%s", SLICE_ARG(buf_slice(&list)), buf_ok(&list) ? "" : "...");
}

void kinds_words(const struct type *type, char ret[WHAT_MAX])
{
	static const struct {
		unsigned bits;
		const char *words;
	} table[] = {{KIND_OBJECT, "an object"}, {KIND_ARRAY, "an array"}, {KIND_STR, "a string"},
	    {KIND_NUMBER, "a number"}, {KIND_INT, "a whole number"}, {KIND_BOOL, "true or false"},
	    {KIND_NULL, "null"}};
	struct buf out = {.ptr = ret, .size = WHAT_MAX, .cap = WHAT_MAX - 1};
	unsigned left = type->kinds;
	buf_add_cstr(&out, "must be ");
	bool first = true;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if ((left & table[i].bits) != table[i].bits)
			continue;
		left &= ~table[i].bits;
		if (!first)
			buf_add_cstr(&out, left ? ", " : " or ");
		buf_add_cstr(&out, table[i].words);
		first = false;
	}
	if (first)
		buf_add_cstr(&out, "absent");
	ret[out.len] = '\0';
}

void step_path(const struct step *step, struct buf *out)
{
	if (!step)
		return;
	step_path(step->up, out);
	buf_add_char(out, '/');
	if (!step->key.ptr) {
		buf_printf(out, "%zu", step->index);
		return;
	}
	for (size_t i = 0; i < step->key.len; i++) {
		char c = step->key.ptr[i];
		if (c == '~' || c == '/')
			buf_add_cstr(out, c == '~' ? "~0" : "~1");
		else
			buf_add_char(out, c);
	}
}
