/* Which directory is called as a module with which arguments. Filled by the engine in one pass over .tf files
 * with such blocks. */
#include "review/module_calls.h"

#include <stdlib.h>

#define MODULE_ARENA_MAX ((size_t)64 << 20)

void module_calls_init(struct module_calls *calls)
{
	*calls = (struct module_calls){.count = 0};
	arena_init(&calls->arena, MODULE_ARENA_MAX);
}

void module_calls_done(struct module_calls *calls)
{
	free(calls->items);
	arena_done(&calls->arena);
	*calls = (struct module_calls){.count = 0};
}

/* base "a/b/" and source "../c" give "a/c/". False when it leaves the project. */
static bool join_path(struct arena *arena, struct slice base, struct slice source, struct slice *ret_dir)
{
	char *out = arena_alloc(arena, base.len + source.len + 2);
	if (!out)
		return false;
	size_t len = base.len;
	memcpy(out, base.ptr ? base.ptr : "", base.len);
	for (struct slice rest = source; rest.ptr;) {
		struct slice part = slice_cut(&rest, '/');
		if (part.len == 0 || slice_eq_cstr(part, "."))
			continue;
		if (slice_eq_cstr(part, "..")) {
			if (len == 0)
				return false;
			for (len--; len > 0 && out[len - 1] != '/';)
				len--;
			continue;
		}
		memcpy(out + len, part.ptr, part.len);
		len += part.len;
		out[len++] = '/';
	}
	*ret_dir = slice_of(out, len);
	return true;
}

static void add(struct module_calls *calls, struct module_call call)
{
	if (calls->count >= MODULE_CALLS_MAX)
		return;
	if (calls->count == calls->size) {
		size_t size = calls->size ? calls->size * 2 : 16;
		struct module_call *items = reallocarray(calls->items, size, sizeof *items);
		if (!items)
			return;
		calls->items = items;
		calls->size = size;
	}
	calls->items[calls->count++] = call;
}

void module_calls_add_file(struct module_calls *calls, struct slice path, struct slice bytes)
{
	struct node_sink sink = {.arena = &calls->arena};
	struct node *root;
	if (!is_ok(node_parse_hcl(&sink, bytes, NULL, &root)))
		return;
	size_t dir_len = path.len;
	while (dir_len > 0 && path.ptr[dir_len - 1] != '/')
		dir_len--;
	for (struct node *b = root->first; b; b = b->next) {
		struct slice source = node_text_of(b, "source");
		struct module_call call = {.block = b, .caller = root};
		if (!b->block || !slice_eq_cstr(b->key, "module") || !slice_starts(source, SLICE(".")))
			continue;
		if (join_path(&calls->arena, slice_of(path.ptr, dir_len), source, &call.dir))
			add(calls, call);
	}
}

/* A literal as it stands, or the literal default of the caller's own variable in the same file. */
static struct node *literal(const struct module_call *call, struct node *argument)
{
	if (argument->kind != NODE_REF)
		return argument;
	if (!slice_starts(argument->text, SLICE("var.")))
		return NULL;
	struct slice name = slice_of(argument->text.ptr + 4, argument->text.len - 4);
	for (struct node *b = call->caller->first; b; b = b->next) {
		if (!b->block || !slice_eq_cstr(b->key, "variable") || !slice_eq(node_text_of(b, "%0"), name))
			continue;
		struct node *value = node_get_cstr(b, "default");
		return value && value->kind != NODE_REF ? value : NULL;
	}
	return NULL;
}

struct node *module_argument(const struct module_calls *calls, struct slice dir, struct slice name)
{
	for (size_t i = 0; calls && i < calls->count; i++) {
		const struct module_call *call = &calls->items[i];
		if (!slice_eq(call->dir, dir))
			continue;
		struct node *argument = node_get(call->block, name);
		if (argument)
			return literal(call, argument);
	}
	return NULL;
}
