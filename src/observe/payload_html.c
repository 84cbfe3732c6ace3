/*
 * HTML and script in the payload sensor. A small tokeniser reads tags as a browser does (name, attributes in
 * any quotes) and asks of each: does it run or load code? Beside tags it looks for the two other ways into a
 * page: out of an attribute (a quote, then an event handler) and out of a script's string (a quote, then a
 * call).
 *
 * A tag that is only spoken of ("put a <script> tag in the head") stands alone among words; it is let be.
 */
#include "base/check.h"
#include "observe/payload_internal.h"

/* What an element can do by being there. */
enum element {
	ELEMENT_RUNS,	/* its content or its resource is code, or a document of another */
	ELEMENT_STYLES, /* its content is style */
	ELEMENT_STEERS, /* redirects or rebases the page; what decides is in its attributes */
	ELEMENT_FORM,	/* takes over a form */
};

static const struct payload_word elements[] = {
    {"applet", ELEMENT_RUNS},
    {"base", ELEMENT_STEERS},
    {"bgsound", ELEMENT_STEERS},
    {"embed", ELEMENT_RUNS},
    {"frame", ELEMENT_RUNS},
    {"frameset", ELEMENT_RUNS},
    {"iframe", ELEMENT_RUNS},
    {"ilayer", ELEMENT_RUNS},
    {"layer", ELEMENT_RUNS},
    {"link", ELEMENT_STEERS},
    {"meta", ELEMENT_STEERS},
    {"object", ELEMENT_RUNS},
    {"script", ELEMENT_RUNS},
    {"style", ELEMENT_STYLES},
    {"xml", ELEMENT_STEERS},
};

/* Attributes that load or steer when their element is ELEMENT_STEERS. */
static const struct payload_word steering[] = {
    {"dataformatas", 1},
    {"datasrc", 1},
    {"href", 1},
    {"http-equiv", 1},
    {"implementation", 1},
    {"src", 1},
};

/* Calls and properties that a script's payload ends in. */
static const char *const sinks[] = {
    "alert(",
    "alert`",
    "confirm(",
    "confirm`",
    "prompt(",
    "prompt`",
    "eval(",
    "document.cookie",
    "document.write",
    "document.location",
    "document.domain",
    "window.location",
    "string.fromcharcode",
    "innerhtml",
    "constructor",
    "=alert",
    "fetch(",
    "import(",
    "write(",
    "settimeout(",
    "setinterval(",
    "atob(",
    "location=",
    "location.href",
};

/* Schemes whose target is code. */
static const char *const schemes[] = {"javascript:", "vbscript:", "livescript:", "mocha:", "data:text/html",
    "data:image/svg", "data:application", "about:<", "data:text/javascript"};

/* What makes a style run code. */
static const char *const style_code[] = {"expression(", "javascript:", "vbscript:", "-moz-binding",
    "behavior:", "behaviour:", "@import", "-o-link", "binding:", "livescript:"};

struct tag {
	struct slice name;
	size_t end; /* past its '>' or where the text ends */
	bool closing, closed;
	bool attributes;  /* there is one with a value */
	bool handler;	  /* an on... attribute with a value */
	bool code_target; /* a scheme that is code */
	bool code_style;
	bool steers;
	struct slice decided;
};

/*
 * Compares text with a pattern as lenient parsers do: blanks, control characters, backslashes and comments in
 * between do not count. Returns whether text begins with it.
 */
static bool begins_lenient(struct slice text, size_t at, const char *pattern)
{
	size_t skipped = 0;
	while (*pattern && at < text.len && skipped < 96) {
		char c = text.ptr[at];
		if (lower(c) == *pattern) {
			pattern++;
			at++;
		} else if ((unsigned char)c <= ' ' || c == '\\') {
			at++;
			skipped++;
		} else if (payload_begins(text, at, "/*") || payload_begins(text, at, "<!")) {
			size_t from = at + 2;
			const char *end = c == '/' ? "*/" : ">";
			struct slice near = slice_of(text.ptr, from + 96 < text.len ? from + 96 : text.len);
			size_t found = payload_find(near, from, end);
			if (found == near.len)
				return false;
			skipped += found - at;
			at = found + strlen(end);
		} else {
			return false;
		}
	}
	return !*pattern;
}

static bool has_lenient(struct slice text, const char *const *patterns, size_t count, struct slice *ret_token)
{
	for (size_t at = 0; at < text.len; at++) {
		for (size_t i = 0; i < count; i++) {
			if (lower(text.ptr[at]) == patterns[i][0] && begins_lenient(text, at, patterns[i])) {
				*ret_token = slice_of(text.ptr + at, text.len - at);
				return true;
			}
		}
	}
	return false;
}

