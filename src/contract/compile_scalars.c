/* Rules of numbers and strings, and literals. */
#include "contract/compile.h"

#include "base/check.h"

static result get_number(
    struct compile *c, const struct value_item *schema, const char *keyword, struct number *ret, bool *seen)
{
	struct value_item item;
	*seen = false;
	if (!schema_get_rule(c, schema, keyword, NULL, &item))
		return RESULT_OK;
	if (item.tag < VALUE_INT || item.tag > VALUE_BIG)
		return compile_fail(c, "%s must be a number", keyword);
	*ret = number_of_item(&item);
	*seen = true;
	return RESULT_OK;
}

static result compile_numbers(struct compile *c, const struct value_item *schema, struct type *t)
{
	struct number_rules rules = {0};
	struct number n;
	bool seen, any = false;
	TRY(get_number(c, schema, "minimum", &rules.min, &rules.has_min));
	TRY(get_number(c, schema, "maximum", &rules.max, &rules.has_max));
	TRY(get_number(c, schema, "exclusiveMinimum", &n, &seen));
	if (seen && (!rules.has_min || number_compare(&n, &rules.min) >= 0)) {
		rules.min = n;
		rules.has_min = rules.min_open = true;
	}
	TRY(get_number(c, schema, "exclusiveMaximum", &n, &seen));
	if (seen && (!rules.has_max || number_compare(&n, &rules.max) <= 0)) {
		rules.max = n;
		rules.has_max = rules.max_open = true;
	}
	TRY(get_number(c, schema, "multipleOf", &n, &rules.has_multiple));
	if (rules.has_multiple && !number_as_multiple(&n, &rules.multiple, &rules.multiple_exponent))
		return compile_fail(c, "multipleOf must be a number above 0 of at most 19 digits");
	any = rules.has_min || rules.has_max || rules.has_multiple;
	if (!any)
		return RESULT_OK;
	if (rules.has_multiple) {
		CLEANUP_BUF struct buf text = BUF_INIT(64);
		buf_printf(&text, "%llue%lld", (unsigned long long)rules.multiple,
		    (long long)rules.multiple_exponent);
		rules.multiple_text = arena_copy(&c->set->arena, buf_slice(&text));
	}
	struct number_rules *kept = arena_alloc(&c->set->arena, sizeof *kept);
	if (!kept)
		return compile_too_large(c);
	*kept = rules;
	t->number = kept;
	return RESULT_OK;
}

static result compile_strings(struct compile *c, const struct value_item *schema, struct type *t)
{
	struct string_rules rules = {.chars_max = BOUND_UNSET};
	struct value_item item;
	bool any = false;
	TRY(compile_count(c, schema, "minLength", &rules.chars_min, &any));
	TRY(compile_count(c, schema, "maxLength", &rules.chars_max, &any));
	if (schema_get_rule(c, schema, "pattern", NULL, &item)) {
		if (!item_is_text(&item))
			return compile_fail(c, "pattern must be a string");
		struct error why;
		result r = pattern_new(c->set, item.text, &why, &rules.pattern);
		if (!is_ok(r))
			return compile_fail(c, "%s", why.text);
		any = true;
	}
	if (schema_get(schema, "format", NULL, &item)) {
		if (!item_is_text(&item))
			return compile_fail(c, "format must be a string");
		rules.format = c->set->options.formats_ignored ? NULL : format_find(item.text);
		if (!rules.format && !c->set->options.plain)
			return compile_fail(c, "format \"%.*s\" is not known", SLICE_ARG(item.text));
		any = any || rules.format;
	}
	if (!any)
		return RESULT_OK;
	struct string_rules *kept = arena_alloc(&c->set->arena, sizeof *kept);
	if (!kept)
		return compile_too_large(c);
	*kept = rules;
	t->string = kept;
	return RESULT_OK;
}

static result compile_literals(struct compile *c, const struct value_item *schema, struct type *t)
{
	struct value_item item, list;
	struct slice value, rest;
	struct literals *made = NULL;
	bool constant = schema_get_rule(c, schema, "const", &value, &item);
	bool choice = schema_get_rule(c, schema, "enum", NULL, &list);
	if (choice && list.tag != VALUE_ARRAY)
		return compile_fail(c, "enum must be a list");
	if (!constant && !choice)
		return RESULT_OK;
	made = arena_alloc(&c->set->arena, sizeof *made);
	if (!made)
		return compile_too_large(c);
	made->count = 0;
	made->values = arena_array(&c->set->arena, choice ? list.count + 1u : 1, sizeof *made->values);
	if (!made->values)
		return compile_too_large(c);
	rest = list.text;
	for (uint32_t i = 0; choice && i < list.count; i++) {
		const char *start = rest.ptr;
		if (!value_read(&rest, &item))
			return compile_too_large(c);
		struct slice one = slice_of(start, (size_t)(rest.ptr - start));
		if (!constant || value_equal(NULL, one, value))
			made->values[made->count++] = one;
	}
	if (!choice)
		made->values[made->count++] = value;
	t->literals = made;
	return RESULT_OK;
}

result compile_scalars(struct compile *c, const struct value_item *schema, struct type *t)
{
	TRY(compile_numbers(c, schema, t));
	TRY(compile_strings(c, schema, t));
	return compile_literals(c, schema, t);
}
