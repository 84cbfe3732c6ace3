/* What is wrong with a text, in words. Reached only then: room for words is cleared at every entry
 * (-ftrivial-auto-var-init). */
#include <stdio.h>

#include "contract/decode.h"

const struct type decode_any = {.kinds = KIND_ALL};

bool decode_problem(struct decode *d, const struct step *step, const char *what, struct slice found)
{
	char room[PROBLEM_PATH_MAX];
	struct buf path = {.ptr = room, .size = sizeof room, .cap = sizeof room};
	step_path(step, &path);
	d->bad = true;
	(void)problems_add(d->problems, buf_slice(&path), what, d->sensitive ? SLICE_NONE : found).code;
	return d->problems->count < PROBLEMS_MAX;
}

/* What stands at the cursor, for people: a scalar as it is written, the name of anything else. */
static struct slice found_here(const struct decode *d)
{
	const char *p = d->json.at, *end = d->json.end;
	if (p < end && *p == '{')
		return SLICE("an object");
	if (p < end && *p == '[')
		return SLICE("an array");
	const char *q = p;
	if (p < end && *p == '"')
		for (q++; q < end && *q != '"'; q++)
			q += *q == '\\' ? 1 : 0;
	else
		while (q < end && !strchr(",]} \t\r\n", *q))
			q++;
	q = q < end && *p == '"' ? q + 1 : q < end ? q : end;
	return slice_of(p, (size_t)(q - p));
}

/* Reads a value that is of no use, so that what follows is checked too. */
bool decode_skip(struct decode *d, const struct step *step)
{
	size_t at = json_offset(&d->json);
	if (!decode_value(d, d->set ? d->set->loose : &decode_any, step))
		return false;
	d->json.w = d->json.out->ptr + at;
	return true;
}

bool decode_mismatch(struct decode *d, const struct type *type, const struct step *step)
{
	char what[WHAT_MAX];
	kinds_words(type, what);
	/* The value stays in the output as what it is: a container around it is read to its end. */
	return decode_problem(d, step, what, found_here(d)) &&
	       decode_value(d, d->set ? d->set->loose : &decode_any, step);
}

bool decode_literal_problem(
    struct decode *d, const struct type *type, struct slice value, const struct step *step)
{
	char what[WHAT_MAX];
	(void)check_literals(type, value, what);
	return decode_problem(d, step, what, SLICE_NONE);
}

bool decode_string_problem(struct decode *d, const struct type *type, struct slice text,
    const struct text_facts *facts, const struct step *step)
{
	char what[WHAT_MAX];
	(void)check_string(type, text, facts, NULL, what);
	return decode_problem(d, step, what, text);
}

bool decode_number_problem(
    struct decode *d, const struct type *type, const struct number *n, const struct step *step)
{
	char what[WHAT_MAX], room[NUMBER_TEXT_MAX];
	struct slice found = n->text;
	(void)check_number(type, n, what);
	if (n->tag != VALUE_BIG)
		found = slice_of(room,
		    n->tag == VALUE_INT ? number_format_int(n->integer, room) : number_format(n->real, room));
	return decode_problem(d, step, what, found);
}

bool decode_count_problem(
    struct decode *d, const struct step *step, const char *words, uint64_t bound, const char *unit)
{
	char what[WHAT_MAX];
	(void)snprintf(what, sizeof what, "must have at %s %llu %s%s", words, (unsigned long long)bound, unit,
	    bound == 1 ? "" : "s");
	return decode_problem(d, step, what, SLICE_NONE);
}

/* What can only be asked of a whole value. */
bool decode_whole(struct decode *d, const struct type *type, size_t at, const struct step *step)
{
	if (d->bad)
		return true;
	if (type->literals && !check_literals(type, decode_written(d, at), NULL))
		return decode_literal_problem(d, type, decode_written(d, at), step);
	if (type->rest_count > 0) {
		size_t count = d->problems->count;
		if (!rest_holds(type, decode_written(d, at), step, d->sensitive > 0, d->problems)) {
			d->bad = true;
			return d->problems->count > count && d->problems->count < PROBLEMS_MAX;
		}
	}
	return true;
}
