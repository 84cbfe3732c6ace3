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

/* The whole word in which the telling part text[at, at + len) stands, within the name. */
static struct slice whole_word(struct slice text, const struct secret_name *name, size_t at, size_t len)
{
	size_t from = at, to = at + len;
	while (from > name->at && !word_begins(text, from))
		from--;
	while (to < name->at + name->len && !word_ends(text, to))
		to++;
	return slice_of(text.ptr + from, to - from);
}

static struct slice first_word(struct slice text, const struct secret_name *name)
{
	size_t end = name->at + 1;
	while (end < name->at + name->len && !word_begins(text, end))
		end++;
	return slice_of(text.ptr + name->at, end - name->at);
}

/* The words around the telling one leave it its meaning: "bypass", "password_id", "primary key" and
 * getPassword() do not. */
static bool holds_a_secret(const struct secret_names *names, struct slice text,
    const struct secret_name *name, struct slice word, size_t floor)
{
	size_t from = (size_t)(word.ptr - text.ptr);
	bool over_blank = slice_eq_nocase(word, SLICE("key")) || slice_eq_nocase(word, SLICE("token"));
	if (in_set(&names->ignore, word) ||
	    any_word_in(&names->after, text, from + word.len, name->at + name->len))
		return false;
	if (in_set(&names->before, word_before(text, from, floor, over_blank)))
		return false;
	return name->at == from || !in_set(&names->starts, first_word(text, name));
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
	struct secret_name name = {start, end - start};
	if ((start == floor && floor > 0) ||
	    !holds_a_secret(names, text, &name, whole_word(text, &name, at, len), floor))
		return false;
	*ret_name = name;
	return true;
}