static bool has_sink(struct slice text, size_t from, struct slice *ret_token)
{
	struct slice rest = slice_of(text.ptr + from, text.len - from);
	return has_lenient(rest, sinks, ARRAY_LEN(sinks), ret_token);
}

static bool target_is_code(struct slice value)
{
	size_t at = 0;
	while (at < value.len &&
	       ((unsigned char)value.ptr[at] <= ' ' || strchr("\"'`&#0123456789;", value.ptr[at])))
		at++;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (begins_lenient(value, at, schemes[i]))
			return true;
	}
	/* "0;url=javascript:..." in a refresh. */
	size_t url = payload_find(value, 0, "url=");
	return url + 4 < value.len && url > 0 &&
	       target_is_code(slice_of(value.ptr + url + 4, value.len - url - 4));
}

static bool is_handler(struct slice name)
{
	if (name.len < 4 || !payload_begins(name, 0, "on"))
		return false;
	for (size_t i = 2; i < name.len && i < 5; i++) {
		if (!is_alpha(name.ptr[i]))
			return false;
	}
	return true;
}

static void attribute(struct tag *t, struct slice name, struct slice value)
{
	struct slice token;
	t->attributes = t->attributes || value.len;
	if (is_handler(name) && value.len) {
		t->handler = true;
		t->decided = name;
	} else if (target_is_code(value) || payload_begins(value, 0, "&{")) {
		t->code_target = true;
		t->decided = value;
	} else if (has_lenient(value, style_code, ARRAY_LEN(style_code), &token)) {
		t->code_style = true;
		t->decided = token;
	} else if (payload_word_find(steering, ARRAY_LEN(steering), name) > 0 && value.len) {
		t->steers = true;
	}
	if (payload_begins(name, 0, "data") && payload_begins(value, 0, "#") &&
	    (slice_eq_nocase(name, SLICE("datasrc")) || slice_eq_nocase(name, SLICE("datafld")))) {
		t->code_target = true;
		t->decided = name;
	}
}

static size_t attribute_value(struct slice s, size_t at, struct slice *ret_value)
{
	char quote = at < s.len ? s.ptr[at] : 0;
	size_t begin = at;
	if (quote == '"' || quote == '\'' || quote == '`') {
		const char *end = memchr(s.ptr + at + 1, quote, s.len - at - 1);
		size_t stop = end ? (size_t)(end - s.ptr) : s.len;
		*ret_value = slice_of(s.ptr + at + 1, stop - at - 1);
		return end ? stop + 1 : s.len;
	}
	while (at < s.len && !is_space(s.ptr[at]) && s.ptr[at] != '>')
		at++;
	*ret_value = slice_of(s.ptr + begin, at - begin);
	return at;
}

/* Reads the tag whose '<' is at `at`; false when there is none. */
static bool tag_read(struct slice s, size_t at, struct tag *ret)
{
	struct tag t = {0};
	size_t i = at + 1;
	if (i < s.len && s.ptr[i] == '/') {
		t.closing = true;
		i++;
	}
	if (i < s.len && s.ptr[i] == '?')
		i++;
	size_t begin = i;
	while (i < s.len && (is_word(s.ptr[i]) || s.ptr[i] == ':' || s.ptr[i] == '-'))
		i++;
	if (i == begin || !is_alpha(s.ptr[begin]))
		return false;
	t.name = slice_of(s.ptr + begin, i - begin);
	while (i < s.len && s.ptr[i] != '>') {
		if (s.ptr[i] == '<')
			break;
		size_t name_at = i;
		while (i < s.len && !is_space(s.ptr[i]) && !strchr("=><\"'/", s.ptr[i]))
			i++;
		struct slice name = slice_of(s.ptr + name_at, i - name_at);
		if (!name.len) {
			i++;
			continue;
		}
		while (i < s.len && is_space(s.ptr[i]))
			i++;
		struct slice value = SLICE_NONE;
		if (i < s.len && s.ptr[i] == '=') {
			for (i++; i < s.len && is_space(s.ptr[i]);)
				i++;
			i = attribute_value(s, i, &value);
		}
		attribute(&t, name, value);
	}
	t.closed = i < s.len && s.ptr[i] == '>';
	t.end = t.closed ? i + 1 : i;
	*ret = t;
	return true;
}

