/* Two contracts of one app, as callers see them. */
#include "app/contract/compat.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/checks.h"
#include "app/contract/compat_types.h"
#include "os/fd.h"

#define BREAKS_MAX 10000u

struct telling {
	struct arena *arena;
	struct compat_break *items;
	size_t count, room;
	struct slice function;
	bool failed;
};

static void add(struct telling *t, struct slice where, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void add(struct telling *t, struct slice where, const char *fmt, ...)
{
	CLEANUP_BUF struct buf text = BUF_INIT(140000);
	va_list args;
	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	if (t->count == t->room) {
		size_t room = t->room ? t->room * 2 : 32;
		struct compat_break *items =
		    room <= BREAKS_MAX ? realloc(t->items, room * sizeof *items) : NULL;
		if (!items) {
			t->failed = true;
			return;
		}
		t->items = items;
		t->room = room;
	}
	struct compat_break b = {
	    t->function, arena_copy(t->arena, where), arena_copy(t->arena, buf_slice(&text))};
	t->failed |= !b.where.ptr || !b.text.ptr;
	t->items[t->count++] = b;
}

static void tell_type(void *context, struct slice where, struct slice before, struct slice after)
{
	struct telling *t = context;
	bool input = slice_starts(where, SLICE("input"));
	if (before.len && after.len)
		add(t, where, "%.*s became %.*s", SLICE_ARG(before), SLICE_ARG(after));
	else if (after.len)
		add(t, where, input ? "is now required: %.*s" : "may now be there: %.*s", SLICE_ARG(after));
	else
		add(t, where, input ? "is no longer taken: %.*s" : "is no longer always there: %.*s",
		    SLICE_ARG(before));
}

static const struct app_error *error_named(const struct app_function *f, struct slice name)
{
	for (size_t i = 0; i < f->error_count; i++)
		if (slice_eq(f->errors[i].name, name))
			return &f->errors[i];
	return NULL;
}

/* New errors break nobody: a client has to expect errors that it does not know. */
static result compare_errors(
    struct telling *t, const struct app_function *before, const struct app_function *after, struct error *err)
{
	for (size_t i = 0; i < before->error_count; i++) {
		const struct app_error *old = &before->errors[i];
		const struct app_error *now = error_named(after, old->name);
		char where[128];
		(void)snprintf(where, sizeof where, "error %.*s", SLICE_ARG(old->name));
		if (!now)
			continue;
		if (now->status != old->status)
			add(t, slice_cstr(where), "status %u became %u", old->status, now->status);
		TRY(compat_types(old->schema, now->schema, COMPAT_OUTPUT, where, tell_type, t, err));
	}
	return RESULT_OK;
}

static void compare_route(
    struct telling *t, const struct manifest_route *before, const struct manifest_route *after)
{
	if (!before->present)
		return;
	if (!after->present)
		add(t, SLICE("route"), "%s %.*s is gone", http_method_name(before->method),
		    SLICE_ARG(before->path));
	else if (before->method != after->method || !slice_eq(before->path, after->path))
		add(t, SLICE("route"), "%s %.*s became %s %.*s", http_method_name(before->method),
		    SLICE_ARG(before->path), http_method_name(after->method), SLICE_ARG(after->path));
}

static bool is_stricter(const struct manifest_access *before, const struct manifest_access *after)
{
	bool same = before->kind == after->kind && slice_eq(before->name, after->name);
	bool looser = after->kind == AUTH_PUBLIC || (after->kind == AUTH_USER && before->kind == AUTH_ROLE);
	return (!same && !looser) || (after->mfa && !before->mfa) || (after->tenant && !before->tenant) ||
	       (after->fresh_us && (!before->fresh_us || after->fresh_us < before->fresh_us));
}

static void compare_access(
    struct telling *t, const struct manifest_access *before, const struct manifest_access *after)
{
	CLEANUP_BUF struct buf a = BUF_INIT(1024);
	CLEANUP_BUF struct buf b = BUF_INIT(1024);
	if (!is_stricter(before, after))
		return;
	manifest_access_text(before, &a);
	manifest_access_text(after, &b);
	add(t, SLICE("auth"), "%s became %s", buf_cstr(&a), buf_cstr(&b));
}

static result compare_function(
    struct telling *t, const struct app_function *before, const struct app_function *after, struct error *err)
{
	t->function = arena_copy(t->arena, before->contract.name);
	if (!after) {
		add(t, SLICE("function"), "is gone");
		return RESULT_OK;
	}
	compare_route(t, &before->contract.http, &after->contract.http);
	compare_access(t, &before->contract.auth, &after->contract.auth);
	TRY(compat_types(before->input, after->input, COMPAT_INPUT, "input", tell_type, t, err));
	TRY(compat_types(before->output, after->output, COMPAT_OUTPUT, "output", tell_type, t, err));
	return compare_errors(t, before, after, err);
}

result compat_compare(const struct app_contract *before, const struct app_contract *after,
    struct arena *arena, struct error *err, struct compat_breaks *ret)
{
	struct telling t = {.arena = arena};
	result r = RESULT_OK;
	for (size_t i = 0; is_ok(r) && i < before->function_count; i++) {
		const struct app_function *f = &before->functions[i];
		r = compare_function(&t, f, app_contract_find(after, f->contract.name), err);
	}
	struct compat_break *items = arena_array(arena, t.count + 1, sizeof *items);
	if (is_ok(r) && (t.failed || !items))
		r = error_set(err, ERR_MEMORY, "there are too many breaking changes to list");
	if (is_ok(r)) {
		if (t.count)
			memcpy(items, t.items, t.count * sizeof *items);
		*ret = (struct compat_breaks){items, t.count};
	}
	free(t.items);
	return r;
}

result compat_deployed(const char *state_dir, struct slice app_json, struct error *err)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/" DEPLOYED_FILE, state_dir);
	if (n < 0 || (size_t)n >= sizeof path)
		return error_set(err, ERR_LIMIT, "the state directory's path is too long");
	return file_write_atomic(path, app_json, 0600, err);
}

result compat_check(const char *state_dir, const struct app_contract *contract,
    struct diagnostics *diagnostics, struct error *err)
{
	char path[PATH_MAX];
	struct slice text;
	struct app_contract deployed;
	struct compat_breaks breaks;
	struct error other = {0};
	CLEANUP_ARENA struct arena arena = ARENA_INIT(256u << 20);
	int n = snprintf(path, sizeof path, "%s/" DEPLOYED_FILE, state_dir);
	if (n < 0 || (size_t)n >= sizeof path || !is_ok(file_read(path, APP_JSON_BYTES_MAX, NULL, &text)))
		return RESULT_OK;
	result r = app_contract_parse(text, &arena, &other, &deployed);
	free((char *)(uintptr_t)text.ptr);
	if (!is_ok(r))
		return RESULT_OK;
	TRY(compat_compare(&deployed, contract, &arena, err, &breaks));
	for (size_t i = 0; i < breaks.count; i++) {
		const struct compat_break *b = &breaks.items[i];
		const struct app_function *f = app_contract_find(contract, b->function);
		refuse_place(diagnostics, f ? f->contract.place : (struct text_place){0}, DIAGNOSTIC_WARNING,
		    "breaking-change", "callers of the deployed app rely on it", "%.*s: %.*s: %.*s",
		    SLICE_ARG(b->function), SLICE_ARG(b->where), SLICE_ARG(b->text));
	}
	return RESULT_OK;
}
