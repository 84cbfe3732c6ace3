/* Statements, in order, each once. Called for the bodies of functions and modules; the text is a stranger's.
 */
#include "review/code/analysis.h"

static void note_origins(struct analysis *a, struct binding *b, TSNode n, size_t *count, unsigned depth)
{
	if (ts_node_is_null(n) || depth > 6 || *count >= sizeof b->origins / sizeof *b->origins)
		return;
	enum syntax type = syntax_type(&a->tree, n);
	if (type == SYNTAX_IDENTIFIER) {
		b->origins[(*count)++] = syntax_text(&a->tree, n);
		return;
	}
	if (syntax_is_function(type))
		return;
	TSNode callee = syntax_field(&a->tree, n, FIELD_FUNCTION);
	for (uint32_t i = 0; i < syntax_count(n); i++) {
		TSNode child = syntax_child(n, i);
		if (ts_node_is_null(callee) || !ts_node_eq(child, callee))
			note_origins(a, b, child, count, depth + 1);
	}
}

static void execute_declarator(struct analysis *a, struct scope_env *env, TSNode n)
{
	TSNode name = syntax_field(&a->tree, n, FIELD_NAME);
	TSNode value = syntax_field(&a->tree, n, FIELD_VALUE);
	struct value v = evaluate(a, env, value);
	bool plain = syntax_type(&a->tree, name) == SYNTAX_IDENTIFIER;
	if (!ts_node_is_null(value))
		detect_assignment(a, syntax_text(&a->tree, name), n, value);
	if (v.is_function && plain)
		defer_function(a, v.function, env, syntax_text(&a->tree, name), false);
	if (plain && v.flow.source && syntax_type(&a->tree, value) != SYNTAX_IDENTIFIER)
		v = with_step(a, v, name,
		    arena_printf(a->arena, "kept in %.*s", SLICE_ARG(syntax_text(&a->tree, name))));
	bind_pattern(a, env, name, v);
	struct binding *b = plain ? env_find(env, syntax_text(&a->tree, name)) : NULL;
	size_t count = 0;
	if (!b)
		return;
	b->initial = syntax_text(&a->tree, value);
	if (b->initial.len > 400)
		b->initial = SLICE_NONE;
	note_origins(a, b, value, &count, 0);
}

static void execute_class(struct analysis *a, struct scope_env *env, TSNode n)
{
	TSNode body = syntax_field(&a->tree, n, FIELD_BODY);
	for (uint32_t i = 0; i < syntax_count(body); i++) {
		TSNode member = syntax_child(body, i);
		enum syntax type = syntax_type(&a->tree, member);
		if (type == SYNTAX_METHOD)
			defer_function(a, member, env,
			    syntax_text(&a->tree, syntax_field(&a->tree, member, FIELD_NAME)), true);
		else if (type == SYNTAX_FIELD_DEFINITION) {
			TSNode value = syntax_field(&a->tree, member, FIELD_VALUE);
			struct value v = evaluate(a, env, value);
			detect_assignment(a,
			    syntax_text(&a->tree, syntax_field(&a->tree, member, FIELD_NAME)), member, value);
			if (v.is_function)
				defer_function(a, v.function, env, SLICE_NONE, true);
		}
	}
}

static void execute_for_in(struct analysis *a, struct scope_env *env, TSNode n)
{
	struct scope_env *inner = env_new(a, env);
	struct value v = evaluate(a, env, syntax_field(&a->tree, n, FIELD_RIGHT));
	v.is_function = v.is_object = false;
	bind_pattern(a, inner, syntax_field(&a->tree, n, FIELD_LEFT), (struct value){.flow = v.flow});
	execute(a, inner, syntax_field(&a->tree, n, FIELD_BODY));
}

/* What an error says about the inside: its own kind of taint. */
static void execute_catch(struct analysis *a, struct scope_env *env, TSNode n)
{
	struct scope_env *inner = env_new(a, env);
	TSNode parameter = syntax_field(&a->tree, n, FIELD_PARAMETER);
	if (!ts_node_is_null(parameter))
		bind_pattern(a, inner, parameter,
		    source_value(a, parameter, "the error of the inside", TAINT_ALL & ~(1u << TAINT_ERROR)));
	execute(a, inner, syntax_field(&a->tree, n, FIELD_BODY));
}

