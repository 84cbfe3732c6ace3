/* Grammars, parsing and node access. The source is a stranger's: parsing is cut by time, depth is bounded by
 * callers. */
#include "review/code/syntax.h"

#include <pthread.h>

#include "review/file_set.h"

const TSLanguage *tree_sitter_typescript(void);
const TSLanguage *tree_sitter_tsx(void);

/* Error recovery of the grammar can take exponential time on text that is no program at all. */
#define PARSE_TIME_US 2000000u
#define PARSE_TIME_US_PER_KIB 1000u
#define SYMBOLS_MAX 1024u

struct grammar {
	const TSLanguage *language;
	uint8_t types[SYMBOLS_MAX];
	TSFieldId fields[FIELD_COUNT];
};

static const char *const type_names[SYNTAX_COUNT] = {
#define X(name, text) [SYNTAX_##name] = text,
    SYNTAX_TYPES(X)
#undef X
};

static const char *const field_names[FIELD_COUNT] = {
    [FIELD_NAME] = "name",
    [FIELD_VALUE] = "value",
    [FIELD_BODY] = "body",
    [FIELD_PARAMETERS] = "parameters",
    [FIELD_PARAMETER] = "parameter",
    [FIELD_FUNCTION] = "function",
    [FIELD_CONSTRUCTOR] = "constructor",
    [FIELD_ARGUMENTS] = "arguments",
    [FIELD_OBJECT] = "object",
    [FIELD_PROPERTY] = "property",
    [FIELD_INDEX] = "index",
    [FIELD_LEFT] = "left",
    [FIELD_RIGHT] = "right",
    [FIELD_OPERATOR] = "operator",
    [FIELD_ARGUMENT] = "argument",
    [FIELD_CONDITION] = "condition",
    [FIELD_CONSEQUENCE] = "consequence",
    [FIELD_ALTERNATIVE] = "alternative",
    [FIELD_KEY] = "key",
    [FIELD_SOURCE] = "source",
    [FIELD_ALIAS] = "alias",
    [FIELD_DECLARATION] = "declaration",
    [FIELD_PATTERN] = "pattern",
    [FIELD_FLAGS] = "flags",
};

static struct grammar grammars[2];
static pthread_once_t grammars_once = PTHREAD_ONCE_INIT;

static void grammar_init(struct grammar *g, const TSLanguage *language)
{
	g->language = language;
	uint32_t count = ts_language_symbol_count(language);
	for (uint32_t i = 0; i < count && i < SYMBOLS_MAX; i++)
		for (uint8_t k = 1; k < SYNTAX_COUNT; k++)
			if (strcmp(ts_language_symbol_name(language, (TSSymbol)i), type_names[k]) == 0 &&
			    ts_language_symbol_type(language, (TSSymbol)i) == TSSymbolTypeRegular)
				g->types[i] = k;
	for (size_t f = 0; f < FIELD_COUNT; f++)
		g->fields[f] =
		    ts_language_field_id_for_name(language, field_names[f], (uint32_t)strlen(field_names[f]));
}

static void grammars_init(void)
{
	grammar_init(&grammars[0], tree_sitter_typescript());
	grammar_init(&grammars[1], tree_sitter_tsx());
}

static const struct {
	const char *extension;
	unsigned grammar;
} extensions[] = {
    {"ts", 0}, {"mts", 0}, {"cts", 0}, {"tsx", 1}, {"js", 1}, {"mjs", 1}, {"cjs", 1}, {"jsx", 1}};

static const struct grammar *grammar_of(struct slice path)
{
	struct slice extension = path_extension(path);
	for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
		if (slice_eq_cstr(extension, extensions[i].extension))
			return &grammars[extensions[i].grammar];
	return NULL;
}

bool syntax_wants(struct slice path)
{
	return grammar_of(path) && !slice_ends(path, SLICE(".d.ts")) && !slice_ends(path, SLICE(".min.js"));
}

result syntax_parse(struct slice path, struct slice bytes, struct error *err, struct syntax_tree *ret_tree)
{
	(void)pthread_once(&grammars_once, grammars_init);
	const struct grammar *g = grammar_of(path);
	TSParser *parser = ts_parser_new();
	if (!g || !parser || !ts_parser_set_language(parser, g->language)) {
		ts_parser_delete(parser);
		return error_set(err, ERR_INTERNAL, "the grammar does not fit the parser library");
	}
	ts_parser_set_timeout_micros(parser, PARSE_TIME_US + bytes.len / 1024 * PARSE_TIME_US_PER_KIB);
	TSTree *tree = ts_parser_parse_string(parser, NULL, bytes.ptr ? bytes.ptr : "", (uint32_t)bytes.len);
	ts_parser_delete(parser);
	if (!tree)
		return error_set(err, ERR_LIMIT, "takes too long to parse");
	*ret_tree = (struct syntax_tree){.tree = tree, .grammar = g, .bytes = bytes};
	return RESULT_OK;
}

void syntax_done(struct syntax_tree *t)
{
	if (t->tree)
		ts_tree_delete(t->tree);
	t->tree = NULL;
}

enum syntax syntax_type(const struct syntax_tree *t, TSNode n)
{
	if (ts_node_is_null(n))
		return SYNTAX_OTHER;
	TSSymbol symbol = ts_node_symbol(n);
	return symbol < SYMBOLS_MAX ? (enum syntax)t->grammar->types[symbol] : SYNTAX_OTHER;
}

TSNode syntax_field(const struct syntax_tree *t, TSNode n, enum syntax_field field)
{
	return ts_node_child_by_field_id(n, t->grammar->fields[field]);
}

struct slice syntax_text(const struct syntax_tree *t, TSNode n)
{
	if (ts_node_is_null(n))
		return SLICE_NONE;
	uint32_t start = ts_node_start_byte(n);
	return slice_of(t->bytes.ptr + start, ts_node_end_byte(n) - start);
}

struct slice syntax_string(const struct syntax_tree *t, TSNode n)
{
	struct slice s = syntax_text(t, n);
	return s.len >= 2 ? slice_of(s.ptr + 1, s.len - 2) : SLICE_NONE;
}

TSNode syntax_child(TSNode n, uint32_t i)
{
	return ts_node_named_child(n, i);
}

uint32_t syntax_count(TSNode n)
{
	return ts_node_named_child_count(n);
}

bool syntax_is_function(enum syntax s)
{
	return s == SYNTAX_FUNCTION_DECLARATION || s == SYNTAX_FUNCTION_EXPRESSION || s == SYNTAX_ARROW ||
	       s == SYNTAX_METHOD || s == SYNTAX_GENERATOR_DECLARATION || s == SYNTAX_GENERATOR_FUNCTION;
}
