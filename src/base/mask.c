#include "base/mask.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/size.h"

#define NAME_MAX_BYTES 64u
#define LINE_MIN 8u

struct mask_form {
	struct slice bytes; /* owned */
	char name[NAME_MAX_BYTES + 1];
	uint8_t before, after; /* characters beside it that hold bits of the value too: base64 */
};

static const char hex_upper[] = "0123456789ABCDEF";
static const char hex_lower[] = "0123456789abcdef";

static void free_wiped(void *ptr, size_t n)
{
	if (ptr)
		explicit_bzero(ptr, n);
	free(ptr);
}

static bool known(const struct mask *m, struct slice bytes)
{
	for (size_t i = 0; i < m->count; i++)
		if (slice_eq(m->forms[i].bytes, bytes))
			return true;
	return false;
}

static void add_form(struct mask *m, struct slice name, struct slice bytes, unsigned before, unsigned after)
{
	if (bytes.len < MASK_VALUE_MIN || known(m, bytes))
		return;
	if (!m->forms)
		m->forms = calloc(MASK_FORMS_MAX, sizeof *m->forms);
	char *copy = m->forms && m->count < MASK_FORMS_MAX ? malloc(bytes.len) : NULL;
	if (!copy) {
		m->failed = true;
		return;
	}
	memcpy(copy, bytes.ptr, bytes.len);
	size_t at = m->count++;
	while (at > 0 && m->forms[at - 1].bytes.len < bytes.len) {
		m->forms[at] = m->forms[at - 1];
		at--;
	}
	struct mask_form *f = &m->forms[at];
	*f = (struct mask_form){.bytes = slice_of(copy, bytes.len), .before = (uint8_t)before, .after = (uint8_t)after};
	memcpy(f->name, name.ptr, size_min(name.len, NAME_MAX_BYTES));
	m->first[(unsigned char)copy[0]] = true;
}

/* Which characters a percent-encoding leaves as they are, beside letters and digits. */
static const char *const plain_sets[] = {
    "-_.~",		    /* RFC 3986 */
    "-_.!~*'()",	    /* encodeURIComponent() */
    "-_.!~*'();/?:@&=+$,#", /* encodeURI() */
    "-._*",		    /* forms: a blank becomes '+' */
};
#define PLAIN_SETS (sizeof plain_sets / sizeof *plain_sets)
#define FORM_SET (PLAIN_SETS - 1)

static bool letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static void percent(struct buf *b, struct slice value, size_t set, const char *hex)
{
	for (size_t i = 0; i < value.len; i++) {
		const char c = value.ptr[i];
		if (letter_or_digit(c) || (c && strchr(plain_sets[set], c)))
			buf_add_char(b, c);
		else if (set == FORM_SET && c == ' ')
			buf_add_char(b, '+');
		else
			buf_add(b, (char[]){'%', hex[(unsigned char)c >> 4], hex[c & 15]}, 3);
	}
}

/*
 * JSON.stringify(): the short escapes, \u00xx for the other controls, and nothing else but the quote and the backslash.
 * With a single quote it is how console.log() shows strings inside objects.
 */
