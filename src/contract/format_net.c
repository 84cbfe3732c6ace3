/* Addresses and host names. IDNA2008 (RFC 5890 to 5893) is libidn2's: its tables and contextual rules are
 * data of Unicode. */
#include <arpa/inet.h>
#include <idn2.h>
#include <string.h>

#include "contract/format.h"

bool format_ipv4(struct slice text)
{
	int parts = 0;
	struct slice rest = text;
	while (rest.ptr) {
		struct slice part = slice_cut(&rest, '.');
		int value = 0;
		if (part.len == 0 || part.len > 3 || (part.len > 1 && part.ptr[0] == '0'))
			return false;
		for (size_t i = 0; i < part.len; i++) {
			if (!format_digit(part.ptr[i]))
				return false;
			value = value * 10 + (part.ptr[i] - '0');
		}
		if (value > 255)
			return false;
		parts++;
	}
	return parts == 4;
}

bool format_ipv6(struct slice text)
{
	char room[INET6_ADDRSTRLEN + 1];
	struct in6_addr address;
	if (text.len >= sizeof room || memchr(text.ptr, '\0', text.len))
		return false;
	memcpy(room, text.ptr, text.len);
	room[text.len] = '\0';
	return inet_pton(AF_INET6, room, &address) == 1;
}

#define LABEL_BYTES_MAX 63u
#define NAME_BYTES_MAX 253u

/* A label as registries take it (RFC 5891 section 4): u_label, a_label or both; *ret_bytes is its length on
 * the wire. */
static bool registered(const char *u_label, const char *a_label, size_t *ret_bytes)
{
	uint8_t *made = NULL;
	int code = idn2_register_u8((const uint8_t *)u_label, (const uint8_t *)a_label, &made, IDN2_NO_TR46);
	bool fine = code == IDN2_OK && made;
	if (fine)
		*ret_bytes = strlen((const char *)made);
	idn2_free(made);
	return fine && *ret_bytes <= LABEL_BYTES_MAX;
}

static bool ascii_label(struct slice label)
{
	char room[LABEL_BYTES_MAX + 1];
	size_t bytes;
	if (label.len == 0 || label.len > LABEL_BYTES_MAX || label.ptr[0] == '-' ||
	    label.ptr[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!format_digit(label.ptr[i]) && !format_letter(label.ptr[i]) && label.ptr[i] != '-')
			return false;
	/* Hyphens in the third and fourth place are reserved (RFC 5891 section 4.2.3.1); only xn-- has a
	 * meaning so far. */
	if (label.len < 4 || label.ptr[2] != '-' || label.ptr[3] != '-')
		return true;
	for (size_t i = 0; i < label.len; i++)
		room[i] =
		    (char)(label.ptr[i] >= 'A' && label.ptr[i] <= 'Z' ? label.ptr[i] | 0x20 : label.ptr[i]);
	room[label.len] = '\0';
	return memcmp(room, "xn--", 4) == 0 && registered(NULL, room, &bytes);
}

/* A whole name of ASCII labels in one scan, as nearly all are. */
bool format_hostname(struct slice text)
{
	struct slice rest = text;
	if (text.len == 0 || text.len > NAME_BYTES_MAX)
		return false;
	while (rest.ptr)
		if (!ascii_label(slice_cut(&rest, '.')))
			return false;
	return true;
}

static bool is_ascii(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] >= 0x80)
			return false;
	return true;
}

/* The dots of IDNA (RFC 3490 section 3.1): full stop and the ideographic, fullwidth and halfwidth ones. */
static size_t dot_at(struct slice text)
{
	if (text.ptr[0] == '.')
		return 1;
	if (text.len < 3)
		return 0;
	return memcmp(text.ptr, "\xe3\x80\x82", 3) == 0 || memcmp(text.ptr, "\xef\xbc\x8e", 3) == 0 ||
		       memcmp(text.ptr, "\xef\xbd\xa1", 3) == 0
		   ? 3
		   : 0;
}

static bool any_label(struct slice label, size_t *ret_bytes)
{
	char room[LABEL_BYTES_MAX * 4 + 1];
	if (is_ascii(label)) {
		*ret_bytes = label.len;
		return ascii_label(label);
	}
	if (label.len >= sizeof room || memchr(label.ptr, '\0', label.len))
		return false;
	memcpy(room, label.ptr, label.len);
	room[label.len] = '\0';
	return registered(room, NULL, ret_bytes);
}

bool format_idn_hostname(struct slice text)
{
	size_t start = 0, total = 0, bytes;
	for (size_t i = 0; i <= text.len;) {
		size_t dot = i < text.len ? dot_at(slice_of(text.ptr + i, text.len - i)) : 0;
		if (i < text.len && dot == 0) {
			i++;
			continue;
		}
		if (!any_label(slice_of(text.ptr + start, i - start), &bytes))
			return false;
		total += bytes + 1;
		i += dot > 0 ? dot : 1;
		start = i;
	}
	return total > 1 && total - 1 <= NAME_BYTES_MAX;
}

static bool atom_byte(char c, bool international)
{
	return format_digit(c) || format_letter(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c)) ||
	       (international && (unsigned char)c >= 0x80);
}

/* Dot-string: atoms between single dots. */
static bool dot_string(struct slice local, bool international)
{
	bool atom = false;
	for (size_t i = 0; i < local.len; i++) {
		bool dot = local.ptr[i] == '.';
		if (dot ? !atom : !atom_byte(local.ptr[i], international))
			return false;
		atom = !dot;
	}
	return atom;
}

/* Quoted-string: printable ASCII, quote and backslash escaped. */
static bool quoted_string(struct slice local, bool international)
{
	if (local.len < 2 || local.ptr[local.len - 1] != '"')
		return false;
	for (size_t i = 1; i < local.len - 1; i++) {
		unsigned char c = (unsigned char)local.ptr[i];
		if (c == '\\') {
			if (++i >= local.len - 1)
				return false;
			c = (unsigned char)local.ptr[i];
		} else if (c == '"') {
			return false;
		}
		if (c < 0x20 || c == 0x7f || (c >= 0x80 && !international))
			return false;
	}
	return true;
}

/* RFC 5321 section 4.1.3. */
static bool address_literal(struct slice domain)
{
	if (domain.len < 2 || domain.ptr[domain.len - 1] != ']')
		return false;
	struct slice inner = slice_of(domain.ptr + 1, domain.len - 2);
	if (inner.len > 5 && slice_eq_nocase(slice_of(inner.ptr, 5), SLICE("IPv6:")))
		return format_ipv6(slice_of(inner.ptr + 5, inner.len - 5));
	return format_ipv4(inner);
}

static bool mailbox(struct slice text, bool international)
{
	/* The last @: a quoted local part may hold others, a domain none. */
	const char *at = text.len > 0 ? memrchr(text.ptr, '@', text.len) : NULL;
	if (!at)
		return false;
	struct slice local = slice_of(text.ptr, (size_t)(at - text.ptr));
	struct slice domain = slice_of(at + 1, text.len - local.len - 1);
	/* RFC 5321 section 4.5.3.1.1. */
	if (local.len == 0 || local.len > 64 || domain.len == 0)
		return false;
	if (local.ptr[0] == '"' ? !quoted_string(local, international) : !dot_string(local, international))
		return false;
	if (domain.ptr[0] == '[')
		return address_literal(domain);
	return international ? format_idn_hostname(domain) : format_hostname(domain);
}

bool format_email(struct slice text)
{
	return mailbox(text, false);
}

bool format_idn_email(struct slice text)
{
	return mailbox(text, true);
}
