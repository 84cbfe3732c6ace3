/* What the readers of lockfiles share (lock.h): the list, the lines, and which reader a file wants. */
#include "review/deps/lock.h"

#include <stdlib.h>

#include "review/file_set.h"

enum lock_kind lock_kind_of(struct slice path, struct slice text)
{
	struct slice base = path_base(path);
	if (slice_eq_cstr(base, "package-lock.json") || slice_eq_cstr(base, "npm-shrinkwrap.json"))
		return LOCK_NPM;
	if (slice_eq_cstr(base, "pnpm-lock.yaml"))
		return LOCK_PNPM;
	if (!slice_eq_cstr(base, "yarn.lock"))
		return LOCK_NONE;
	return text.len && memmem(text.ptr, text.len, "__metadata:", 11) ? LOCK_YARN_BERRY
									 : LOCK_YARN_CLASSIC;
}

struct dep *lockfile_add(struct lockfile *lock, struct error *err)
{
	if (lock->count == lock->size) {
		size_t size = lock->size ? lock->size * 2 : 64;
		if (lock->count >= LOCK_DEPS_MAX) {
			ignore_result(error_set(err, ERR_LIMIT, "more than %u packages", LOCK_DEPS_MAX));
			return NULL;
		}
		struct dep *deps = realloc(lock->deps, size * sizeof(*deps));
		if (!deps) {
			ignore_result(error_set(err, ERR_MEMORY, "no memory for a lockfile"));
			return NULL;
		}
		lock->deps = deps;
		lock->size = size;
	}
	struct dep *dep = &lock->deps[lock->count++];
	*dep = (struct dep){.kind = lock->kind};
	return dep;
}

void lockfile_done(struct lockfile *lock)
{
	free(lock->deps);
	*lock = (struct lockfile){0};
}

result lockfile_parse(
    struct slice path, struct slice text, struct arena *arena, struct error *err, struct lockfile *ret_lock)
{
	struct lockfile lock = {.kind = lock_kind_of(path, text), .file = arena_copy(arena, path)};
	/* Slices of the entries point into this copy. */
	struct slice copy = arena_copy(arena, text);
	if (!copy.ptr || !lock.file.ptr)
		return error_set(err, ERR_MEMORY, "no memory for %.*s", SLICE_ARG(path));
	result r = RESULT_OK;
	if (lock.kind == LOCK_NPM)
		r = lockfile_parse_npm(copy, arena, err, &lock);
	else if (lock.kind == LOCK_PNPM)
		r = lockfile_parse_pnpm(copy, arena, err, &lock);
	else if (lock.kind != LOCK_NONE)
		r = lockfile_parse_yarn(copy, arena, err, &lock);
	if (!is_ok(r)) {
		lockfile_done(&lock);
		return r;
	}
	*ret_lock = lock;
	return RESULT_OK;
}

struct slice unquoted(struct slice s)
{
	if (s.len >= 2 && (s.ptr[0] == '"' || s.ptr[0] == '\'') && s.ptr[s.len - 1] == s.ptr[0])
		return slice_of(s.ptr + 1, s.len - 2);
	return s;
}

struct slice descriptor_name(struct slice descriptor)
{
	for (size_t i = 1; i < descriptor.len; i++)
		if (descriptor.ptr[i] == '@')
			return slice_of(descriptor.ptr, i);
	return descriptor;
}

/* The ':' that ends a key: outside quotes, at the end or before a blank. */
static size_t key_end(struct slice s)
{
	char quote = '\0';
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (quote)
			quote = c == quote ? '\0' : quote;
		else if ((c == '"' || c == '\'') && (i == 0 || s.ptr[i - 1] == ' ' || s.ptr[i - 1] == ','))
			quote = c;
		else if (c == ':' && (i + 1 == s.len || s.ptr[i + 1] == ' '))
			return i;
	}
	return s.len;
}

bool lock_line_next(struct slice *rest, uint32_t *line, struct lock_line *ret)
{
	while (rest->ptr) {
		struct slice text = slice_cut(rest, '\n');
		uint32_t indent = 0;
		(*line)++;
		while (indent < text.len && text.ptr[indent] == ' ')
			indent++;
		struct slice body = slice_trim(text);
		if (body.len == 0 || body.ptr[0] == '#')
			continue;
		*ret = (struct lock_line){.line = *line, .indent = indent};
		if (slice_starts(body, SLICE("- "))) {
			ret->item = true;
			body = slice_trim(slice_of(body.ptr + 2, body.len - 2));
		}
		size_t end = key_end(body);
		ret->key = unquoted(slice_of(body.ptr, end));
		ret->opens = end + 1 == body.len;
		if (end + 1 < body.len)
			ret->value = unquoted(slice_trim(slice_of(body.ptr + end + 1, body.len - end - 1)));
		return true;
	}
	return false;
}

static result no_room(struct error *err)
{
	return error_set(err, ERR_MEMORY, "no memory for a lockfile");
}

result lock_wants_add(
    struct lock_wants *w, struct arena *arena, struct slice name, struct slice version, struct error *err)
{
	if (w->count == w->size) {
		size_t size = w->size ? w->size * 2 : 64;
		struct slice *items = arena_array(arena, size, sizeof(*items));
		if (!items)
			return no_room(err);
		if (w->count)
			memcpy(items, w->items, w->count * sizeof(*items));
		w->items = items;
		w->size = size;
	}
	const char *key = arena_printf(arena, "%.*s@%.*s", SLICE_ARG(name), SLICE_ARG(version));
	if (!key)
		return no_room(err);
	w->items[w->count++] = slice_cstr(key);
	return RESULT_OK;
}

result lock_wants_end(struct lock_wants *w, struct arena *arena, struct dep *dep, struct error *err)
{
	if (dep && w->count) {
		dep->wants = arena_array(arena, w->count, sizeof(*dep->wants));
		if (!dep->wants)
			return no_room(err);
		memcpy(dep->wants, w->items, w->count * sizeof(*dep->wants));
		dep->want_count = w->count;
	}
	w->count = 0;
	return RESULT_OK;
}
