/* JSON to structs by table. The text is hostile: processes read with this what they were handed. */
#include "app/contract/codec.h"

#include <jansson.h>
#include <stdlib.h>

#define TRAIL_MAX 8u
#define ITEMS_MAX 100000u
#define FIELDS_MAX 64u

struct source {
	struct arena *arena;
	struct error *err;
	const char *trail[TRAIL_MAX]; /* names from the root to here, for messages */
	size_t depth;
};

static result read_record(struct source *s, const struct record *record, json_t *json, char *to);

static result wrong(const struct source *s, const char *name, const char *what)
{
	char path[512] = "";
	size_t n = 0;
	for (size_t i = 0; i < s->depth && n < sizeof path; i++)
		n += (size_t)snprintf(path + n, sizeof path - n, "%.100s.", s->trail[i]);
	return error_set(s->err, ERR_INVALID, "%s%s %s", path, name, what);
}

static result no_memory(const struct source *s)
{
	return error_set(s->err, ERR_MEMORY, "no memory for a contract");
}

static result copy_text(struct source *s, const json_t *json, struct slice *ret)
{
	struct slice copy = arena_copy(s->arena, slice_of(json_string_value(json), json_string_length(json)));
	if (!copy.ptr)
		return no_memory(s);
	*ret = copy;
	return RESULT_OK;
}

static result read_text(struct source *s, const struct field *f, const json_t *json, struct slice *to)
{
	return json_is_string(json) ? copy_text(s, json, to) : wrong(s, f->name, "is no text");
}

static result read_number(struct source *s, const struct field *f, const json_t *json, void *to)
{
	uint64_t max = f->kind == FIELD_U16 ? UINT16_MAX : f->kind == FIELD_U32 ? UINT32_MAX : INT64_MAX;
	json_int_t value = json_integer_value(json);
	if (f->max)
		max = f->max;
	if (!json_is_integer(json) || value < 0 || (uint64_t)value > max)
		return wrong(s, f->name, "is no whole number within its bounds");
	if (f->kind == FIELD_U64)
		*(uint64_t *)to = (uint64_t)value;
	else if (f->kind == FIELD_U32)
		*(uint32_t *)to = (uint32_t)value;
	else
		*(uint16_t *)to = (uint16_t)value;
	return RESULT_OK;
}

static result value_of(struct source *s, const struct field *f, const json_t *json, unsigned *ret)
{
	for (unsigned i = 0; json_is_string(json) && i < f->values; i++)
		if (strcmp(json_string_value(json), f->value_name(i)) == 0) {
			*ret = i;
			return RESULT_OK;
		}
	return wrong(s, f->name, "is none of the words it may be");
}

static result read_bits(struct source *s, const struct field *f, const json_t *json, uint32_t *to)
{
	if (!json_is_array(json))
		return wrong(s, f->name, "is no list");
	for (size_t i = 0; i < json_array_size(json); i++) {
		unsigned value;
		TRY(value_of(s, f, json_array_get(json, i), &value));
		*to |= 1u << value;
	}
	return RESULT_OK;
}

static result read_texts(struct source *s, const struct field *f, const json_t *json, struct slice_list *to)
{
	size_t count = json_array_size(json);
	if (!json_is_array(json) || count > ITEMS_MAX)
		return wrong(s, f->name, "is no list");
	struct slice *items = arena_array(s->arena, count + 1, sizeof *items);
	if (!items)
		return no_memory(s);
	for (size_t i = 0; i < count; i++)
		TRY(read_text(s, f, json_array_get(json, i), &items[i]));
	*to = (struct slice_list){items, count};
	return RESULT_OK;
}

static result read_json(struct source *s, const struct field *f, const json_t *json, struct slice *to)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!text)
		return wrong(s, f->name, "cannot be written as JSON");
	struct slice copy = arena_copy(s->arena, slice_cstr(text));
	free(text);
	if (!copy.ptr)
		return no_memory(s);
	*to = copy;
	return RESULT_OK;
}

static result items_new(struct source *s, const struct field *f, size_t count, char *to, char **ret)
{
	if (count > (f->max ? f->max : ITEMS_MAX))
		return wrong(s, f->name, "has too many entries");
	char *items = arena_zalloc(s->arena, (count + 1) * f->record->size);
	if (!items)
		return no_memory(s);
	*(char **)(void *)(to + f->offset) = items;
	*(size_t *)(void *)(to + f->count_offset) = count;
	*ret = items;
	return RESULT_OK;
}

