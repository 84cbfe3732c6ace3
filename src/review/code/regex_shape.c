/* Patterns whose matching can take exponential time: a repetition inside a repetition that can read one text
 * in two ways. */
#include "review/code/analysis.h"

static bool is_quantifier(char c)
{
	return c == '*' || c == '+' || c == '{';
}

/* Where the group that opens at i closes; s.len when it does not. */
static size_t group_end(struct slice s, size_t i)
{
	unsigned depth = 0;
	for (bool in_class = false; i < s.len; i++) {
		if (s.ptr[i] == '\\')
			i++;
		else if (in_class)
			in_class = s.ptr[i] != ']';
		else if (s.ptr[i] == '[')
			in_class = true;
		else if (s.ptr[i] == '(')
			depth++;
		else if (s.ptr[i] == ')' && --depth == 0)
			return i;
	}
	return s.len;
}

/* Can the atom that ends at inner[end) match c? "]" ends a class, anything else is one character. */
static bool atom_matches(struct slice inner, size_t end, char c)
{
	if (end == 0)
		return true;
	if (inner.ptr[end - 1] != ']')
		return inner.ptr[end - 1] == c || inner.ptr[end - 1] == '.' ||
		       (end > 1 && inner.ptr[end - 2] == '\\');
	size_t start = end - 1;
	while (start > 0 && inner.ptr[start - 1] != '[')
		start--;
	if (start < end && inner.ptr[start] == '^')
		return memchr(inner.ptr + start, c, end - 1 - start) == NULL;
	for (size_t i = start; i + 1 < end; i++) {
		if (inner.ptr[i] == '\\')
			return true; /* \w and its kin: taken to match */
		bool range = i + 3 < end && inner.ptr[i + 1] == '-';
		char high = range ? inner.ptr[i + 2] : inner.ptr[i];
		if (c >= inner.ptr[i] && c <= high)
			return true;
		i += range ? 2 : 0;
	}
	return false;
}

/* "-[a-z]+": each turn begins with a character that the repetition before cannot take, so there is one way to
 * read a text. */
static bool is_separated(struct slice inner, size_t quantifier)
{
	size_t first = slice_starts(inner, SLICE("?:")) ? 2 : 0;
	if (inner.len < first + 2)
		return false;
	char c = inner.ptr[first];
	if (c == '\\' && inner.len > first + 2 && strchr(".-/+*?$^()[]{}|", inner.ptr[first + 1])) {
		c = inner.ptr[first + 1];
		first++;
	} else if (strchr("\\[(.^$|", c)) {
		return false;
	}
	char after = inner.ptr[first + 1];
	return after != '?' && after != '*' && after != '{' && !atom_matches(inner, quantifier, c);
}

/* An unbounded repetition at the end or the whole of the group's content: (a+)+, (.*)*, ([a-z]+\s?)*. */
static bool repeats_inside(struct slice inner)
{
	bool in_class = false;
	for (size_t i = 0; i < inner.len; i++) {
		if (inner.ptr[i] == '\\') {
			i++;
			continue;
		}
		in_class = in_class ? inner.ptr[i] != ']' : inner.ptr[i] == '[';
		if (in_class || (inner.ptr[i] != '*' && inner.ptr[i] != '+'))
			continue;
		/* What follows must not separate one turn from the next: nothing, or something optional. */
		struct slice rest = slice_of(inner.ptr + i + 1, inner.len - i - 1);
		bool joins = rest.len == 0 || rest.ptr[rest.len - 1] == '?' ||
			     rest.ptr[rest.len - 1] == '*' || rest.ptr[0] == ')';
		if (joins && !is_separated(inner, i))
			return true;
	}
	return false;
}

/* (a|a)* and (a|ab)*: two ways through with one first character. */
static bool overlapping_branches(struct slice inner)
{
	const char *bar = memchr(inner.ptr, '|', inner.len);
	if (!bar || memchr(inner.ptr, '(', inner.len))
		return false;
	struct slice left = slice_of(inner.ptr, (size_t)(bar - inner.ptr));
	struct slice right = slice_of(bar + 1, (size_t)(inner.ptr + inner.len - bar - 1));
	if (slice_starts(left, SLICE("?:")))
		left = slice_of(left.ptr + 2, left.len - 2);
	size_t n = left.len && left.ptr[0] == '\\' ? 2 : 1;
	return left.len >= n && right.len >= n && memcmp(left.ptr, right.ptr, n) == 0;
}

static bool blows_up(struct slice pattern)
{
	for (size_t i = 0; i < pattern.len; i++) {
		if (pattern.ptr[i] == '\\') {
			i++;
			continue;
		}
		if (pattern.ptr[i] != '(')
			continue;
		size_t end = group_end(pattern, i);
		if (end + 1 >= pattern.len || !is_quantifier(pattern.ptr[end + 1]))
			continue;
		struct slice inner = slice_of(pattern.ptr + i + 1, end - i - 1);
		if (pattern.ptr[end + 1] == '{' && !memchr(pattern.ptr + end, ',', pattern.len - end))
			continue;
		if (repeats_inside(inner) || overlapping_branches(inner))
			return true;
	}
	return false;
}

void detect_regex(struct analysis *a, TSNode n)
{
	const struct code_rule *rule = code_rules_detector(a->rules, "blowing-regex");
	struct slice text = syntax_text(&a->tree, syntax_field(&a->tree, n, FIELD_PATTERN));
	if (rule && text.len < 4096 && blows_up(text))
		report_shape(a, rule, n, NULL);
}