static void quoted(struct buf *b, struct slice value, char quote)
{
	const char shorts[][2] = {{'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}, {quote, quote}, {'\\', '\\'}};
	for (size_t i = 0; i < value.len; i++) {
		const char c = value.ptr[i];
		size_t k = 0;
		while (k < sizeof shorts / sizeof *shorts && shorts[k][0] != c)
			k++;
		if (k < sizeof shorts / sizeof *shorts)
			buf_add(b, (char[]){'\\', shorts[k][1]}, 2);
		else if ((unsigned char)c < 0x20)
			buf_add(b, (char[]){'\\', 'u', '0', '0', hex_lower[c >> 4], hex_lower[c & 15]}, 6);
		else
			buf_add_char(b, c);
	}
}

static void html(struct buf *b, struct slice value)
{
	static const char *const entities[] = {"&&amp;", "<&lt;", ">&gt;", "\"&quot;", "'&#39;"};
	for (size_t i = 0; i < value.len; i++) {
		size_t k = 0;
		while (k < sizeof entities / sizeof *entities && entities[k][0] != value.ptr[i])
			k++;
		if (k < sizeof entities / sizeof *entities)
			buf_add_cstr(b, entities[k] + 1);
		else
			buf_add_char(b, value.ptr[i]);
	}
}

static void hexadecimal(struct buf *b, struct slice value, const char *hex)
{
	for (size_t i = 0; i < value.len; i++)
		buf_add(b, (char[]){hex[(unsigned char)value.ptr[i] >> 4], hex[value.ptr[i] & 15]}, 2);
}

/*
 * The characters of a base64 text (RFC 4648) that the value alone decides when it stands `shift` bytes behind a multiple of
 * three. The one before and the one after may hold some of its bits: they are masked with it.
 */
static void base64(struct buf *b, struct slice value, unsigned shift, const char *last_two)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	/* Behind one byte the first four of its bits share a character with what is before it, behind two the first two. */
	static const unsigned shared[] = {0, 4, 2};
	uint32_t bits = 0;
	unsigned pending = 0;
	for (size_t i = 0; i < value.len; i++) {
		bits = bits << 8 | (unsigned char)value.ptr[i];
		pending += i == 0 ? 8 - shared[shift] : 8;
		while (pending >= 6) {
			pending -= 6;
			const uint32_t six = bits >> pending & 63;
			buf_add_char(b, six < 62 ? digits[six] : last_two[six - 62]);
		}
	}
}

static void add_base64(struct mask *m, struct slice name, struct slice value, struct buf *b)
{
	static const char *const last_two[] = {"+/", "-_"};
	for (unsigned shift = 0; shift < 3; shift++)
		for (unsigned alphabet = 0; alphabet < 2; alphabet++) {
			buf_clear(b);
			base64(b, value, shift, last_two[alphabet]);
			add_form(m, name, buf_slice(b), shift ? 1 : 0, (shift + value.len) % 3 ? 1 : 0);
		}
}

static void add_lines(struct mask *m, struct slice name, struct slice value)
{
	struct slice rest = value;
	while (rest.ptr) {
		const struct slice line = slice_trim(slice_cut(&rest, '\n'));
		if (line.len >= LINE_MIN)
			add_form(m, name, line, 0, 0);
	}
}

void mask_add(struct mask *m, struct slice name, struct slice value)
{
	if (value.len < MASK_VALUE_MIN || known(m, value))
		return;
	/* Six bytes are the longest that one becomes; the room is made at once, so that no copy is left behind. */
	CLEANUP_BUF struct buf b = BUF_SECRET(value.len * 6 + 1);
	(void)buf_reserve(&b, value.len * 6 + 1);
	add_form(m, name, value, 0, 0);
	add_base64(m, name, value, &b);
	for (size_t set = 0; set < PLAIN_SETS; set++) {
		buf_clear(&b);
		percent(&b, value, set, hex_upper);
		add_form(m, name, buf_slice(&b), 0, 0);
		buf_clear(&b);
		percent(&b, value, set, hex_lower);
		add_form(m, name, buf_slice(&b), 0, 0);
	}
	buf_clear(&b);
	quoted(&b, value, '"');
	add_form(m, name, buf_slice(&b), 0, 0);
	buf_clear(&b);
	quoted(&b, value, '\'');
	add_form(m, name, buf_slice(&b), 0, 0);
	buf_clear(&b);
	html(&b, value);
	add_form(m, name, buf_slice(&b), 0, 0);
	buf_clear(&b);
	hexadecimal(&b, value, hex_lower);
	add_form(m, name, buf_slice(&b), 0, 0);
	buf_clear(&b);
	hexadecimal(&b, value, hex_upper);
	add_form(m, name, buf_slice(&b), 0, 0);
	if (memchr(value.ptr, '\n', value.len))
		add_lines(m, name, value);
	if (!buf_ok(&b))
		m->failed = true;
}

void mask_done(struct mask *m)
{
	for (size_t i = 0; i < m->count; i++)
		free_wiped((void *)(uintptr_t)m->forms[i].bytes.ptr, m->forms[i].bytes.len);
	free(m->forms);
	*m = (struct mask){0};
}

static const struct mask_form *form_at(const struct mask *m, struct slice rest)
{
	for (size_t i = 0; i < m->count; i++)
		if (slice_starts(rest, m->forms[i].bytes))
			return &m->forms[i];
	return NULL;
}

bool mask_text(const struct mask *m, struct slice text, struct buf *out)
{
	size_t kept = 0; /* what stands before it is in out */
	bool found = false;
	for (size_t i = 0; m->count && i < text.len; i++) {
		if (!m->first[(unsigned char)text.ptr[i]])
			continue;
		const struct mask_form *f = form_at(m, slice_of(text.ptr + i, text.len - i));
		if (!f)
			continue;
		found = true;
		size_t end = i;
		if (f->before && end > kept && base64_any_digit(text.ptr[end - 1]) >= 0)
			end--;
		buf_add(out, text.ptr + kept, end - kept);
		buf_printf(out, "***%s***", f->name);
		i += f->bytes.len;
		if (f->after && i < text.len && base64_any_digit(text.ptr[i]) >= 0)
			i++;
		kept = i--;
	}
	if (found)
		buf_add(out, text.ptr + kept, text.len - kept);
	return found;
}