static result read_list(struct source *s, const struct field *f, json_t *json, char *to)
{
	char *items;
	if (!json_is_array(json))
		return wrong(s, f->name, "is no list");
	TRY(items_new(s, f, json_array_size(json), to, &items));
	for (size_t i = 0; i < json_array_size(json); i++)
		TRY(read_record(s, f->record, json_array_get(json, i), items + i * f->record->size));
	return RESULT_OK;
}

static result read_map(struct source *s, const struct field *f, json_t *json, char *to)
{
	char *items;
	const char *key;
	json_t *value;
	struct slice before = SLICE_NONE;
	if (!json_is_object(json))
		return wrong(s, f->name, "is no map");
	TRY(items_new(s, f, json_object_size(json), to, &items));
	json_object_foreach(json, key, value)
	{
		struct slice *name = (struct slice *)(void *)(items + f->record->name_offset);
		*name = arena_copy(s->arena, slice_cstr(key));
		if (!name->ptr)
			return no_memory(s);
		if (before.ptr && slice_cmp(before, *name) >= 0)
			return wrong(s, f->name, "is not sorted by name");
		before = *name;
		s->trail[s->depth++] = name->ptr;
		TRY(read_record(s, f->record, value, items));
		s->depth--;
		items += f->record->size;
	}
	return RESULT_OK;
}

static result read_group(struct source *s, const struct field *f, json_t *json, char *to)
{
	TRY(read_record(s, f->record, json, to + f->offset));
	if (f->present_offset)
		*(bool *)(to + f->present_offset) = true;
	return RESULT_OK;
}

static result read_bool(struct source *s, const struct field *f, const json_t *json, bool *to)
{
	if (!json_is_boolean(json))
		return wrong(s, f->name, "is neither true nor false");
	*to = json_is_true(json);
	return RESULT_OK;
}

static result read_value(struct source *s, const struct field *f, json_t *json, char *to)
{
	void *at = to + f->offset;
	switch (f->kind) {
	case FIELD_TEXT:
		return read_text(s, f, json, at);
	case FIELD_U64:
	case FIELD_U32:
	case FIELD_U16:
		return read_number(s, f, json, at);
	case FIELD_BOOL:
		return read_bool(s, f, json, at);
	case FIELD_ENUM:
		return value_of(s, f, json, at);
	case FIELD_BITS:
		return read_bits(s, f, json, at);
	case FIELD_TEXTS:
		return read_texts(s, f, json, at);
	case FIELD_JSON:
		return read_json(s, f, json, at);
	case FIELD_GROUP:
		return read_group(s, f, json, to);
	case FIELD_LIST:
		return read_list(s, f, json, to);
	case FIELD_MAP:
		return read_map(s, f, json, to);
	}
	return wrong(s, f->name, "is of no known kind");
}

static result read_record(struct source *s, const struct record *record, json_t *json, char *to)
{
	size_t taken = 0;
	if (!json_is_object(json) || s->depth + 1 >= TRAIL_MAX)
		return wrong(s, "", "is no object");
	for (size_t i = 0; i < record->count; i++) {
		const struct field *f = &record->fields[i];
		json_t *value = json_object_get(json, f->name);
		if (!value && f->required)
			return wrong(s, f->name, "is missing");
		if (!value)
			continue;
		taken++;
		s->trail[s->depth++] = f->name;
		s->depth -= f->kind < FIELD_GROUP;
		TRY(read_value(s, f, value, to));
		s->depth -= f->kind >= FIELD_GROUP;
	}
	if (taken != json_object_size(json))
		return wrong(s, "", "has members that nothing reads");
	return RESULT_OK;
}

result codec_read(
    struct slice text, const struct record *record, struct arena *arena, struct error *err, void *target)
{
	json_error_t why;
	json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &why);
	if (!root)
		return error_set(err, ERR_INVALID, "not JSON: %s (line %d)", why.text, why.line);
	struct source s = {.arena = arena, .err = err};
	result r = read_record(&s, record, root, target);
	json_decref(root);
	return r;
}
