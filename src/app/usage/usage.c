/* Used authority, kept over restarts and deploys: a grant keeps its time as long as its function has it. */
#include "app/usage/usage.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/contract/json_write.h"
#include "os/fd.h"

#define USAGE_FORMAT 1
#define USAGE_BYTES_MAX (16u << 20)
#define HOUR_MS (3600ll * 1000)
#define ARENA_BYTES (64u << 20)

struct usage {
	struct arena arena;
	char *path; /* NULL: not kept */
	int64_t since_ms;
	struct usage_grant *grants;
	size_t count;
	size_t *first; /* of each function */
	size_t function_count;
	int64_t *saved_ms; /* of each grant, as the file has it */
	bool changed;
};

static size_t grants_of(const struct app_function *f)
{
	const struct manifest_function *c = &f->contract;
	return c->queries.count + c->egress_count + c->secrets.count + c->publish.count;
}

static void add(struct usage *u, struct slice function, const char *kind, struct slice name, unsigned port)
{
	struct usage_grant *g = &u->grants[u->count++];
	char *what = port ? arena_printf(&u->arena, "%s %.*s:%u", kind, SLICE_ARG(name), port)
			  : arena_printf(&u->arena, "%s %.*s", kind, SLICE_ARG(name));
	*g = (struct usage_grant){.function = function, .what = slice_cstr(what)};
}

static void add_function(struct usage *u, const struct app_function *f)
{
	const struct manifest_function *c = &f->contract;
	struct slice name = arena_copy(&u->arena, c->name);
	for (size_t i = 0; i < c->queries.count; i++)
		add(u, name, "query", c->queries.items[i], 0);
	for (size_t i = 0; i < c->egress_count; i++)
		add(u, name, "host", c->egress[i].host, c->egress[i].port);
	for (size_t i = 0; i < c->secrets.count; i++)
		add(u, name, "secret", c->secrets.items[i], 0);
	for (size_t i = 0; i < c->publish.count; i++)
		add(u, name, "publish", c->publish.items[i], 0);
}

static result build(struct usage *u, const struct app_contract *contract, struct error *err)
{
	size_t total = 0;
	for (size_t i = 0; i < contract->function_count; i++)
		total += grants_of(&contract->functions[i]);
	u->function_count = contract->function_count;
	u->grants = arena_array(&u->arena, total + 1, sizeof *u->grants);
	u->saved_ms = arena_zalloc(&u->arena, (total + 1) * sizeof *u->saved_ms);
	u->first = arena_array(&u->arena, contract->function_count + 1, sizeof *u->first);
	if (!u->grants || !u->first || !u->saved_ms)
		return error_set(err, ERR_MEMORY, "no memory for what is used");
	for (size_t i = 0; i < contract->function_count; i++) {
		u->first[i] = u->count;
		add_function(u, &contract->functions[i]);
	}
	for (size_t i = 0; i < u->count; i++)
		if (!u->grants[i].what.ptr || !u->grants[i].function.ptr)
			return error_set(err, ERR_MEMORY, "no memory for what is used");
	return RESULT_OK;
}

/* The file only tells times: a grant that the contract does not hold is not brought back by it. */
static void take_file(struct usage *u, int64_t now_ms)
{
	struct slice text;
	u->since_ms = now_ms;
	if (!u->path || !is_ok(file_read(u->path, USAGE_BYTES_MAX, NULL, &text)))
		return;
	json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
	free((char *)(uintptr_t)text.ptr);
	const json_t *used = json_object_get(root, "used");
	json_int_t since = json_integer_value(json_object_get(root, "since_ms"));
	if (json_integer_value(json_object_get(root, "ward")) == USAGE_FORMAT && since > 0 &&
	    since <= now_ms) {
		u->since_ms = since;
		for (size_t i = 0; i < u->count; i++) {
			const json_t *function = json_object_get(used, u->grants[i].function.ptr);
			json_int_t last =
			    json_integer_value(json_object_get(function, u->grants[i].what.ptr));
			u->grants[i].last_ms = last > 0 && last <= now_ms ? last : 0;
		}
	}
	json_decref(root);
}

result usage_open(const char *state_dir, const struct app_contract *contract, int64_t now_ms,
    struct error *err, struct usage **ret)
{
	struct usage *u = calloc(1, sizeof *u);
	if (!u)
		return error_set(err, ERR_MEMORY, "no memory for what is used");
	arena_init(&u->arena, ARENA_BYTES);
	if (state_dir)
		u->path = arena_printf(&u->arena, "%s/" USAGE_FILE, state_dir);
	result r = state_dir && !u->path ? error_set(err, ERR_MEMORY, "no memory for what is used")
					 : build(u, contract, err);
	if (!is_ok(r)) {
		usage_free(u);
		return r;
	}
	take_file(u, now_ms);
	u->changed = true;
	*ret = u;
	return RESULT_OK;
}

void usage_free(struct usage *usage)
{
	if (!usage)
		return;
	arena_done(&usage->arena);
	free(usage);
}

size_t usage_first(const struct usage *usage, size_t function)
{
	return function < usage->function_count ? usage->first[function] : usage->count;
}

void usage_note(struct usage *usage, size_t index, int64_t now_ms)
{
	if (index >= usage->count)
		return;
	struct usage_grant *g = &usage->grants[index];
	/* Days are what is asked for: a grant that is in use costs a save an hour, not one a call. */
	usage->changed |= now_ms - usage->saved_ms[index] >= HOUR_MS;
	g->last_ms = now_ms;
}

result usage_save(struct usage *usage, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(USAGE_BYTES_MAX);
	struct json_writer w = {.out = &text};
	if (!usage->path || !usage->changed)
		return RESULT_OK;
	json_begin(&w, '{');
	json_member_uint(&w, "ward", USAGE_FORMAT);
	json_member_uint(&w, "since_ms", (uint64_t)usage->since_ms);
	json_key(&w, SLICE("used"));
	json_begin(&w, '{');
	for (size_t i = 0; i < usage->count; i++) {
		const struct usage_grant *g = &usage->grants[i];
		if (i == 0 || !slice_eq(g->function, usage->grants[i - 1].function)) {
			json_key(&w, g->function);
			json_begin(&w, '{');
		}
		json_key(&w, g->what);
		json_uint(&w, (uint64_t)g->last_ms);
		if (i + 1 == usage->count || !slice_eq(g->function, usage->grants[i + 1].function))
			json_end(&w, '}');
	}
	json_end(&w, '}');
	json_end(&w, '}');
	buf_add_char(&text, '\n');
	if (!buf_ok(&text))
		return error_set(err, ERR_LIMIT, "there is too much to record of what is used");
	TRY(file_write_atomic(usage->path, buf_slice(&text), 0600, err));
	for (size_t i = 0; i < usage->count; i++)
		usage->saved_ms[i] = usage->grants[i].last_ms;
	usage->changed = false;
	return RESULT_OK;
}

int64_t usage_since_ms(const struct usage *usage)
{
	return usage->since_ms;
}

size_t usage_count(const struct usage *usage)
{
	return usage->count;
}

struct usage_grant usage_grant(const struct usage *usage, size_t index)
{
	return usage->grants[index];
}
