/* Reads patterns. Called when a schema is compiled and by the format "regex"; the source may be anybody's. */
#include "contract/regex_parser.h"

#define NESTING_MAX 100u
#define REPEAT_MAX 100000u

result regex_bad(struct parser *p, const char *why)
{
	return error_set(
	    p->err, ERR_INVALID, "pattern \"%.*s\" at byte %zu: %s", SLICE_ARG(p->source), p->at, why);
}

result regex_too_large(struct parser *p)
{
	return error_set(p->err, ERR_LIMIT, "pattern is too large");
}

result regex_node_new(struct parser *p, struct regex_node made, const struct regex_node **ret)
{
	struct regex_node *node = arena_alloc(p->arena, sizeof *node);
	if (!node)
		return regex_too_large(p);
	*node = made;
	*ret = node;
	return RESULT_OK;
}

static bool name_byte(char c, bool first)
{
	return c == '_' || c == '$' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	       (!first && c >= '0' && c <= '9');
}

static result group_name(struct parser *p, struct slice *ret)
{
	size_t start = p->at;
	while (name_byte(peek(p), p->at == start))
		p->at++;
	*ret = slice_of(p->source.ptr + start, p->at - start);
	return ret->len > 0 && ret->len <= 32 && skip(p, ">")
		   ? RESULT_OK
		   : regex_bad(p, "a group's name must be of letters, digits and _");
}

static result back_reference(struct parser *p, const struct regex_node **ret)
{
	struct regex_node node = {.kind = REGEX_BACK};
	p->regular = false;
	if (skip(p, "k<")) {
		TRY(group_name(p, &node.name));
		return regex_node_new(p, node, ret);
	}
	while (peek(p) >= '0' && peek(p) <= '9' && node.group < 1000)
		node.group = node.group * 10 + (uint32_t)(p->source.ptr[p->at++] - '0');
	if (node.group > p->groups_all)
		return regex_bad(p, "refers to a group that is not there");
	return regex_node_new(p, node, ret);
}

/* After a backslash outside a class. */
static result atom_escape(struct parser *p, const struct regex_node **ret)
{
	if (peek(p) == 'b' || peek(p) == 'B') {
		p->regular = false;
		return regex_node_new(p,
		    (struct regex_node){.kind = REGEX_WORD, .negated = p->source.ptr[p->at++] == 'B'}, ret);
	}
	if (looking_at(p, "k<") || (peek(p) >= '1' && peek(p) <= '9'))
		return back_reference(p, ret);
	return regex_class_or_character(p, ret);
}

static result disjunction(struct parser *p, const struct regex_node **ret);

/* After "(". *ret_quantifiable: look-arounds take no quantifier. */
static result group(struct parser *p, bool *ret_quantifiable, const struct regex_node **ret)
{
	struct regex_node node = {.kind = REGEX_GROUP};
	if (skip(p, "?<=") || skip(p, "?<!"))
		node = (struct regex_node){
		    .kind = REGEX_LOOK, .behind = true, .negated = p->source.ptr[p->at - 1] == '!'};
	else if (skip(p, "?=") || skip(p, "?!"))
		node = (struct regex_node){.kind = REGEX_LOOK, .negated = p->source.ptr[p->at - 1] == '!'};
	else if (skip(p, "?<"))
		TRY(group_name(p, &node.name));
	else if (!skip(p, "?:") && looking_at(p, "?"))
		return regex_bad(p, "a group that ECMA-262 does not have");
	if (node.kind == REGEX_GROUP && p->source.ptr[p->at - 1] != ':')
		node.group = ++p->groups;
	if (node.kind == REGEX_LOOK) {
		p->regular = false;
		*ret_quantifiable = false;
	}
	if (++p->depth > NESTING_MAX)
		return regex_bad(p, "groups nest too deep");
	TRY(disjunction(p, &node.left));
	p->depth--;
	if (!skip(p, ")"))
		return regex_bad(p, "a ( is not closed");
	return regex_node_new(p, node, ret);
}

