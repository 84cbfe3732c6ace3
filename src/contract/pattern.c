/*
 * Patterns of schemas. Most become an automaton. What an automaton cannot do (back references, look-around,
 * word boundaries, Unicode properties) or what would make too large a table goes to PCRE2, interpreted (the
 * processes that match may not make executable memory), with limits on steps, depth and memory: a text that
 * reaches them is refused.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "contract/compiled.h"
#include "contract/regex.h"

#define TREE_BYTES_MAX (8u << 20)
#define SOURCE_BYTES_MAX 4096u
#define MATCH_STEPS_MAX 200000u
#define MATCH_DEPTH_MAX 2000u
#define MATCH_HEAP_KIB_MAX 1024u
/* PCRE2 counts steps anew at each place a match may begin: with this many bytes the sum stays bounded, too.
 */
#define SUBJECT_BYTES_MAX 65536u

struct pattern {
	struct pattern *next;
	const struct regex_dfa *dfa; /* NULL: code is used */
	pcre2_code *code;
	pcre2_match_context *limits;
	struct slice source;
};

static void put_range(struct buf *out, uint32_t low, uint32_t high)
{
	buf_printf(out, "\\x{%x}", low);
	if (high > low)
		buf_printf(out, "-\\x{%x}", high);
}

/* PCRE2 takes no surrogates, which no UTF-8 text holds anyway. */
static void put_set(struct buf *out, const struct regex_node *node)
{
	buf_add_cstr(out, node->negated ? "[^" : "[");
	for (uint32_t i = 0; i < node->range_count; i++) {
		uint32_t low = node->ranges[i].low, high = node->ranges[i].high;
		if (low < 0xd800 && high > 0xdfff) {
			put_range(out, low, 0xd7ff);
			put_range(out, 0xe000, high);
		} else if (low < 0xd800 || high > 0xdfff) {
			put_range(out, low >= 0xd800 && low < 0xe000 ? 0xe000 : low,
			    high >= 0xd800 && high < 0xe000 ? 0xd7ff : high);
		}
	}
	buf_add_slice(out, node->properties);
	buf_add_char(out, ']');
}

static void put(struct buf *out, const struct regex_node *node)
{
	switch (node->kind) {
	case REGEX_EMPTY:
		break;
	case REGEX_SET:
		put_set(out, node);
		break;
	case REGEX_CAT:
		put(out, node->left);
		put(out, node->right);
		break;
	case REGEX_ALT:
		put(out, node->left);
		buf_add_char(out, '|');
		put(out, node->right);
		break;
	case REGEX_REPEAT:
		put(out, node->left);
		buf_printf(out, node->max == REGEX_MANY ? "{%u,}" : "{%u,%u}", node->min, node->max);
		if (node->lazy)
			buf_add_char(out, '?');
		break;
	case REGEX_GROUP:
		if (node->name.len > 0)
			buf_printf(out, "(?<%.*s>", SLICE_ARG(node->name));
		else
			buf_add_cstr(out, node->group > 0 ? "(" : "(?:");
		put(out, node->left);
		buf_add_char(out, ')');
		break;
	case REGEX_START:
		buf_add_char(out, '^');
		break;
	case REGEX_END:
		buf_add_char(out, '$');
		break;
	case REGEX_WORD:
		buf_add_cstr(out, node->negated ? "\\B" : "\\b");
		break;
	case REGEX_LOOK:
		buf_add_cstr(out, node->behind ? "(?<" : "(?");
		buf_add_char(out, node->negated ? '!' : '=');
		put(out, node->left);
		buf_add_char(out, ')');
		break;
	case REGEX_BACK:
		if (node->name.len > 0)
			buf_printf(out, "\\k<%.*s>", SLICE_ARG(node->name));
		else
			buf_printf(out, "\\g{%u}", node->group);
		break;
	}
}

