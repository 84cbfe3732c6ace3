/*
 * Generated JSON texts, well formed and broken, given to our parser and to jansson's: diff_json CASES [SEED].
 * Both must take or refuse the same texts and see the same values. Where they differ by choice the case is
 * counted under its reason (docs/json.md lists them); any other difference is printed and fails the run.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "contract/compiled.h"

static uint64_t seed;

static uint32_t random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16) % n;
}

static void put_string(struct buf *out)
{
	static const char *const pieces[] = {"a", "key", "x y", "\\n", "\\u0041", "\\u00e4", "\\ud83d\\ude00",
	    "\\ud800", "\\udc00x", "\xc3\xa4", "\xe6\x9d\xb1", "\xf0\x9f\x98\x80", "\xc0\x80", "\xed\xa0\x80",
	    "\xff", "\\x", "\t", "\\/", "\\u12", "\\\\", "\\\"", "\x7f", "\xf4\x90\x80\x80", "~",
	    "\\b\\f\\r\\t"};
	buf_add_char(out, '"');
	for (uint32_t n = random_below(4); n > 0; n--)
		/* The first ones are well formed; the others come rarely, or nothing would ever be taken. */
		buf_add_cstr(out, pieces[random_below(40) == 0 ? random_below(sizeof pieces / sizeof *pieces)
							       : random_below(7)]);
	buf_add_char(out, '"');
}

static void put_digits(struct buf *out, uint32_t most)
{
	for (uint32_t n = 1 + random_below(most); n > 0; n--)
		buf_add_char(out, (char)('0' + random_below(10)));
}

static void put_number(struct buf *out)
{
	if (random_below(3) == 0)
		buf_add_char(out, '-');
	if (random_below(5) == 0)
		buf_add_char(out, '0');
	else
		buf_add_char(out, (char)('1' + random_below(9)));
	if (random_below(3) == 0)
		put_digits(out, random_below(8) == 0 ? 25 : 6);
	if (random_below(3) == 0) {
		buf_add_char(out, '.');
		put_digits(out, random_below(4) == 0 ? 20 : 4);
	}
	if (random_below(8) == 0) {
		buf_add_char(out, random_below(2) ? 'e' : 'E');
		if (random_below(2))
			buf_add_char(out, random_below(2) ? '+' : '-');
		put_digits(out, 3);
	}
}

static void put_value(struct buf *out, unsigned depth)
{
	static const char *const words[] = {"true", "false", "null", "nul", "True", "NaN", "Infinity", "-",
	    "01", ".5", "1.", "1e", "+1", "0x1", "", "'a'"};
	uint32_t kind = random_below(depth > 5 ? 6 : 10);
	uint32_t n = random_below(5);
	if (random_below(20) == 0)
		buf_add_cstr(out, random_below(2) ? " \n" : "\t\r");
	if (kind < 2) {
		put_string(out);
	} else if (kind < 5) {
		put_number(out);
	} else if (kind == 5) {
		buf_add_cstr(out, words[random_below(60) == 0 ? random_below(sizeof words / sizeof *words)
							      : random_below(3)]);
	} else {
		bool object = kind < 8;
		buf_add_char(out, object ? '{' : '[');
		for (uint32_t i = 0; i < n; i++) {
			if (i > 0)
				buf_add_char(out, ',');
			if (object) {
				put_string(out);
				buf_add_char(out, ':');
			}
			put_value(out, depth + 1);
		}
		buf_add_char(out, object ? '}' : ']');
	}
}

/* A byte changed, gone, doubled, or the text cut: what a well-formed text is next to. */
static void damage(struct buf *text)
{
	static const char bytes[] = "{}[],:\"\\0-+.eE \n\t\x80\xc3tfn1/#'";
	if (text->len == 0)
		return;
	size_t at = random_below((uint32_t)text->len);
	switch (random_below(4)) {
	case 0:
		text->ptr[at] = bytes[random_below(sizeof bytes)];
		break;
	case 1:
		memmove(text->ptr + at, text->ptr + at + 1, text->len - at - 1);
		text->len--;
		break;
	case 2:
		text->len = at;
		break;
	default:
		buf_add_char(text, text->ptr[at]);
		break;
	}
}

static bool same(json_t *theirs, struct slice ours);

static bool same_members(json_t *theirs, struct slice content, uint32_t count)
{
	struct slice key, value;
	if (json_object_size(theirs) != count)
		return false;
	while (member_next(NULL, &content, &key, &value))
		if (!same(json_object_getn(theirs, key.ptr ? key.ptr : "", key.len), value))
			return false;
	return true;
}

