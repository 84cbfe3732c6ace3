/* Collecting findings. Their texts come from files and from the compiler: data, never formats. */
#include "app/diagnostics/diagnostics.h"

#include <jansson.h>
#include <stdlib.h>

#define ARENA_BYTES (16u << 20)
#define JSON_LINE_MAX (64u << 10)

void diagnostics_init(struct diagnostics *d)
{
	*d = (struct diagnostics){0};
	arena_init(&d->arena, ARENA_BYTES);
}

void diagnostics_done(struct diagnostics *d)
{
	free(d->items);
	arena_done(&d->arena);
	*d = (struct diagnostics){0};
}

static bool grow(struct diagnostics *d)
{
	if (d->count < d->room)
		return true;
	size_t room = d->room ? d->room * 2 : 32;
	struct diagnostic *items = realloc(d->items, room * sizeof *items);
	if (!items)
		return false;
	d->items = items;
	d->room = room;
	return true;
}

void diagnostics_add(struct diagnostics *d, const struct diagnostic *item)
{
	if (item->severity == DIAGNOSTIC_ERROR)
		d->errors++;
	else
		d->warnings++;
	struct diagnostic copy = *item;
	copy.file = arena_copy(&d->arena, item->file);
	copy.code = arena_copy(&d->arena, item->code);
	copy.message = arena_copy(&d->arena, item->message);
	copy.hint = arena_copy(&d->arena, item->hint);
	bool whole = copy.file.ptr && copy.code.ptr && copy.message.ptr && copy.hint.ptr;
	if (!whole || d->count >= DIAGNOSTICS_MAX || !grow(d)) {
		d->dropped++;
		return;
	}
	d->items[d->count++] = copy;
}

void diagnostics_addf(struct diagnostics *d, const struct diagnostic *at, const char *code, const char *hint,
    const char *fmt, ...)
{
	CLEANUP_BUF struct buf text = BUF_INIT(8192);
	va_list args;
	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	struct diagnostic item = *at;
	item.code = slice_cstr(code);
	item.hint = slice_cstr(hint);
	item.message = buf_slice(&text);
	diagnostics_add(d, &item);
}

static struct slice member_text(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	return json_is_string(value) ? slice_of(json_string_value(value), json_string_length(value))
				     : SLICE_NONE;
}

static uint32_t member_number(const json_t *object, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(object, name));
	return n > 0 && n <= INT32_MAX ? (uint32_t)n : 0;
}

result diagnostics_add_json(struct diagnostics *d, struct slice line, struct error *err)
{
	json_error_t why;
	if (line.len > JSON_LINE_MAX)
		return error_set(err, ERR_LIMIT, "a diagnostic is longer than %u bytes", JSON_LINE_MAX);
	json_t *root = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES, &why);
	struct diagnostic item = {.file = member_text(root, "file"),
	    .line = member_number(root, "line"),
	    .column = member_number(root, "column"),
	    .length = member_number(root, "length"),
	    .utf16 = true,
	    .code = member_text(root, "code"),
	    .message = member_text(root, "message"),
	    .hint = member_text(root, "hint")};
	if (!item.message.ptr) {
		json_decref(root);
		return error_set(
		    err, ERR_INVALID, "the compiler printed what is no diagnostic: %.*s", SLICE_ARG(line));
	}
	if (slice_eq_cstr(member_text(root, "severity"), "warning"))
		item.severity = DIAGNOSTIC_WARNING;
	diagnostics_add(d, &item);
	json_decref(root);
	return RESULT_OK;
}

static int by_place(const void *a, const void *b)
{
	const struct diagnostic *x = a;
	const struct diagnostic *y = b;
	int files = slice_cmp(x->file, y->file);
	if (files)
		return files;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	int codes = slice_cmp(x->code, y->code);
	return codes ? codes : slice_cmp(x->message, y->message);
}

void diagnostics_sort(struct diagnostics *d)
{
	size_t kept = 0;
	if (d->count == 0)
		return;
	qsort(d->items, d->count, sizeof *d->items, by_place);
	for (size_t i = 1; i < d->count; i++) {
		if (by_place(&d->items[kept], &d->items[i]) != 0) {
			d->items[++kept] = d->items[i];
			continue;
		}
		size_t *counted = d->items[i].severity == DIAGNOSTIC_ERROR ? &d->errors : &d->warnings;
		(*counted)--;
	}
	d->count = kept + 1;
}

bool diagnostics_clean(const struct diagnostics *d)
{
	return d->errors == 0;
}