/* "the <script> tag", "`<script>`": the tag stands among words, and what follows it is no code. */
static bool only_spoken_of(struct slice s, size_t at, const struct tag *t)
{
	if (!t->closed || t->handler || t->code_target || t->steers || t->code_style)
		return false;
	bool before = at > 0 && strchr(" `(\"'\n", s.ptr[at - 1]) &&
		      (at > 1 && (is_word(s.ptr[at - 2]) || strchr(" ,.:`", s.ptr[at - 2])));
	struct slice token;
	if (has_sink(s, t->end, &token))
		return false;
	bool after = t->end == s.len || strchr(" `)\"',.?!\n/", s.ptr[t->end]);
	return before && after;
}

static bool steers_page(const struct tag *t)
{
	return t->steers || t->code_target;
}

static bool tag_judge(struct slice s, size_t at, const struct tag *t, struct payload_finding *ret)
{
	if (t->handler)
		return payload_found(ret, PAYLOAD_XSS, "has an element with an event handler", t->decided);
	if (t->code_target)
		return payload_found(ret, PAYLOAD_XSS, "has an element that points at code", t->decided);
	if (t->code_style)
		return payload_found(ret, PAYLOAD_XSS, "has a style that runs code", t->decided);
	if (t->closing) {
		/* The end of a script that did not begin here: out of a script's text. */
		bool script = slice_eq_nocase(t->name, SLICE("script"));
		return script && !only_spoken_of(s, at, t) &&
		       payload_found(ret, PAYLOAD_XSS, "ends a script", t->name);
	}
	int kind = payload_word_find(elements, ARRAY_LEN(elements), t->name);
	struct slice token;
	struct slice rest = slice_of(s.ptr + t->end, s.len - t->end);
	/* Without attributes only a script has anything to run. */
	bool script = slice_eq_nocase(t->name, SLICE("script"));
	if (kind == ELEMENT_RUNS && (script || t->attributes) && !only_spoken_of(s, at, t))
		return payload_found(ret, PAYLOAD_XSS, "has an element that runs or loads code", t->name);
	if (kind == ELEMENT_STEERS && steers_page(t))
		return payload_found(ret, PAYLOAD_XSS, "has an element that steers the page", t->name);
	if (kind == ELEMENT_STYLES &&
	    (has_lenient(rest, style_code, ARRAY_LEN(style_code), &token) || has_sink(rest, 0, &token)))
		return payload_found(ret, PAYLOAD_XSS, "has a style that runs code", token);
	if (payload_begins(t->name, 0, "import") && t->steers)
		return payload_found(ret, PAYLOAD_XSS, "has an element that loads code", t->name);
	return false;
}

static bool tags(struct slice s, struct payload_finding *ret)
{
	for (size_t at = 0; at < s.len;) {
		const char *next = memchr(s.ptr + at, '<', s.len - at);
		if (!next)
			return false;
		at = (size_t)(next - s.ptr);
		struct tag t;
		if (payload_begins(s, at, "<!--#exec") || payload_begins(s, at, "<!--#include"))
			return payload_found(
			    ret, PAYLOAD_COMMAND, "has a server-side include", slice_of(next, s.len - at));
		if (!tag_read(s, at, &t)) {
			at++;
			continue;
		}
		if (tag_judge(s, at, &t, ret))
			return true;
		at = t.end > at ? t.end : at + 1;
	}
	return false;
}

/* A quote, then an event handler or a style with a value: out of an attribute. */
static bool leaves_attribute(struct slice s, struct payload_finding *ret)
{
	for (size_t i = 0; i + 4 < s.len; i++) {
		if (!strchr("\"'`>", s.ptr[i]))
			continue;
		size_t at = i + 1;
		while (at < s.len && (is_space(s.ptr[at]) || s.ptr[at] == '/'))
			at++;
		if (at == i + 1 && s.ptr[i] != '"' && s.ptr[i] != '\'')
			continue;
		size_t end = at;
		while (end < s.len && is_alpha(s.ptr[end]))
			end++;
		struct slice name = slice_of(s.ptr + at, end - at);
		while (end < s.len && end - at < 64 && is_space(s.ptr[end]))
			end++;
		bool blank = at > i + 1;
		for (unsigned words = 0; words < 3 && blank && name.len && !is_handler(name) && end < s.len &&
					 is_alpha(s.ptr[end]);
		     words++) {
			/* Attributes without a value may stand before the handler: "autofocus". */
			for (at = end; end < s.len && is_alpha(s.ptr[end]);)
				end++;
			name = slice_of(s.ptr + at, end - at);
		}
		if (is_handler(name) && end < s.len && s.ptr[end] == '=' && s.ptr[i] != '>')
			return payload_found(
			    ret, PAYLOAD_XSS, "leaves an attribute for an event handler", name);
	}
	return false;
}