static bool same_items(json_t *theirs, struct slice content, uint32_t count)
{
	struct value_item item;
	if (json_array_size(theirs) != count)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const char *start = content.ptr;
		if (!value_read(&content, &item) ||
		    !same(json_array_get(theirs, i), slice_of(start, (size_t)(content.ptr - start))))
			return false;
	}
	return true;
}

/* jansson has doubles for all that is no integer in its text; ours are compared as such. */
static bool same_number(json_t *theirs, const struct value_item *item)
{
	char digits[512];
	double ours = item->tag == VALUE_INT ? (double)item->integer : item->number;
	if (item->tag == VALUE_BIG) {
		(void)snprintf(digits, sizeof digits, "%.*s", SLICE_ARG(item->text));
		ours = strtod(digits, NULL);
	}
	if (json_is_integer(theirs))
		return item->tag == VALUE_INT && item->integer == json_integer_value(theirs);
	return json_is_real(theirs) && json_real_value(theirs) == ours;
}

static bool same(json_t *theirs, struct slice ours)
{
	struct value_item item;
	if (!theirs || !value_read(&ours, &item))
		return false;
	switch (item.tag) {
	case VALUE_NULL:
		return json_is_null(theirs);
	case VALUE_FALSE:
		return json_is_false(theirs);
	case VALUE_TRUE:
		return json_is_true(theirs);
	case VALUE_STR:
	case VALUE_ASCII:
		return json_is_string(theirs) &&
		       slice_eq(item.text, slice_of(json_string_value(theirs), json_string_length(theirs)));
	case VALUE_ARRAY:
		return json_is_array(theirs) && same_items(theirs, item.text, item.count);
	case VALUE_OBJECT:
		return json_is_object(theirs) && same_members(theirs, item.text, item.count);
	default:
		return same_number(theirs, &item);
	}
}

/* Differences by choice. */
static const struct {
	const char *theirs, *reason;
} reasons[] = {{"too big integer", "an integer past 64 bits: kept as text by us, refused by jansson"},
    {"too big negative integer", "an integer past 64 bits: kept as text by us, refused by jansson"},
    {"real number overflow", "a number past the doubles: kept as text by us, refused by jansson"},
    {"NUL byte in object key not supported", "a key with a NUL: taken by us, refused by jansson"}};

int main(int argc, char **argv)
{
	unsigned long cases = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000, taken = 0, refused = 0,
		      unexplained = 0, nul = 0;
	unsigned long explained[sizeof reasons / sizeof *reasons] = {0};
	struct buf text = BUF_INIT(1 << 20), value = BUF_INIT(8 << 20);
	seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 88172645463325252ull;
	for (unsigned long i = 0; i < cases; i++) {
		struct problems problems;
		json_error_t error;
		problems.count = 0;
		buf_clear(&text);
		buf_clear(&value);
		put_value(&text, 0);
		if (random_below(2))
			damage(&text);
		bool ours = is_ok(json_to_encoding(buf_slice(&text), &value, &problems));
		json_t *theirs = json_loadb(text.ptr ? text.ptr : "", text.len,
		    JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
		bool agree = ours == (theirs != NULL) && (!ours || same(theirs, buf_slice(&value)));
		for (size_t k = 0; k < sizeof reasons / sizeof *reasons && !agree; k++) {
			if (ours && !theirs && strstr(error.text, reasons[k].theirs)) {
				agree = true;
				explained[k]++;
			}
		}
		if (!agree && !ours && memchr(text.ptr, '\0', text.len)) {
			agree = true;
			nul++;
		}
		if (!agree && unexplained++ < 20)
			printf("ours %s, jansson %s (%s): %.*s\n", ours ? "takes" : problems.lines[0].text,
			    theirs ? "takes" : "refuses", theirs ? "" : error.text,
			    SLICE_ARG(buf_slice(&text)));
		taken += ours;
		refused += !ours;
		json_decref(theirs);
	}
	printf("%lu texts: %lu taken, %lu refused, %lu unexplained differences\n", cases, taken, refused,
	    unexplained);
	for (size_t k = 0; k < sizeof reasons / sizeof *reasons; k++)
		if (explained[k] > 0)
			printf("  %lu %s\n", explained[k], reasons[k].reason);
	if (nul > 0)
		printf("  %lu a NUL byte after a number: refused by us, overlooked by jansson\n", nul);
	buf_done(&text);
	buf_done(&value);
	return unexplained > 0;
}
