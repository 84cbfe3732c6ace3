/* Files: what their schemas become, how they are judged, and how they are written into an input. */
#include "contract/file.h"

#include <stdio.h>

#include "contract/compile.h"
#include "contract/sniff.h"

#define FILE_TYPES_MAX 16u

struct file_rules {
	const struct file_kind *kinds[FILE_TYPES_MAX];
	uint32_t kind_count;
	uint32_t bytes_max;
};

static result read_types(struct compile *c, const struct value_item *list, struct file_rules *rules)
{
	struct slice rest = list->text;
	struct value_item item;
	for (uint32_t i = 0; i < list->count && value_read(&rest, &item); i++) {
		const struct file_kind *kind = item_is_text(&item) ? file_kind_find(item.text) : NULL;
		if (!kind || rules->kind_count == FILE_TYPES_MAX)
			return compile_fail(c, "x-ward-file names a type that no upload can be of");
		rules->kinds[rules->kind_count++] = kind;
	}
	return rules->kind_count > 0 ? RESULT_OK : compile_fail(c, "x-ward-file names no type");
}

static bool has_members(const struct type *t)
{
	static const struct slice names[] = {{"name", 4}, {"type", 4}, {"size", 4}, {"bytes", 5}};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int at = object_property(t->object, names[i]);
		if (at < 0 || !t->object->properties[at].declared)
			return false;
	}
	return t->kinds == KIND_OBJECT && t->object->count == sizeof names / sizeof *names;
}

result compile_file(struct compile *c, const struct value_item *schema, struct type *t)
{
	struct value_item file, types, most;
	if (!schema_get(schema, "x-ward-file", NULL, &file))
		return RESULT_OK;
	if (file.tag != VALUE_OBJECT || !schema_get(&file, "types", NULL, &types) ||
	    types.tag != VALUE_ARRAY || !schema_get(&file, "maxBytes", NULL, &most) ||
	    most.tag != VALUE_INT || most.integer < 1 || most.integer > FILE_BYTES_MAX || !has_members(t))
		return compile_fail(c,
		    "x-ward-file must have types and maxBytes (at most %u), on an object with name, type, "
		    "size and bytes",
		    FILE_BYTES_MAX);
	struct file_rules *rules = arena_zalloc(&c->set->arena, sizeof *rules);
	if (!rules)
		return compile_too_large(c);
	rules->bytes_max = (uint32_t)most.integer;
	TRY(read_types(c, &types, rules));
	t->file = rules;
	return RESULT_OK;
}

size_t file_bytes_max(const struct file_rules *rules)
{
	return rules->bytes_max;
}

static const struct type *file_of(const struct type *type)
{
	if (type->kinds == KIND_ARRAY && type->array && type->array->items)
		type = type->array->items;
	return type->file ? type : NULL;
}

const struct type *type_file(const struct type *input, struct slice name)
{
	if (!name.ptr)
		return input->file ? input : NULL;
	int at = object_property(input->object, name);
	return at >= 0 && input->object->properties[at].declared && !input->file
		   ? file_of(input->object->properties[at].type)
		   : NULL;
}

struct type_upload type_upload(const struct type *input)
{
	struct type_upload upload = {.takes = input->file, .raw = input->file};
	uint32_t files = 0;
	for (uint32_t i = 0; input->object && !input->file && i < input->object->count; i++) {
		const struct property *p = &input->object->properties[i];
		if (!p->declared || !file_of(p->type))
			continue;
		upload.takes = true;
		upload.raw = ++files == 1 && p->type->file;
		upload.raw_member = p->name;
	}
	return upload;
}

static void list_types(const struct file_rules *rules, struct buf *out)
{
	for (uint32_t i = 0; i < rules->kind_count; i++) {
		struct slice type = file_kind_type(rules->kinds[i]);
		buf_printf(out, "%s%.*s",
		    i == 0			 ? ""
		    : i + 1 == rules->kind_count ? " or "
						 : ", ",
		    SLICE_ARG(type));
	}
}

enum file_verdict file_check(
    const struct type *file, struct slice media_type, struct slice bytes, char ret_words[FILE_WORDS_MAX])
{
	const struct file_rules *rules = file->file;
	const struct file_kind *said = file_kind_find(slice_trim(slice_cut(&media_type, ';')));
	bool taken = false;
	for (uint32_t i = 0; i < rules->kind_count; i++)
		taken |= rules->kinds[i] == said;
	if (!taken) {
		CLEANUP_BUF struct buf types = BUF_INIT(FILE_WORDS_MAX);
		list_types(rules, &types);
		(void)snprintf(
		    ret_words, FILE_WORDS_MAX, "must be a file of type %.*s", SLICE_ARG(buf_slice(&types)));
		return FILE_OTHER_TYPE;
	}
	if (bytes.len > rules->bytes_max) {
		(void)snprintf(ret_words, FILE_WORDS_MAX, "must have at most %u bytes, and has %zu",
		    rules->bytes_max, bytes.len);
		return FILE_TOO_LARGE;
	}
	const char *refusal = file_kind_refusal(said, bytes);
	if (!refusal)
		return FILE_FINE;
	(void)snprintf(ret_words, FILE_WORDS_MAX, "is sent as %.*s, but its content %s",
	    SLICE_ARG(file_kind_type(said)), refusal);
	return FILE_NOT_AS_SAID;
}

static bool put(struct decode *d, const void *bytes, size_t n)
{
	if (!json_room(&d->json, n))
		return false;
	if (n > 0)
		memcpy(d->json.w, bytes, n);
	d->json.w += n;
	return true;
}

static bool put_key(struct decode *d, const struct type *type, struct slice name)
{
	uint16_t id = type->object->properties[object_property(type->object, name)].id;
	return put(d, &id, sizeof id);
}

static bool put_long(struct decode *d, enum value_tag tag, struct slice bytes)
{
	char head[5] = {(char)tag};
	uint32_t n = (uint32_t)bytes.len;
	memcpy(head + 1, &n, sizeof n);
	return put(d, head, sizeof head) && put(d, bytes.ptr, bytes.len);
}

bool decode_file(struct decode *d, const struct type *type, const struct value_file *file, struct slice bytes,
    const struct step *step)
{
	size_t head;
	int64_t size = (int64_t)bytes.len;
	struct slice media_type = file->type;
	const struct file_kind *kind = file_kind_find(slice_trim(slice_cut(&media_type, ';')));
	if (!type->file || !kind || bytes.len > type->file->bytes_max)
		return decode_problem(d, step, "takes no file", SLICE_NONE);
	return decode_begin(d, VALUE_OBJECT, &head) && put_key(d, type, SLICE("name")) &&
	       put_long(d, VALUE_STR, file->name) && put_key(d, type, SLICE("type")) &&
	       put_long(d, VALUE_ASCII, file_kind_type(kind)) && put_key(d, type, SLICE("size")) &&
	       decode_put(d, VALUE_INT, &size) && put_key(d, type, SLICE("bytes")) &&
	       put_long(d, VALUE_BYTES, bytes) && decode_end(d, head, 4);
}

result value_from_file(const struct type *input, const struct value_file *file, struct slice bytes,
    struct buf *out, struct problems *problems)
{
	struct decode d;
	decode_init(&d, input->set, SLICE_NONE, out, problems);
	(void)decode_file(&d, input, file, bytes, NULL);
	return decode_finish(&d);
}