/* A repeat without bound inside another one: the shape whose cost can double with every byte. */
static bool nests_repeats(const struct regex_node *node, bool inside)
{
	if (!node)
		return false;
	bool many = node->kind == REGEX_REPEAT && node->max == REGEX_MANY;
	return (many && inside) || nests_repeats(node->left, inside || many) ||
	       nests_repeats(node->right, inside);
}

static result compile_pcre2(struct pattern *p, const struct regex *regex, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1 << 20);
	int code;
	size_t at;
	char why[120];
	if (nests_repeats(regex->root, false))
		return error_set(err, ERR_INVALID,
		    "pattern \"%.*s\" cannot be bounded: it repeats without end inside a repeat, beside "
		    "what keeps it from becoming an automaton",
		    SLICE_ARG(p->source));
	put(&text, regex->root);
	if (!buf_ok(&text))
		return error_set(err, ERR_LIMIT, "pattern is too large");
	p->code = pcre2_compile((PCRE2_SPTR)buf_cstr(&text), text.len,
	    PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C |
		PCRE2_MATCH_UNSET_BACKREF | PCRE2_ALLOW_EMPTY_CLASS,
	    &code, &at, NULL);
	if (!p->code) {
		(void)pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof why);
		return error_set(err, ERR_INVALID, "pattern \"%.*s\": %s", SLICE_ARG(p->source), why);
	}
	p->limits = pcre2_match_context_create(NULL);
	if (!p->limits)
		return error_set(err, ERR_MEMORY, "no memory for a pattern");
	(void)pcre2_set_match_limit(p->limits, MATCH_STEPS_MAX);
	(void)pcre2_set_depth_limit(p->limits, MATCH_DEPTH_MAX);
	(void)pcre2_set_heap_limit(p->limits, MATCH_HEAP_KIB_MAX);
	return RESULT_OK;
}

result pattern_new(struct type_set *set, struct slice source, struct error *err, const struct pattern **ret)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(TREE_BYTES_MAX);
	struct regex regex;
	if (source.len > SOURCE_BYTES_MAX)
		return error_set(err, ERR_LIMIT, "a pattern of more than %u bytes", SOURCE_BYTES_MAX);
	for (struct pattern *known = set->patterns; known; known = known->next) {
		if (slice_eq(known->source, source)) {
			*ret = known;
			return RESULT_OK;
		}
	}
	TRY(regex_parse(source, &arena, err, &regex));
	struct pattern *p = arena_zalloc(&set->arena, sizeof *p);
	if (!p)
		return error_set(err, ERR_MEMORY, "no memory for a pattern");
	p->source = arena_copy(&set->arena, source);
	p->dfa = regex_dfa_new(&regex, &set->arena);
	result r = p->dfa ? RESULT_OK : compile_pcre2(p, &regex, err);
	if (!is_ok(r)) {
		pcre2_code_free(p->code);
		return r;
	}
	p->next = set->patterns;
	set->patterns = p;
	*ret = p;
	return RESULT_OK;
}

void patterns_free(struct pattern *list)
{
	for (struct pattern *p = list; p; p = p->next) {
		pcre2_code_free(p->code);
		pcre2_match_context_free(p->limits);
	}
}

enum match pattern_match(const struct pattern *pattern, struct slice text)
{
	const char *ptr = text.ptr ? text.ptr : "";
	if (pattern->dfa)
		return regex_dfa_match(pattern->dfa, slice_of(ptr, text.len)) ? MATCH_YES : MATCH_NO;
	pcre2_match_data *data = text.len <= SUBJECT_BYTES_MAX ? pcre2_match_data_create(1, NULL) : NULL;
	if (!data)
		return MATCH_UNDECIDED;
	int n = pcre2_match(
	    pattern->code, (PCRE2_SPTR)ptr, text.len, 0, PCRE2_NO_UTF_CHECK, data, pattern->limits);
	pcre2_match_data_free(data);
	return n >= 0 ? MATCH_YES : n == PCRE2_ERROR_NOMATCH ? MATCH_NO : MATCH_UNDECIDED;
}

struct slice pattern_source(const struct pattern *pattern)
{
	return pattern->source;
}
