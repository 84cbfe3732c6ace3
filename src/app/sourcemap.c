/* Source maps of bundles, decoded when first needed. Called by the supervisor for stacks; trusts the map for nothing. */
#include "app/sourcemap.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"

#define SEGMENTS_MAX (4u << 20)
#define FILES_MAX 65536u

struct segment {
	uint32_t line;	 /* of the bundle, from 0 */
	uint32_t column; /* of the bundle, from 0 */
	uint32_t file;
	uint32_t source_line;
	uint32_t source_column;
};

struct sourcemap {
	struct segment *segments; /* ordered by line and column */
	size_t count, size;
	char **files;
	size_t file_count;
};

/* One variable-length number: groups of five bits, least first, the sign in the lowest bit. */
static bool read_number(struct slice *at, int64_t *ret)
{
	uint64_t value = 0;
	for (unsigned shift = 0; at->len > 0 && shift < 35; shift += 5) {
		int digit = base64_digit(at->ptr[0]);
		if (digit < 0)
			return false;
		at->ptr++;
		at->len--;
		value |= (uint64_t)(digit & 31) << shift;
		if (!(digit & 32)) {
			*ret = value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
			return true;
		}
	}
	return false;
}

static bool add_segment(struct sourcemap *map, const struct segment *segment)
{
	if (map->count == map->size) {
		size_t size = map->size ? map->size * 2 : 1024;
		struct segment *grown = size <= SEGMENTS_MAX ? realloc(map->segments, size * sizeof *grown) : NULL;
		if (!grown)
			return false;
		map->segments = grown;
		map->size = size;
	}
	map->segments[map->count++] = *segment;
	return true;
}

/* The running values that a segment's numbers are differences to. */
struct cursor {
	int64_t column, file, source_line, source_column;
};

static bool in_range(int64_t value)
{
	return value >= 0 && value < INT32_MAX;
}

static bool read_segment(struct sourcemap *map, struct slice text, uint32_t line, struct cursor *c)
{
	int64_t numbers[5];
	size_t count = 0;
	while (text.len > 0)
		if (count == 5 || !read_number(&text, &numbers[count++]))
			return false;
	if (count == 0)
		return false;
	c->column += numbers[0];
	if (count == 1)
		return in_range(c->column);
	if (count < 4)
		return false;
	c->file += numbers[1];
	c->source_line += numbers[2];
	c->source_column += numbers[3];
	if (!in_range(c->column) || !in_range(c->source_line) || !in_range(c->source_column) || c->file < 0 ||
	    (uint64_t)c->file >= map->file_count)
		return false;
	const struct segment segment = {line, (uint32_t)c->column, (uint32_t)c->file, (uint32_t)c->source_line,
	    (uint32_t)c->source_column};
	return add_segment(map, &segment);
}

static bool read_mappings(struct sourcemap *map, struct slice text)
{
	struct cursor cursor = {0};
	struct slice lines = text;
	for (uint32_t line = 0; lines.ptr; line++) {
		struct slice segments = slice_cut(&lines, ';');
		cursor.column = 0;
		while (segments.ptr && segments.len > 0) {
			struct slice segment = slice_cut(&segments, ',');
			if (segment.len > 0 && !read_segment(map, segment, line, &cursor))
				return false;
		}
	}
	return true;
}

static bool read_files(struct sourcemap *map, const json_t *sources)
{
	size_t count = json_array_size(sources);
	map->files = count <= FILES_MAX ? calloc(count + 1, sizeof *map->files) : NULL;
	if (!map->files)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *name = json_string_value(json_array_get(sources, i));
		while (name && strncmp(name, "../", 3) == 0)
			name += 3;
		map->files[map->file_count++] = strdup(name ? name : "?");
		if (!map->files[map->file_count - 1])
			return false;
	}
	return true;
}