/* An event handler given a call, wherever it stands: the rest of a tag that the page has begun. */
static bool handler_with_sink(struct slice s, struct payload_finding *ret)
{
	for (size_t i = 0; i + 8 < s.len; i++) {
		if ((i && !is_space(s.ptr[i - 1])) || !payload_begins(s, i, "on"))
			continue;
		size_t end = i;
		while (end < s.len && is_alpha(s.ptr[end]))
			end++;
		struct slice name = slice_of(s.ptr + i, end - i);
		for (size_t k = 0;
		     is_handler(name) && end < s.len && s.ptr[end] == '=' && k < ARRAY_LEN(sinks); k++) {
			if (begins_lenient(s, end + 1, sinks[k]))
				return payload_found(
				    ret, PAYLOAD_XSS, "adds an event handler with a call", name);
		}
		i = end > i ? end - 1 : i;
	}
	return false;
}

/* The value closes a tag that it did not open: a '>' with no '<' before it, right after a quote, a bracket or
 * a slash. */
static bool closes_foreign_tag(struct slice s)
{
	const char *close = memchr(s.ptr, '>', s.len);
	if (!close || memchr(s.ptr, '<', (size_t)(close - s.ptr)))
		return false;
	return close > s.ptr && (strchr("\"'/)", close[-1]) || is_word(close[-1]));
}

/* Out of a script's string: a quote, then an operator or the end of the statement, then a sink. */
static bool leaves_script_string(struct slice s, struct slice *ret_token)
{
	for (size_t i = 0; i + 2 < s.len; i++) {
		if (s.ptr[i] != '"' && s.ptr[i] != '\'' && s.ptr[i] != '`')
			continue;
		size_t at = i + 1;
		while (at < s.len && is_space(s.ptr[at]))
			at++;
		while (at < s.len && (s.ptr[at] == ')' || s.ptr[at] == '}'))
			at++;
		if (at >= s.len || !strchr(";-+*^|&,", s.ptr[at]))
			continue;
		for (at++; at < s.len && strchr(" ;-+", s.ptr[at]);)
			at++;
		struct slice near = slice_of(s.ptr + at, s.len - at < 32 ? s.len - at : 32);
		for (size_t k = 0; k < ARRAY_LEN(sinks); k++) {
			if (begins_lenient(near, 0, sinks[k])) {
				*ret_token = near;
				return true;
			}
		}
		i = at - 1;
	}
	return false;
}

static bool scripts(struct slice s, struct payload_finding *ret)
{
	struct slice token;
	if (payload_is_prose(s, 5))
		return false;
	if (handler_with_sink(s, ret))
		return true;
	if (target_is_code(s) && (!payload_is_prose(s, 2) || has_sink(s, 0, &token)))
		return payload_found(ret, PAYLOAD_XSS, "is an address that is code", s);
	if (leaves_script_string(s, &token))
		return payload_found(ret, PAYLOAD_XSS, "leaves a script's string for a call", token);
	size_t at = payload_find(s, 0, "&{");
	if (at < s.len && has_sink(s, at, &token))
		return payload_found(ret, PAYLOAD_XSS, "has a script entity", token);
	if (!has_sink(s, 0, &token))
		return false;
	if (closes_foreign_tag(s) || payload_find(s, 0, "/script") < s.len)
		return payload_found(ret, PAYLOAD_XSS, "closes a tag around a call", token);
	bool spaced = false;
	for (size_t i = 0; i < s.len; i++)
		spaced = spaced || is_space(s.ptr[i]);
	return !spaced && s.len > token.len / 2 && payload_found(ret, PAYLOAD_XSS, "is a script", token);
}

bool payload_html(struct slice value, struct payload_finding *ret)
{
	struct slice token;
	size_t utf7 = payload_find(value, 0, "+adw-");
	if (utf7 < value.len)
		return payload_found(
		    ret, PAYLOAD_XSS, "hides a tag in UTF-7", slice_of(value.ptr + utf7, value.len - utf7));
	if (tags(value, ret) || leaves_attribute(value, ret) || scripts(value, ret))
		return true;
	if (payload_begins(value, 0, "<!") || payload_find(value, 0, "\"<xss>") < value.len ||
	    payload_find(value, 0, "=&{()}") < value.len)
		return has_sink(value, 0, &token) || payload_find(value, 0, "<xss>") < value.len
			   ? payload_found(ret, PAYLOAD_XSS, "probes for unencoded output", value)
			   : false;
	return false;
}