static void execute_return(struct analysis *a, struct scope_env *env, TSNode n)
{
	if (syntax_count(n) == 0)
		return;
	TSNode expression = syntax_child(n, 0);
	struct value v = evaluate(a, env, expression);
	if (syntax_type(&a->tree, expression) == SYNTAX_OBJECT)
		check_answer(a, env, expression);
	if (v.is_function)
		defer_function(a, v.function, v.closure ? v.closure : env, SLICE_NONE, false);
	if (a->frame)
		a->frame->returned = join_values(a->frame->returned, v);
}

static void hoist(struct analysis *a, struct scope_env *env, const TSNode *nodes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		TSNode n = nodes[i];
		bool exported = syntax_type(&a->tree, n) == SYNTAX_EXPORT;
		TSNode fn = exported ? syntax_field(&a->tree, n, FIELD_DECLARATION) : n;
		enum syntax type = syntax_type(&a->tree, fn);
		if (type != SYNTAX_FUNCTION_DECLARATION && type != SYNTAX_GENERATOR_DECLARATION)
			continue;
		struct slice name = syntax_text(&a->tree, syntax_field(&a->tree, fn, FIELD_NAME));
		struct value v = {.is_function = true, .function = fn, .closure = env};
		(void)env_bind(a, env, name, v);
		defer_function(a, fn, env, name, exported);
	}
}

void execute_all(struct analysis *a, struct scope_env *env, TSNode parent)
{
	uint32_t count;
	const TSNode *nodes = children_of(a, parent, &count);
	hoist(a, env, nodes, count);
	for (uint32_t i = 0; i < count; i++)
		execute(a, env, nodes[i]);
}

void execute(struct analysis *a, struct scope_env *env, TSNode n)
{
	if (ts_node_is_null(n) || a->depth >= DEPTH_MAX || a->steps >= STEPS_MAX)
		return;
	a->depth++;
	a->steps++;
	switch (syntax_type(&a->tree, n)) {
	case SYNTAX_IMPORT:
		import_names(a, n);
		break;
	case SYNTAX_EXPORT:
		export_names(a, n);
		break;
	case SYNTAX_FUNCTION_DECLARATION:
	case SYNTAX_GENERATOR_DECLARATION:
	case SYNTAX_COMMENT:
		break;
	case SYNTAX_CLASS_DECLARATION:
	case SYNTAX_ABSTRACT_CLASS:
	case SYNTAX_CLASS:
		execute_class(a, env, n);
		break;
	case SYNTAX_DECLARATOR:
		execute_declarator(a, env, n);
		break;
	case SYNTAX_EXPRESSION_STATEMENT: {
		struct value v = evaluate(a, env, syntax_child(n, 0));
		if (v.is_function)
			defer_function(a, v.function, env, SLICE_NONE, false);
		break;
	}
	case SYNTAX_RETURN:
		execute_return(a, env, n);
		break;
	case SYNTAX_IF:
		execute_if(a, env, n);
		break;
	case SYNTAX_FOR_IN:
		execute_for_in(a, env, n);
		break;
	case SYNTAX_CATCH:
		execute_catch(a, env, n);
		break;
	case SYNTAX_BLOCK:
		execute_all(a, env_new(a, env), n);
		break;
	case SYNTAX_LEXICAL_DECLARATION:
	case SYNTAX_VARIABLE_DECLARATION:
		for (uint32_t i = 0; i < syntax_count(n); i++)
			execute(a, env, syntax_child(n, i));
		break;
	case SYNTAX_THROW:
	case SYNTAX_CALL:
	case SYNTAX_NEW:
	case SYNTAX_ASSIGNMENT:
	case SYNTAX_BINARY:
	case SYNTAX_PARENTHESIZED:
	case SYNTAX_MEMBER:
	case SYNTAX_TERNARY:
	case SYNTAX_AWAIT:
		(void)evaluate(a, env, n);
		break;
	default:
		for (uint32_t i = 0; i < syntax_count(n); i++)
			execute(a, env, syntax_child(n, i));
		break;
	}
	a->depth--;
}
