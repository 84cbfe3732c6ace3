/* Undoes what people do to a common word and looks it up. Called for each new password; trusts nothing. */
#include "identity/common_passwords.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/check.h"
#include "identity/common_words_table.h"

#define LOOKED_AT_MAX 64u  /* longer passwords are only searched for repetition */
#define DECORATION_MAX 8u  /* characters around a word that do not make it another word */
#define REPEAT_UNIT_MAX 4u /* "abab" is "ab" twice */

size_t common_password_count(void)
{
	return ARRAY_LEN(common_words);
}

static int compare_word(const void *key, const void *word)
{
	return slice_cmp(*(const struct slice *)key, slice_cstr(*(const char *const *)word));
}

static bool listed(struct slice s, const struct slice *extra, size_t extra_count)
{
	if (s.len == 0)
		return false;
	for (size_t i = 0; i < extra_count; i++)
		if (slice_eq_nocase(s, extra[i]))
			return true;
	return bsearch(&s, common_words, ARRAY_LEN(common_words), sizeof *common_words, compare_word) != NULL;
}

/* "abcabcabc", "11111111": a short unit again and again, perhaps cut off at the end. */
static bool repeats(struct slice s)
{
	for (size_t unit = 1; unit <= REPEAT_UNIT_MAX && unit < s.len; unit++) {
		size_t i = unit;
		while (i < s.len && s.ptr[i] == s.ptr[i - unit])
			i++;
		if (i == s.len)
			return true;
	}
	return false;
}

static bool neighbours(char a, char b)
{
	/* Rows of the common layouts, and the columns that are walked down and up. */
	static const char *const rows[] = {"1234567890", "qwertyuiop", "qwertzuiop", "azertyuiop",
	    "asdfghjkl", "zxcvbnm", "yxcvbnm", "abcdefghijklmnopqrstuvwxyz", "0123456789",
	    "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "zaq12wsxcde34rfvbgt56yhnmju78"};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *at = strchr(rows[i], a);
		if (at && b && (at[1] == b || (at > rows[i] && at[-1] == b)))
			return true;
	}
	return false;
}

/* Almost every step goes to a neighbouring key, letter or digit: "12345678", "asdfghjk", "qwert123". */
static bool walks(struct slice s)
{
	size_t jumps = 0;
	for (size_t i = 1; i < s.len; i++)
		jumps += s.ptr[i] != s.ptr[i - 1] && !neighbours(s.ptr[i - 1], s.ptr[i]);
	return jumps * 4 < s.len;
}

static int two_digits(const char *p)
{
	return (p[0] - '0') * 10 + (p[1] - '0');
}

/* Eight digits that are a day between 1900 and 2099: 19841231, 31121984, 12311984. */
static bool is_date(struct slice s)
{
	if (s.len != 8)
		return false;
	for (size_t i = 0; i < 8; i++)
		if (!isdigit((unsigned char)s.ptr[i]))
			return false;
	int a = two_digits(s.ptr), b = two_digits(s.ptr + 2), c = two_digits(s.ptr + 4),
	    d = two_digits(s.ptr + 6);
	bool year_first = (a == 19 || a == 20) && c >= 1 && c <= 12 && d >= 1 && d <= 31;
	bool year_last =
	    (c == 19 || c == 20) && a >= 1 && b >= 1 && a <= 31 && b <= 31 && (a <= 12 || b <= 12);
	return year_first || year_last;
}

/* Undoes what stands for a letter. Those at the edges are left to strip(): the 1 of "dragon1" is no letter.
 */
static char letter_for(char c)
{
	static const char *const pairs[] = {
	    "4a", "@a", "8b", "3e", "6g", "1i", "!i", "0o", "5s", "$s", "7t", "+t", "2z"};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (pairs[i][0] == c)
			return pairs[i][1];
	return c;
}

static struct slice strip(struct slice s)
{
	while (s.len && !isalpha((unsigned char)s.ptr[0]) && (unsigned char)s.ptr[0] < 0x80) {
		s.ptr++;
		s.len--;
	}
	while (s.len && !isalpha((unsigned char)s.ptr[s.len - 1]) && (unsigned char)s.ptr[s.len - 1] < 0x80)
		s.len--;
	return s;
}

/* The word itself, without its decoration, or twice the same word. */
static bool word_in_disguise(struct slice s, const struct slice *extra, size_t extra_count)
{
	const struct slice core = strip(s);
	if (listed(s, extra, extra_count))
		return true;
	if (core.len >= 3 && s.len - core.len <= DECORATION_MAX && listed(core, extra, extra_count))
		return true;
	const struct slice half = slice_of(s.ptr, s.len / 2);
	return s.len % 2 == 0 && slice_eq(half, slice_of(s.ptr + half.len, half.len)) &&
	       listed(half, extra, extra_count);
}

bool password_is_common(struct slice password, const struct slice *extra, size_t extra_count)
{
	char lower[LOOKED_AT_MAX];
	char plain[LOOKED_AT_MAX];
	if (repeats(password))
		return true;
	if (password.len > LOOKED_AT_MAX)
		return false;
	for (size_t i = 0; i < password.len; i++)
		lower[i] = (char)tolower((unsigned char)password.ptr[i]);
	const struct slice whole = slice_of(lower, password.len);
	if (walks(whole) || is_date(whole) || word_in_disguise(whole, extra, extra_count))
		return true;
	/* Digits inside the word and at its head: "p4ssw0rd2024" becomes "passw0rd" before the tail, then
	 * "password". */
	const struct slice core = strip(whole);
	for (size_t i = 0; i < whole.len; i++) {
		bool inside = core.len && lower + i >= core.ptr && lower + i < core.ptr + core.len;
		plain[i] = inside ? letter_for(lower[i]) : lower[i];
	}
	if (word_in_disguise(slice_of(plain, whole.len), extra, extra_count))
		return true;
	for (size_t i = 0; i < whole.len; i++)
		plain[i] = letter_for(lower[i]);
	return word_in_disguise(slice_of(plain, whole.len), extra, extra_count);
}
