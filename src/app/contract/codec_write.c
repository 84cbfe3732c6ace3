/* Structs to JSON by table. */
#include "app/contract/codec.h"

static void write_record(
    struct json_writer *w, const struct record *record, const char *from, bool for_worker);

static size_t count_at(const struct field *f, const char *from)
{
	return *(const size_t *)(const void *)(from + f->count_offset);
}

static uint64_t number_at(const struct field *f, const char *from)
{
	const void *at = from + f->offset;
	switch ((int)f->kind) {
	case FIELD_U64:
		return *(const uint64_t *)at;
	case FIELD_U16:
		return *(const uint16_t *)at;
	case FIELD_BOOL:
		return *(const bool *)at;
	default:
		return *(const uint32_t *)at; /* U32, BITS, ENUM */
	}
}

static bool is_empty(const struct field *f, const char *from)
{
	const void *at = from + f->offset;
	switch ((int)f->kind) {
	case FIELD_TEXT:
		return ((const struct slice *)at)->len == 0;
	case FIELD_JSON:
		return !((const struct slice *)at)->ptr;
	case FIELD_TEXTS:
		return ((const struct slice_list *)at)->count == 0;
	case FIELD_GROUP:
		return f->present_offset && !*(const bool *)(from + f->present_offset);
	case FIELD_LIST:
	case FIELD_MAP:
		return count_at(f, from) == 0;
	default:
		return number_at(f, from) == 0;
	}
}

static void write_items(struct json_writer *w, const struct field *f, const char *from, bool for_worker)
{
	const char *items = *(const char *const *)(const void *)(from + f->offset);
	bool map = f->kind == FIELD_MAP;
	json_begin(w, map ? '{' : '[');
	for (size_t i = 0; i < count_at(f, from); i++) {
		const char *item = items + i * f->record->size;
		if (map)
			json_key(w, *(const struct slice *)(const void *)(item + f->record->name_offset));
		write_record(w, f->record, item, for_worker);
	}
	json_end(w, map ? '}' : ']');
}

static void write_bits(struct json_writer *w, const struct field *f, uint32_t bits)
{
	json_begin(w, '[');
	for (unsigned i = 0; i < f->values; i++)
		if (bits & 1u << i)
			json_text(w, slice_cstr(f->value_name(i)));
	json_end(w, ']');
}

static void write_value(struct json_writer *w, const struct field *f, const char *from, bool for_worker)
{
	const void *at = from + f->offset;
	switch (f->kind) {
	case FIELD_TEXT:
		json_text(w, *(const struct slice *)at);
		break;
	case FIELD_JSON:
		json_raw(w, *(const struct slice *)at);
		break;
	case FIELD_TEXTS:
		json_texts(w, at);
		break;
	case FIELD_BOOL:
		json_bool(w, *(const bool *)at);
		break;
	case FIELD_ENUM:
		json_text(w, slice_cstr(f->value_name((unsigned)number_at(f, from))));
		break;
	case FIELD_BITS:
		write_bits(w, f, (uint32_t)number_at(f, from));
		break;
	case FIELD_GROUP:
		write_record(w, f->record, at, for_worker);
		break;
	case FIELD_LIST:
	case FIELD_MAP:
		write_items(w, f, from, for_worker);
		break;
	case FIELD_U64:
	case FIELD_U32:
	case FIELD_U16:
		json_uint(w, number_at(f, from));
		break;
	}
}

static void write_record(
    struct json_writer *w, const struct record *record, const char *from, bool for_worker)
{
	json_begin(w, '{');
	for (size_t i = 0; i < record->count; i++) {
		const struct field *f = &record->fields[i];
		if ((for_worker && f->not_for_worker) || (!f->required && is_empty(f, from)))
			continue;
		json_key(w, slice_cstr(f->name));
		write_value(w, f, from, for_worker);
	}
	json_end(w, '}');
}

void codec_write(struct json_writer *w, const struct record *record, const void *from, bool for_worker)
{
	write_record(w, record, from, for_worker);
}
