/* What is written to: names, parts of objects, patterns, and the places where a page reads. */
#include "review/code/analysis.h"

/* What is written to: a name, a part of an object, or a pattern. */
static void assign(struct analysis *a, struct scope_env *env, TSNode left, struct value v)
{
	switch (syntax_type(&a->tree, left)) {
	case SYNTAX_IDENTIFIER: {
		struct binding *b = env_find(env, syntax_text(&a->tree, left));
		if (b)
			b->value = v;
		else
			(void)env_bind(a, a->module, syntax_text(&a->tree, left), v);
		return;
	}
	case SYNTAX_SUBSCRIPT: {
		struct value key = evaluate(a, env, syntax_field(&a->tree, left, FIELD_INDEX));
		const struct code_rule *rule = code_rules_detector(a->rules, "dynamic-key");
		struct value object = evaluate(a, env, syntax_field(&a->tree, left, FIELD_OBJECT));
		if (rule && is_tainted(key) && !slice_eq_cstr(object.qualified, "map"))
			report_flow(a, rule, left, key, "the name of the property comes from the request");
		break;
	}
	case SYNTAX_OBJECT_PATTERN:
	case SYNTAX_ARRAY_PATTERN:
		bind_pattern(a, env, left, v);
		return;
	default:
		break;
	}
	/* An object that holds something tainted is tainted. */
	TSNode object = syntax_field(&a->tree, left, FIELD_OBJECT);
	if (syntax_type(&a->tree, object) == SYNTAX_IDENTIFIER && is_tainted(v)) {
		struct binding *b = env_find(env, syntax_text(&a->tree, object));
		if (b && !b->value.flow.source)
			b->value.flow = v.flow;
	}
}

static void write_sinks(struct analysis *a, TSNode left, struct value v)
{
	TSNode property = syntax_field(&a->tree, left, FIELD_PROPERTY);
	struct slice name = ts_node_is_null(property) ? SLICE_NONE : syntax_text(&a->tree, property);
	const struct code_rule *rule = NULL;
	if (slice_eq_cstr(name, "innerHTML") || slice_eq_cstr(name, "outerHTML"))
		rule = code_rules_detector(a->rules, "html-write");
	else if (slice_eq_cstr(name, "body") && v.has_markup)
		rule = code_rules_detector(a->rules, "html-write");
	if (rule && is_tainted(v))
		report_flow(a, rule, left, v, "it becomes markup of the page");
}

struct value evaluate_assignment(struct analysis *a, struct scope_env *env, TSNode n, bool augmented)
{
	TSNode left = syntax_field(&a->tree, n, FIELD_LEFT);
	TSNode right = syntax_field(&a->tree, n, FIELD_RIGHT);
	struct value v = evaluate(a, env, right);
	struct slice target = syntax_text(&a->tree, left);
	if (augmented) {
		v = join_values(evaluate(a, env, left), v);
		v.built = true;
		v.is_text = false;
	} else {
		detect_assignment(a, target, n, right);
	}
	if (syntax_type(&a->tree, left) == SYNTAX_MEMBER)
		write_sinks(a, left, v);
	bool exports =
	    slice_starts(target, SLICE("module.exports")) || slice_starts(target, SLICE("exports."));
	if (exports)
		export_names(a, n);
	if (v.is_function && syntax_type(&a->tree, left) == SYNTAX_MEMBER)
		defer_function(a, v.function, v.closure ? v.closure : env, target, exports);
	assign(a, env, left, v);
	return v;
}