static result fill(struct sourcemap *map, const json_t *root, struct error *err)
{
	const json_t *mappings = json_object_get(root, "mappings");
	if (json_integer_value(json_object_get(root, "version")) != 3 || !json_is_string(mappings))
		return error_set(err, ERR_INVALID, "not a source map of version 3");
	if (!read_files(map, json_object_get(root, "sources")))
		return error_set(err, ERR_INVALID, "the source map's list of files is wrong or too long");
	if (!read_mappings(map, slice_of(json_string_value(mappings), json_string_length(mappings))))
		return error_set(err, ERR_INVALID, "the source map's mappings are damaged or too many");
	return RESULT_OK;
}

result sourcemap_parse(struct slice text, struct error *err, struct sourcemap **ret)
{
	struct sourcemap *map = calloc(1, sizeof *map);
	json_t *root = json_loadb(text.ptr ? text.ptr : "", text.len, 0, NULL);
	result r = !map    ? error_set(err, ERR_MEMORY, "no memory for a source map")
		   : !root ? error_set(err, ERR_INVALID, "the source map is not JSON")
			   : fill(map, root, err);
	json_decref(root);
	if (!is_ok(r)) {
		sourcemap_free(map);
		return r;
	}
	*ret = map;
	return RESULT_OK;
}

void sourcemap_free(struct sourcemap *map)
{
	if (!map)
		return;
	for (size_t i = 0; i < map->file_count; i++)
		free(map->files[i]);
	free(map->files);
	free(map->segments);
	free(map);
}

bool sourcemap_find(const struct sourcemap *map, uint32_t line, uint32_t column, struct source_position *ret)
{
	if (line == 0 || column == 0)
		return false;
	/* The last segment that does not begin after the position. */
	size_t low = 0;
	size_t high = map->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct segment *s = &map->segments[middle];
		if (s->line < line - 1 || (s->line == line - 1 && s->column <= column - 1))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || map->segments[low - 1].line != line - 1)
		return false;
	const struct segment *s = &map->segments[low - 1];
	*ret = (struct source_position){slice_cstr(map->files[s->file]), s->source_line + 1, s->source_column + 1};
	return true;
}

static bool read_decimal(struct slice *at, uint32_t *ret)
{
	size_t n = 0;
	uint64_t value = 0;
	while (n < at->len && n < 9 && at->ptr[n] >= '0' && at->ptr[n] <= '9')
		value = value * 10 + (uint64_t)(at->ptr[n++] - '0');
	at->ptr += n;
	at->len -= n;
	*ret = (uint32_t)value;
	return n > 0;
}

/* ":LINE:COLUMN" at the start of *at; moves past it. */
static bool read_position(struct slice *at, uint32_t *ret_line, uint32_t *ret_column)
{
	struct slice rest = *at;
	if (rest.len == 0 || rest.ptr[0] != ':')
		return false;
	rest = slice_of(rest.ptr + 1, rest.len - 1);
	if (!read_decimal(&rest, ret_line) || rest.len == 0 || rest.ptr[0] != ':')
		return false;
	rest = slice_of(rest.ptr + 1, rest.len - 1);
	if (!read_decimal(&rest, ret_column))
		return false;
	*at = rest;
	return true;
}

void sourcemap_apply(const struct sourcemap *map, struct slice bundle, struct slice text, struct buf *out)
{
	struct slice at = text;
	while (map && bundle.len > 0 && at.len >= bundle.len) {
		const char *found = memmem(at.ptr, at.len, bundle.ptr, bundle.len);
		if (!found)
			break;
		size_t before = (size_t)(found - at.ptr);
		struct slice after = slice_of(found + bundle.len, at.len - before - bundle.len);
		struct source_position position;
		uint32_t line, column;
		buf_add(out, at.ptr, before);
		if (read_position(&after, &line, &column) && sourcemap_find(map, line, column, &position)) {
			buf_printf(out, "%.*s:%u:%u", SLICE_ARG(position.file), position.line, position.column);
		} else {
			buf_add_slice(out, bundle);
			after = slice_of(found + bundle.len, at.len - before - bundle.len);
		}
		at = after;
	}
	buf_add_slice(out, at);
}
