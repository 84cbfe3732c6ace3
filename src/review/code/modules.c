/* Imports and exports: what names from elsewhere stand for. */
#include "review/code/analysis.h"

/* "node:fs/promises" is "fs"; '/' becomes ':' because patterns end at '/'. Relative paths stay as they are.
 */
struct slice module_name(struct analysis *a, struct slice source)
{
	if (source.len && source.ptr[0] == '.') {
		a->used_imports = true;
		return source;
	}
	if (slice_starts(source, SLICE("node:")))
		source = slice_of(source.ptr + 5, source.len - 5);
	if (slice_ends(source, SLICE("/promises")))
		source.len -= 9;
	if (slice_eq_cstr(source, "ward"))
		a->imports_ward = true;
	if (slice_starts(source, SLICE("@genezio/")))
		a->imports_genezio = true;
	char *name = arena_cstr(a->arena, source);
	for (char *p = name; p && *p; p++)
		if (*p == '/')
			*p = ':';
	return slice_cstr(name);
}

static bool is_relative(struct slice module)
{
	return module.len && module.ptr[0] == '.' && memchr(module.ptr, '/', module.len);
}

struct value module_member(struct analysis *a, struct slice module, struct slice name)
{
	struct value v = {.is_text = false};
	if (is_relative(module)) {
		v.summary = a->lookup ? a->lookup(a->lookup_arg, a->path, module, name) : NULL;
		v.qualified = module;
		return v;
	}
	if (slice_eq_cstr(name, "default"))
		v.qualified = module;
	else
		v.qualified =
		    slice_cstr(arena_printf(a->arena, "%.*s.%.*s", SLICE_ARG(module), SLICE_ARG(name)));
	/* fs.promises.readFile is fs.readFile. */
	if (slice_ends(v.qualified, SLICE(".promises")))
		v.qualified.len -= 9;
	return v;
}

static void import_clause(struct analysis *a, TSNode n, struct slice module)
{
	for (uint32_t i = 0; i < syntax_count(n); i++) {
		TSNode part = syntax_child(n, i);
		switch (syntax_type(&a->tree, part)) {
		case SYNTAX_IDENTIFIER:
			(void)env_bind(a, a->module, syntax_text(&a->tree, part),
			    module_member(a, module, SLICE("default")));
			break;
		case SYNTAX_NAMESPACE_IMPORT: {
			struct value v = {.qualified = module};
			(void)env_bind(a, a->module, syntax_text(&a->tree, syntax_child(part, 0)), v);
			break;
		}
		case SYNTAX_NAMED_IMPORTS:
			import_clause(a, part, module);
			break;
		case SYNTAX_IMPORT_SPECIFIER: {
			struct slice name = syntax_text(&a->tree, syntax_field(&a->tree, part, FIELD_NAME));
			TSNode alias = syntax_field(&a->tree, part, FIELD_ALIAS);
			struct slice local = ts_node_is_null(alias) ? name : syntax_text(&a->tree, alias);
			(void)env_bind(a, a->module, local, module_member(a, module, name));
			break;
		}
		default:
			break;
		}
	}
}

void import_names(struct analysis *a, TSNode n)
{
	TSNode source = syntax_field(&a->tree, n, FIELD_SOURCE);
	struct slice module = module_name(a, syntax_string(&a->tree, source));
	for (uint32_t i = 0; i < syntax_count(n); i++) {
		TSNode part = syntax_child(n, i);
		if (syntax_type(&a->tree, part) == SYNTAX_IMPORT_CLAUSE)
			import_clause(a, part, module);
	}
}

static void export_name(struct analysis *a, struct slice name)
{
	if (name.len)
		(void)export_summary(a, name);
}

static void export_declaration(struct analysis *a, TSNode declaration)
{
	enum syntax type = syntax_type(&a->tree, declaration);
	if (type == SYNTAX_LEXICAL_DECLARATION || type == SYNTAX_VARIABLE_DECLARATION) {
		for (uint32_t i = 0; i < syntax_count(declaration); i++)
			export_name(a, syntax_text(&a->tree,
					   syntax_field(&a->tree, syntax_child(declaration, i), FIELD_NAME)));
	} else {
		export_name(a, syntax_text(&a->tree, syntax_field(&a->tree, declaration, FIELD_NAME)));
	}
	execute(a, a->module, declaration);
}

/* module.exports = {a, b: c} or = f; exports.a = f. */
static void export_assignment(struct analysis *a, TSNode n)
{
	struct slice target = syntax_text(&a->tree, syntax_field(&a->tree, n, FIELD_LEFT));
	TSNode right = syntax_field(&a->tree, n, FIELD_RIGHT);
	size_t at = target.len;
	while (at > 0 && target.ptr[at - 1] != '.')
		at--;
	struct slice last = slice_of(target.ptr + at, target.len - at);
	if (!slice_eq_cstr(last, "exports"))
		export_name(a, last);
	if (syntax_type(&a->tree, right) == SYNTAX_IDENTIFIER)
		export_name(a, syntax_text(&a->tree, right));
	if (syntax_type(&a->tree, right) != SYNTAX_OBJECT)
		return;
	for (uint32_t i = 0; i < syntax_count(right); i++) {
		TSNode part = syntax_child(right, i);
		TSNode value = syntax_field(&a->tree, part, FIELD_VALUE);
		bool pair = syntax_type(&a->tree, part) == SYNTAX_PAIR;
		if (syntax_type(&a->tree, part) == SYNTAX_SHORTHAND)
			export_name(a, syntax_text(&a->tree, part));
		else if (pair && syntax_type(&a->tree, value) == SYNTAX_IDENTIFIER)
			export_name(a, syntax_text(&a->tree, value));
		else if (pair && syntax_is_function(syntax_type(&a->tree, value)))
			defer_function(a, value, a->module,
			    syntax_text(&a->tree, syntax_field(&a->tree, part, FIELD_KEY)), true);
	}
}

void export_names(struct analysis *a, TSNode n)
{
	if (syntax_type(&a->tree, n) == SYNTAX_ASSIGNMENT) {
		export_assignment(a, n);
		return;
	}
	TSNode declaration = syntax_field(&a->tree, n, FIELD_DECLARATION);
	TSNode value = syntax_field(&a->tree, n, FIELD_VALUE);
	if (!ts_node_is_null(declaration)) {
		export_declaration(a, declaration);
	} else if (!ts_node_is_null(value)) {
		struct value v = evaluate(a, a->module, value);
		if (v.is_function) {
			export_name(a, SLICE("default"));
			defer_function(a, v.function, a->module, SLICE("default"), true);
		}
		if (syntax_type(&a->tree, value) == SYNTAX_IDENTIFIER)
			export_name(a, syntax_text(&a->tree, value));
	}
	for (uint32_t i = 0; i < syntax_count(n); i++) {
		TSNode clause = syntax_child(n, i);
		for (uint32_t k = 0;
		     syntax_type(&a->tree, clause) == SYNTAX_EXPORT_CLAUSE && k < syntax_count(clause); k++)
			export_name(a, syntax_text(&a->tree,
					   syntax_field(&a->tree, syntax_child(clause, k), FIELD_NAME)));
	}
}
