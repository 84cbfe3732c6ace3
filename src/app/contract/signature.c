/* Schemas in words. The schemas come from the compiler; depth is bounded all the same. */
#include "app/contract/signature.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH_MAX 40u

struct writing {
	struct buf *out;
	const json_t *root;
	unsigned depth;
};

static void write_schema(struct writing *w, const json_t *schema);

static const char *text_of(const json_t *schema, const char *name)
{
	return json_string_value(json_object_get(schema, name));
}

static void write_number(struct writing *w, const json_t *value)
{
	if (json_is_integer(value))
		buf_printf(w->out, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		buf_printf(w->out, "%.15g", json_real_value(value));
}

/* "(1..64)", "(1..)", "(..64)", with "<" before a bound that is itself excluded. */
static void write_range(struct writing *w, const json_t *schema, const char *low, const char *high)
{
	const json_t *from = json_object_get(schema, low);
	const json_t *to = json_object_get(schema, high);
	const json_t *above = json_object_get(schema, "exclusiveMinimum");
	const json_t *below = json_object_get(schema, "exclusiveMaximum");
	bool numbers = low[0] == 'm' && strcmp(low, "minimum") == 0;
	if (!from && !to && !(numbers && (above || below)))
		return;
	buf_add_char(w->out, '(');
	if (numbers && above)
		buf_add_char(w->out, '<');
	write_number(w, numbers && above ? above : from);
	buf_add_cstr(w->out, "..");
	if (numbers && below)
		buf_add_char(w->out, '<');
	write_number(w, numbers && below ? below : to);
	buf_add_char(w->out, ')');
}

static void write_string(struct writing *w, const json_t *schema)
{
	const char *ours = text_of(schema, "x-ward-type");
	const char *format = text_of(schema, "format");
	const char *pattern = text_of(schema, "pattern");
	if (ours && strcmp(ours, "date") == 0)
		buf_add_cstr(w->out, "Date");
	else if (ours && strcmp(ours, "bytes") == 0)
		buf_add_cstr(w->out, "Uint8Array");
	else
		buf_add_cstr(w->out, ours ? ours : "string");
	write_range(w, schema, "minLength", "maxLength");
	if (format && !ours)
		buf_printf(w->out, "(%s)", format);
	if (pattern && !ours)
		buf_printf(w->out, "(/%s/)", pattern);
}

static void write_array(struct writing *w, const json_t *schema)
{
	const json_t *leading = json_object_get(schema, "prefixItems");
	const json_t *items = json_object_get(schema, "items");
	if (leading) {
		buf_add_char(w->out, '[');
		for (size_t i = 0; i < json_array_size(leading); i++) {
			buf_add_cstr(w->out, i ? ", " : "");
			write_schema(w, json_array_get(leading, i));
		}
		if (items && !json_is_false(items)) {
			buf_add_cstr(w->out, ", ...");
			write_schema(w, items);
		}
		buf_add_char(w->out, ']');
	} else {
		buf_add_cstr(w->out, "Array<");
		write_schema(w, items);
		buf_add_char(w->out, '>');
	}
	write_range(w, schema, "minItems", "maxItems");
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Keys of an object, sorted; owned, NULL without memory. */
static const char **sorted_keys(const json_t *object, size_t *ret_count)
{
	size_t count = json_object_size(object);
	const char **keys = calloc(count + 1, sizeof *keys);
	void *at = json_object_iter((json_t *)(uintptr_t)object);
	for (size_t i = 0; keys && at && i < count; i++) {
		keys[i] = json_object_iter_key(at);
		at = json_object_iter_next((json_t *)(uintptr_t)object, at);
	}
	if (keys)
		qsort(keys, count, sizeof *keys, by_text);
	*ret_count = count;
	return keys;
}

static bool is_required(const json_t *schema, const char *name)
{
	const json_t *required = json_object_get(schema, "required");
	for (size_t i = 0; i < json_array_size(required); i++) {
		const char *item = json_string_value(json_array_get(required, i));
		if (item && strcmp(item, name) == 0)
			return true;
	}
	return false;
}

static void write_object(struct writing *w, const json_t *schema)
{
	const json_t *properties = json_object_get(schema, "properties");
	const json_t *others = json_object_get(schema, "additionalProperties");
	size_t count = 0;
	const char **keys = sorted_keys(properties, &count);
	if (!keys) {
		w->out->failed = true;
		return;
	}
	const char *between = "{ ";
	for (size_t i = 0; i < count; i++) {
		buf_printf(w->out, "%s%s%s: ", between, keys[i], is_required(schema, keys[i]) ? "" : "?");
		write_schema(w, json_object_get(properties, keys[i]));
		between = "; ";
	}
	if (others && !json_is_false(others)) {
		buf_printf(w->out, "%s[key: string]: ", between);
		write_schema(w, others);
		between = "; ";
	}
	buf_add_cstr(w->out, between[0] == '{' ? "{}" : " }");
	free(keys);
}

static void write_options(struct writing *w, const json_t *options, const char *between)
{
	for (size_t i = 0; i < json_array_size(options); i++) {
		buf_add_cstr(w->out, i ? between : "");
		write_schema(w, json_array_get(options, i));
	}
}

static void write_literal(struct writing *w, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	buf_add_cstr(w->out, text ? text : "?");
	free(text);
}

static void write_typed(struct writing *w, const json_t *schema, const char *type)
{
	if (strcmp(type, "string") == 0) {
		write_string(w, schema);
	} else if (strcmp(type, "array") == 0) {
		write_array(w, schema);
	} else if (strcmp(type, "object") == 0) {
		write_object(w, schema);
	} else {
		buf_add_cstr(w->out, type);
		write_range(w, schema, "minimum", "maximum");
	}
}

static void write_types(struct writing *w, const json_t *schema, const json_t *type)
{
	if (json_is_string(type)) {
		write_typed(w, schema, json_string_value(type));
		return;
	}
	for (size_t i = 0; i < json_array_size(type); i++) {
		const char *one = json_string_value(json_array_get(type, i));
		buf_add_cstr(w->out, i ? " | " : "");
		write_typed(w, schema, one ? one : "?");
	}
}

static void write_inner(struct writing *w, const json_t *schema)
{
	const json_t *found;
	const char *ref = text_of(schema, "$ref");
	if (ref) {
		const char *slash = strrchr(ref, '/');
		buf_add_cstr(w->out, slash ? slash + 1 : ref);
	} else if ((found = json_object_get(schema, "const")) != NULL) {
		write_literal(w, found);
	} else if ((found = json_object_get(schema, "enum")) != NULL) {
		for (size_t i = 0; i < json_array_size(found); i++) {
			buf_add_cstr(w->out, i ? " | " : "");
			write_literal(w, json_array_get(found, i));
		}
	} else if ((found = json_object_get(schema, "anyOf")) != NULL ||
		   (found = json_object_get(schema, "oneOf")) != NULL) {
		write_options(w, found, " | ");
	} else if ((found = json_object_get(schema, "allOf")) != NULL) {
		write_options(w, found, " & ");
	} else if ((found = json_object_get(schema, "type")) != NULL) {
		write_types(w, schema, found);
	} else {
		buf_add_cstr(w->out, json_is_false(schema) ? "never" : "unknown");
	}
}

static void write_schema(struct writing *w, const json_t *schema)
{
	if (w->depth == DEPTH_MAX) {
		buf_add_cstr(w->out, "...");
		return;
	}
	w->depth++;
	write_inner(w, schema);
	if (json_is_true(json_object_get(schema, "x-ward-pii")))
		buf_add_cstr(w->out, " @pii");
	if (json_is_true(json_object_get(schema, "x-ward-secret")))
		buf_add_cstr(w->out, " @secret");
	w->depth--;
}

/* Named types after the signature: "Node where Node = { next: Node | null }". */
static void write_definitions(struct writing *w)
{
	const json_t *definitions = json_object_get(w->root, "$defs");
	size_t count = 0;
	const char **names = sorted_keys(definitions, &count);
	if (!names)
		w->out->failed = true;
	for (size_t i = 0; names && i < count; i++) {
		buf_printf(w->out, "%s %s = ", i ? "," : " where", names[i]);
		write_schema(w, json_object_get(definitions, names[i]));
	}
	free(names);
}

static json_t *load(struct slice schema, struct error *err)
{
	json_error_t why;
	json_t *root = json_loadb(schema.ptr, schema.len, JSON_DECODE_ANY, &why);
	if (!root)
		ignore_result(error_set(err, ERR_INVALID, "a schema is not JSON: %s", why.text));
	return root;
}

result signature_write(struct slice schema, struct buf *out, struct error *err)
{
	json_t *root = load(schema, err);
	if (!root)
		return (result){ERR_INVALID};
	struct writing w = {.out = out, .root = root};
	size_t start = out->len;
	write_schema(&w, root);
	write_definitions(&w);
	/* One line: what a pattern or literal brings in stays in it. */
	for (size_t i = start; i < out->len; i++)
		if ((unsigned char)out->ptr[i] < 0x20)
			out->ptr[i] = ' ';
	json_decref(root);
	return RESULT_OK;
}

static void drop_documentation(json_t *value)
{
	static const char *const words[] = {"title", "description", "examples", "$comment"};
	const char *key;
	json_t *member;
	size_t i;
	if (json_is_object(value)) {
		/* A property may have such a name: its value is then a schema, not a text. */
		for (i = 0; i < sizeof words / sizeof *words; i++)
			if (!json_is_object(json_object_get(value, words[i])))
				json_object_del(value, words[i]);
		json_object_foreach(value, key, member) drop_documentation(member);
	} else if (json_is_array(value)) {
		json_array_foreach(value, i, member) drop_documentation(member);
	}
}

result signature_fingerprint(struct slice schema, char ret_text[FINGERPRINT_TEXT_BYTES], struct error *err)
{
	unsigned char hash[crypto_generichash_BYTES_MIN];
	json_t *root = load(schema, err);
	if (!root)
		return (result){ERR_INVALID};
	drop_documentation(root);
	char *text = json_dumps(root, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	json_decref(root);
	if (!text)
		return error_set(err, ERR_MEMORY, "no memory for a fingerprint");
	(void)crypto_generichash(hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL, 0);
	free(text);
	(void)sodium_bin2hex(ret_text, FINGERPRINT_TEXT_BYTES, hash, (FINGERPRINT_TEXT_BYTES - 1) / 2);
	return RESULT_OK;
}
