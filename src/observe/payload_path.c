/*
 * Paths in the payload sensor. A value is looked at as a path when it is one: no blanks, or few. Then it is
 * an attempt when it climbs more than it descended, names a file that only a server has, or repeats itself
 * past any use (the old ways of cutting a path at its length limit). In running text only a climb to such a
 * file counts.
 */
#include "base/check.h"
#include "observe/payload_internal.h"

/* What is worth climbing to; separators are left out on both sides, since filters eat them. */
static const char *const targets[] = {
    "etcpasswd",
    "etcshadow",
    "etchosts",
    "etcgroup",
    "etcissue",
    "procself",
    "boot.ini",
    "oot.ini",
    "win.ini",
    "system32",
    "web-inf",
    "web.config",
    "global.asa",
    ".htpasswd",
    ".htaccess",
    ".ssh",
    "id_rsa",
    ".env",
    ".git",
    "wp-config",
    "autoexec.bat",
    "varlog",
    "inetpub",
    "windowssystem",
    "winntsystem",
    "php.ini",
    "my.cnf",
    "access.log",
    "{file}",
};

#define REPEAT_MAX 48u /* of one character, or of one short segment, in a row */

static bool is_separator(char c)
{
	return c == '/' || c == '\\';
}

/* A dot, plain or as the text "0x2e", which some decoders undo. */
static size_t dot_at(struct slice s, size_t at)
{
	if (at < s.len && s.ptr[at] == '.')
		return 1;
	if (payload_begins(s, at, "0x2e"))
		return 4;
	return payload_begins(s, at, "x2e") ? 3 : 0;
}

static size_t separator_at(struct slice s, size_t at)
{
	if (at < s.len && is_separator(s.ptr[at]))
		return 1;
	return payload_begins(s, at, "0x2f") || payload_begins(s, at, "0x5c") ? 4 : 0;
}

/* How many segments of two or more dots (and nothing else) the value has, encoded or not. */
static unsigned climbs(struct slice s)
{
	unsigned count = 0;
	for (size_t i = 0; i < s.len;) {
		size_t dots = 0, n;
		bool begins = i == 0 || separator_at(s, i - 1) || !is_word(s.ptr[i - 1]) ||
			      payload_begins(s, i, "0x2e");
		while ((n = dot_at(s, i)) > 0) {
			dots++;
			i += n;
		}
		if (dots == 0) {
			i++;
			continue;
		}
		bool ends = i >= s.len || separator_at(s, i) || s.ptr[i] == '{' || s.ptr[i] == ';';
		count += begins && ends && dots >= 2;
	}
	return count;
}

/* Compares with the separators taken out of the text. */
static bool begins_without_separators(struct slice s, size_t at, const char *pattern)
{
	for (unsigned skipped = 0; *pattern && at < s.len; at++) {
		if (lower(s.ptr[at]) == *pattern)
			pattern++;
		else if (!is_separator(s.ptr[at]) || ++skipped > 8)
			return false;
	}
	return !*pattern;
}

static bool names_target(struct slice s, struct slice *ret_token)
{
	for (size_t at = 0; at < s.len; at++) {
		for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
			if (lower(s.ptr[at]) == targets[i][0] &&
			    begins_without_separators(s, at, targets[i])) {
				*ret_token = slice_of(s.ptr + at, s.len - at);
				return true;
			}
		}
	}
	return false;
}

/* One character, or "./", over and over. */
static bool repeats(struct slice s)
{
	size_t one = 1, two = 2;
	for (size_t i = 1; i < s.len; i++) {
		one = s.ptr[i] == s.ptr[i - 1] ? one + 1 : 1;
		two = i >= 2 && s.ptr[i] == s.ptr[i - 2] ? two + 1 : 2;
		if (one >= REPEAT_MAX || two >= 2 * REPEAT_MAX)
			return true;
	}
	return false;
}

static bool drive_or_file(struct slice s)
{
	return payload_begins(s, 0, "file:") || (s.len > 2 && is_alpha(s.ptr[0]) && s.ptr[1] == ':');
}

static bool whole_path(struct slice s, struct payload_finding *ret)
{
	struct slice token = SLICE_NONE;
	unsigned up = climbs(s);
	bool rooted = is_separator(s.ptr[0]) || s.ptr[0] == '.' || drive_or_file(s);
	bool target = names_target(s, &token);
	if (up >= 1 && target)
		return payload_found(ret, PAYLOAD_TRAVERSAL, "climbs to a file of the server", token);
	if (up >= 2 || (up == 1 && is_separator(s.ptr[0])))
		return payload_found(ret, PAYLOAD_TRAVERSAL, "climbs out of its folder", s);
	if (target && (rooted || token.ptr == s.ptr))
		return payload_found(ret, PAYLOAD_TRAVERSAL, "names a file of the server", token);
	if (target && memchr(s.ptr, '/', s.len) && payload_find(s, 0, "{file}") < s.len)
		return payload_found(
		    ret, PAYLOAD_TRAVERSAL, "names a file by a placeholder of a scanner", token);
	if (rooted && is_separator(s.ptr[0]) && repeats(s))
		return payload_found(ret, PAYLOAD_TRAVERSAL, "repeats itself past any path's length", s);
	if (rooted &&
	    (payload_begins(s, 0, "/./") || payload_begins(s, 0, "\\.\\") || payload_begins(s, 0, "file:/")))
		return payload_found(ret, PAYLOAD_TRAVERSAL, "is written to slip past a check of paths", s);
	return false;
}

/* One path in running text: it must climb, twice, and to a file that matters. */
static bool path_in_text(struct slice s, struct payload_finding *ret)
{
	for (size_t at = 0; at < s.len;) {
		size_t begin = at;
		while (at < s.len && !is_space(s.ptr[at]))
			at++;
		struct slice word = slice_of(s.ptr + begin, at - begin), token;
		if (word.len > 8 && climbs(word) >= 2 && names_target(word, &token))
			return payload_found(ret, PAYLOAD_TRAVERSAL, "climbs to a file of the server", token);
		at++;
	}
	return false;
}

bool payload_path(struct slice value, struct payload_finding *ret)
{
	struct slice s = slice_trim(value);
	if (!s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (is_space(s.ptr[i]))
			return path_in_text(s, ret);
	}
	return whole_path(s, ret);
}
