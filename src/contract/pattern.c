/*
 * Patterns: ECMA-262 syntax through PCRE2, interpreted (the processes that match hold no executable memory of their own
 * making), with limits on steps, depth and memory, so that no input makes one cost more than a bounded time.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "contract/compiled.h"

#define MATCH_STEPS_MAX 100000u
#define MATCH_DEPTH_MAX 2000u
#define MATCH_HEAP_KIB_MAX 256u

struct pattern {
	struct pattern *next;
	pcre2_code *code;
	pcre2_match_context *limits;
	struct slice source;
};

result pattern_new(struct type_set *set, struct slice source, struct error *err, const struct pattern **ret)
{
	int code;
	size_t at;
	struct pattern *p = arena_zalloc(&set->arena, sizeof *p);
	if (!p)
		return error_set(err, ERR_MEMORY, "no memory for a pattern");
	p->source = arena_copy(&set->arena, source);
	p->next = set->patterns;
	set->patterns = p;
	p->code = pcre2_compile((PCRE2_SPTR)source.ptr, source.len,
	    PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_ALT_BSUX | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C | PCRE2_MATCH_UNSET_BACKREF | PCRE2_ALLOW_EMPTY_CLASS,
	    &code, &at, NULL);
	if (!p->code) {
		char why[120];
		(void)pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof why);
		return error_set(err, ERR_INVALID, "pattern \"%.*s\" at character %zu: %s", SLICE_ARG(source), at, why);
	}
	p->limits = pcre2_match_context_create(NULL);
	if (!p->limits)
		return error_set(err, ERR_MEMORY, "no memory for a pattern");
	(void)pcre2_set_match_limit(p->limits, MATCH_STEPS_MAX);
	(void)pcre2_set_depth_limit(p->limits, MATCH_DEPTH_MAX);
	(void)pcre2_set_heap_limit(p->limits, MATCH_HEAP_KIB_MAX);
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

bool pattern_match(const struct pattern *pattern, struct slice text)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	if (!data)
		return false;
	int n = pcre2_match(pattern->code, (PCRE2_SPTR)(text.ptr ? text.ptr : ""), text.len, 0, PCRE2_NO_UTF_CHECK, data, pattern->limits);
	pcre2_match_data_free(data);
	return n >= 0;
}

struct slice pattern_source(const struct pattern *pattern)
{
	return pattern->source;
}
