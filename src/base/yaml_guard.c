/* What is looked for in a YAML text before libfyaml sees it. Called by every reader of YAML that strangers
 * may write. */
#include "base/yaml_guard.h"

/*
 * YAML 1.2 section 5.1: printable Unicode only. libfyaml 0.7.12 never comes back from a directive ("%x") with
 * bytes that are not UTF-8, so such text does not reach it.
 */
static bool is_utf8(struct slice s)
{
	for (size_t i = 0; i < s.len;) {
		unsigned char c = (unsigned char)s.ptr[i];
		size_t more = c < 0x80		      ? 0
			      : c >= 0xc2 && c < 0xe0 ? 1
			      : (c & 0xf0) == 0xe0    ? 2
			      : c >= 0xf0 && c < 0xf5 ? 3
						      : 9;
		if (more == 9 || i + more >= s.len || (c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
			return false;
		unsigned char second = more ? (unsigned char)s.ptr[i + 1] : 0x80;
		bool overlong = (c == 0xe0 && second < 0xa0) || (c == 0xf0 && second < 0x90);
		bool beyond = (c == 0xed && second > 0x9f) || (c == 0xf4 && second > 0x8f);
		for (size_t k = 1; k <= more; k++)
			if (((unsigned char)s.ptr[i + k] & 0xc0) != 0x80)
				return false;
		if (overlong || beyond)
			return false;
		i += more + 1;
	}
	return true;
}

static bool is_blank(struct slice s, size_t i)
{
	return i >= s.len || s.ptr[i] == ' ' || s.ptr[i] == '\t' || s.ptr[i] == '\n' || s.ptr[i] == '\r';
}

/* "?" alone at the beginning of the line, "- " before it or not: a complex key. */
static bool begins_complex_key(struct slice s, size_t i)
{
	while (i < s.len && (s.ptr[i] == ' ' || (s.ptr[i] == '-' && is_blank(s, i + 1))))
		i++;
	return i < s.len && s.ptr[i] == '?' && is_blank(s, i + 1);
}

/*
 * libfyaml 0.7.12 writes through a wild pointer for some blocks that a tab parts from their key inside of a
 * complex key
 * ("? a:<tab>- b"), which YAML 1.2 section 6.1 forbids. Complex keys are rare and tabs beside them rarer: a
 * text that has both anywhere is not given to it.
 */
static bool breaks_the_parser(struct slice s)
{
	if (!s.len || !memchr(s.ptr, '\t', s.len) || !memchr(s.ptr, '?', s.len))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool starts = i == 0 || s.ptr[i - 1] == '\n' || s.ptr[i - 1] == '\r';
		if (starts && begins_complex_key(s, i))
			return true;
	}
	return false;
}

struct yaml_refusal yaml_refuse(struct slice text)
{
	if (!is_utf8(text))
		return (struct yaml_refusal){"not UTF-8 text", ERR_INVALID};
	if (breaks_the_parser(text))
		return (struct yaml_refusal){"a complex key and a tab: not read", ERR_LIMIT};
	return (struct yaml_refusal){NULL, ERR_INVALID};
}
