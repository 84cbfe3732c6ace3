/* Strings, what stands for strings, and numbers, on the walk. */
#include "contract/walk.h"

struct number number_of_item(const struct value_item *item)
{
	return (struct number){
	    .tag = item->tag, .integer = item->integer, .real = item->number, .text = item->text};
}

/* The JSON string that a held value stands for is the one its string rules speak of. */
static bool held_string(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step)
{
	char what[WHAT_MAX], room[32];
	CLEANUP_BUF struct buf base64 = BUF_INIT(SIZE_MAX);
	struct slice text = item->text;
	if (item->tag == VALUE_DATE) {
		text = slice_of(room, date_format(item->number, room));
		if (text.len == 0)
			return walk_fault(w, step, "must be a date in the years 0 to 9999", SLICE_NONE);
	} else if (item->tag == VALUE_BIGINT) {
		if (!bigint_valid(text))
			return walk_fault(w, step, "must be a whole number in decimal digits", SLICE_NONE);
	} else if (!type->string) {
		return text.len <= BOUND_STRING_CHARS / 4 * 3 || w->set->options.plain || w->silent
			   ? true
			   : walk_fault(w, step, "has more bytes than its type allows", SLICE_NONE);
	} else {
		base64_encode(text, &base64);
		text = buf_slice(&base64);
	}
	const struct text_facts facts = {.chars = text.len};
	return check_string(type, text, &facts, w->steps, w->problems ? what : NULL) ||
	       walk_fault(w, step, what, text);
}

/* Room for words stands in functions of its own, which only problems reach (see decode.c). */
__attribute__((cold, noinline)) static bool string_problem(struct walk *w, const struct type *type,
    struct slice text, const struct text_facts *facts, const struct step *step)
{
	char what[WHAT_MAX];
	if (!w->problems)
		return false;
	(void)check_string(type, text, facts, NULL, what);
	return walk_fault(w, step, what, text);
}

__attribute__((cold, noinline)) static bool number_problem(
    struct walk *w, const struct type *type, const struct number *n, const struct step *step)
{
	char what[WHAT_MAX];
	if (!w->problems)
		return false;
	(void)check_number(type, n, what);
	return walk_fault(w, step, what, SLICE_NONE);
}

/* A string in the encoding of a held type, or the other way round. */
static bool not_plain(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step)
{
	static const enum value_tag wanted[] = {[HELD_PLAIN] = VALUE_STR,
	    [HELD_DATE] = VALUE_DATE,
	    [HELD_BIGINT] = VALUE_BIGINT,
	    [HELD_BYTES] = VALUE_BYTES};
	/* A type without rules takes what a typed one beside it made of the string. */
	if (type->held == HELD_PLAIN ? w->silent : wanted[type->held] == item->tag)
		return held_string(w, type, item, step);
	return walk_fault(w, step, "must be a string", slice_cstr(tag_words[item->tag]));
}

static bool may_stand_for(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step)
{
	double ms;
	if (!w->raw)
		return walk_fault(w, step, "must be of its own type, not a string", SLICE_NONE);
	if ((type->held == HELD_DATE && !date_parse(item->text, &ms)) ||
	    (type->held == HELD_BIGINT && !bigint_valid(item->text)))
		return walk_fault(w, step,
		    type->held == HELD_DATE ? "must be a date and time as in 2026-01-02T03:04:05Z"
					    : "must be a whole number in decimal digits, as a string",
		    item->text);
	return true;
}

bool walk_string(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step)
{
	struct text_facts facts;
	if (item->tag != VALUE_STR && item->tag != VALUE_ASCII)
		return not_plain(w, type, item, step);
	if (type->held != HELD_PLAIN && !may_stand_for(w, type, item, step))
		return false;
	if (w->silent && w->trusted && !type->string)
		return true;
	if (!text_facts(item->text, &facts) || (item->tag == VALUE_ASCII && facts.chars != item->text.len))
		return walk_fault(w, step, "must be valid UTF-8", SLICE_NONE);
	if (w->silent && !type->string)
		return true;
	return check_string(type, item->text, &facts, w->steps, NULL) ||
	       string_problem(w, type, item->text, &facts, step);
}

bool walk_number(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step)
{
	struct number n = number_of_item(item);
	if (item->tag == VALUE_BIG &&
	    (!number_text_valid(item->text) || number_of_text(item->text).tag != VALUE_BIG))
		return walk_fault(w, step, "must be a number, in its shortest encoding", SLICE_NONE);
	return check_number(type, &n, NULL) || number_problem(w, type, &n, step);
}
