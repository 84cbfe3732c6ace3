/* Reads names around telling words (name.h), for the secret scanner; at most NAME_MAX bytes to each
 * side. */
#include "review/secrets/name.h"

#include <ctype.h>

#define NAME_MAX_BYTES 80u

static bool in_name(struct slice text, size_t i)
{
	uint8_t c = (uint8_t)text.ptr[i];
	return isalnum(c) || c == '_';
}

/* Joins words as well, when a letter stands on both sides. */
static bool joins(struct slice text, size_t i)
{
	return (text.ptr[i] == '-' || text.ptr[i] == '.') && i > 0 && i + 1 < text.len &&
	       in_name(text, i - 1) && in_name(text, i + 1);
}

/* text[i] begins a word of its own: camelCase, HTTPKey, after a digit or punctuation. */
static bool word_begins(struct slice text, size_t i)
{
	if (i == 0)
		return true;
	uint8_t before = (uint8_t)text.ptr[i - 1], here = (uint8_t)text.ptr[i];
	if (!isalpha(before) || !isalpha(here))
		return true;
	if (islower(before) && isupper(here))
		return true;
	return isupper(before) && isupper(here) && i + 1 < text.len && islower((uint8_t)text.ptr[i + 1]);
}

static bool word_ends(struct slice text, size_t i)
{
	return i >= text.len || word_begins(text, i);
}

static size_t lower_copy(struct slice word, char *out, size_t size)
{
	if (word.len >= size)
		return 0;
	for (size_t i = 0; i < word.len; i++)
		out[i] = (char)tolower((uint8_t)word.ptr[i]);
	return word.len;
}

static bool in_set(const struct strmap *set, struct slice word)
{
	char lower[40];
	size_t n = lower_copy(word, lower, sizeof(lower));
	return n > 0 && strmap_get(set, slice_of(lower, n)) != NULL;
}

/* Walks the words of text[from, to) and says whether any is in the set; digits and joints between are passed
 * over. */
static bool any_word_in(const struct strmap *set, struct slice text, size_t from, size_t to)
{
	size_t start = from;
	for (size_t i = from + 1; i <= to && from < to; i++) {
		if (i < to && !word_begins(text, i))
			continue;
		struct slice word = slice_of(text.ptr + start, i - start);
		if (isalpha((uint8_t)word.ptr[0]) && in_set(set, word))
			return true;
		start = i;
	}
	return false;
}

/* The word that ends before i, across one joint, for "key" and "token" also a blank: "primary key",
 * "PRIMARY_KEY", "primaryKey". */
static struct slice word_before(struct slice text, size_t i, size_t floor, bool over_blank)
{
	if (i > floor && (strchr("_-.", text.ptr[i - 1]) || (over_blank && text.ptr[i - 1] == ' ')))
		i--;
	size_t end = i;
	while (i > floor && isalpha((uint8_t)text.ptr[i - 1])) {
		i--;
		if (word_begins(text, i))
			break;
	}
	return slice_of(text.ptr + i, end - i);
}

bool secret_name_read(const struct secret_names *names, struct slice text, size_t at, size_t len,
    enum anchor_use use, struct secret_name *ret_name)
{
	if (use == ANCHOR_NAME_WORD && !word_begins(text, at))
		return false;
	if (use != ANCHOR_NAME_WITHIN && !word_ends(text, at + len))
		return false;
	size_t floor = at > NAME_MAX_BYTES ? at - NAME_MAX_BYTES : 0, ceiling = at + len + NAME_MAX_BYTES;
	size_t start = at, end = at + len;
	while (start > floor && (in_name(text, start - 1) || joins(text, start - 1)))
		start--;
	while (end < text.len && end < ceiling && (in_name(text, end) || joins(text, end)))
		end++;
	if (start == floor && floor > 0)
		return false;
	/* The whole word in which the telling part stands: "bypass" is none. */
	size_t from = at, to = at + len;
	while (from > start && !word_begins(text, from))
		from--;
	while (to < end && !word_ends(text, to))
		to++;
	if (in_set(&names->ignore, slice_of(text.ptr + from, to - from)))
		return false;
	struct slice whole = slice_of(text.ptr + from, to - from);
	bool over_blank = slice_eq_nocase(whole, SLICE("key")) || slice_eq_nocase(whole, SLICE("token"));
	if (any_word_in(&names->after, text, to, end) ||
	    in_set(&names->before, word_before(text, from, floor, over_blank)))
		return false;
	size_t first_end = start + 1;
	while (first_end < end && !word_begins(text, first_end))
		first_end++;
	if (start < from && in_set(&names->starts, slice_of(text.ptr + start, first_end - start)))
		return false;
	*ret_name = (struct secret_name){start, end - start};
	return true;
}