static result atom(struct parser *p, bool *ret_quantifiable, const struct regex_node **ret)
{
	*ret_quantifiable = true;
	if (skip(p, "("))
		return group(p, ret_quantifiable, ret);
	if (skip(p, "["))
		return regex_class(p, ret);
	if (skip(p, "\\")) {
		*ret_quantifiable = peek(p) != 'b' && peek(p) != 'B';
		return atom_escape(p, ret);
	}
	if (skip(p, "^") || skip(p, "$")) {
		*ret_quantifiable = false;
		bool start = p->source.ptr[p->at - 1] == '^';
		return regex_node_new(p, (struct regex_node){.kind = start ? REGEX_START : REGEX_END}, ret);
	}
	if (skip(p, "."))
		return regex_dot(p, ret);
	if (strchr("*+?{}])", peek(p)))
		return regex_bad(p, "a character that must be escaped");
	return regex_literal(p, ret);
}

static bool read_count(struct parser *p, uint32_t *ret)
{
	size_t start = p->at;
	uint32_t value = 0;
	while (peek(p) >= '0' && peek(p) <= '9' && value <= REPEAT_MAX)
		value = value * 10 + (uint32_t)(p->source.ptr[p->at++] - '0');
	*ret = value;
	return p->at > start && value <= REPEAT_MAX;
}

static result quantifier(struct parser *p, bool quantifiable, const struct regex_node **node)
{
	struct regex_node made = {.kind = REGEX_REPEAT, .left = *node, .max = REGEX_MANY};
	if (skip(p, "*")) {
		made.min = 0;
	} else if (skip(p, "+")) {
		made.min = 1;
	} else if (skip(p, "?")) {
		made.max = 1;
	} else if (skip(p, "{")) {
		if (!read_count(p, &made.min))
			return regex_bad(p, "a count must be a number up to 100 000");
		made.max = made.min;
		if (skip(p, ",") && !looking_at(p, "}")) {
			if (!read_count(p, &made.max) || made.max < made.min)
				return regex_bad(p,
				    "a count must be a number up to 100 000, the second not below the first");
		} else if (p->source.ptr[p->at - 1] == ',') {
			made.max = REGEX_MANY;
		}
		if (!skip(p, "}"))
			return regex_bad(p, "a { is not closed");
	} else {
		return RESULT_OK;
	}
	if (!quantifiable)
		return regex_bad(p, "a quantifier with nothing to repeat");
	made.lazy = skip(p, "?");
	return regex_node_new(p, made, node);
}

static result alternative(struct parser *p, const struct regex_node **ret)
{
	const struct regex_node *all, *one;
	bool quantifiable;
	TRY(regex_node_new(p, (struct regex_node){.kind = REGEX_EMPTY}, &all));
	while (more(p) && peek(p) != '|' && peek(p) != ')') {
		TRY(atom(p, &quantifiable, &one));
		TRY(quantifier(p, quantifiable, &one));
		if (all->kind == REGEX_EMPTY)
			all = one;
		else
			TRY(regex_node_new(
			    p, (struct regex_node){.kind = REGEX_CAT, .left = all, .right = one}, &all));
	}
	*ret = all;
	return RESULT_OK;
}

static result disjunction(struct parser *p, const struct regex_node **ret)
{
	const struct regex_node *all, *one;
	TRY(alternative(p, &all));
	while (skip(p, "|")) {
		TRY(alternative(p, &one));
		TRY(regex_node_new(
		    p, (struct regex_node){.kind = REGEX_ALT, .left = all, .right = one}, &all));
	}
	*ret = all;
	return RESULT_OK;
}

static uint32_t count_groups(struct slice source)
{
	uint32_t count = 0;
	bool in_class = false;
	for (size_t i = 0; i < source.len; i++) {
		char c = source.ptr[i];
		if (c == '\\')
			i++;
		else if (c == '[')
			in_class = true;
		else if (c == ']')
			in_class = false;
		else if (c == '(' && !in_class)
			count += i + 1 >= source.len || source.ptr[i + 1] != '?' ||
				 (i + 3 < source.len && source.ptr[i + 2] == '<' &&
				     source.ptr[i + 3] != '=' && source.ptr[i + 3] != '!');
	}
	return count;
}

result regex_parse(struct slice source, struct arena *arena, struct error *err, struct regex *ret)
{
	struct parser p = {.source = source,
	    .arena = arena,
	    .err = err,
	    .regular = true,
	    .groups_all = count_groups(source)};
	const struct regex_node *root;
	TRY(disjunction(&p, &root));
	if (more(&p))
		return regex_bad(&p, "a ) without its (");
	*ret = (struct regex){root, p.regular};
	return RESULT_OK;
}
