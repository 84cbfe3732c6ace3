/*
 * package-lock.json: version 1 nests `dependencies`, versions 2 and 3 list `packages` by their place in
 * node_modules (lock.h). jansson keeps the order of keys but not their lines, so each entry's line is
 * found by looking on from the last one's.
 */
#include <jansson.h>

#include "review/deps/lock.h"

#define NEST_MAX 200u

struct npm_reader {
	struct lockfile *lock;
	struct arena *arena;
	struct error *err;
	struct slice text;
	size_t at; /* the last entry found */
	uint32_t line;
	size_t counted; /* lines are counted up to here */
};

static result no_memory(struct error *err)
{
	return error_set(err, ERR_MEMORY, "no memory for a lockfile");
}

/* Moves to `"key": {` behind the last entry and gives its line; stays when it is not found (an escaped key).
 */
static uint32_t line_of_entry(struct npm_reader *r, const char *key)
{
	size_t n = strlen(key), at = r->at;
	while (at + n + 2 < r->text.len) {
		const char *hit = memmem(r->text.ptr + at, r->text.len - at, key, n);
		if (!hit)
			return r->line;
		size_t start = (size_t)(hit - r->text.ptr), i = start + n;
		at = start + 1;
		if (start == 0 || r->text.ptr[start - 1] != '"' || i >= r->text.len || r->text.ptr[i] != '"')
			continue;
		for (i++; i < r->text.len && strchr(" \t\r\n:", r->text.ptr[i]) && r->text.ptr[i]; i++)
			;
		if (i >= r->text.len || r->text.ptr[i] != '{')
			continue;
		for (; r->counted < start; r->counted++)
			r->line += r->text.ptr[r->counted] == '\n';
		r->at = start + n;
		return r->line;
	}
	return r->line;
}

/* jansson's texts may hold no NUL (its default), so the C string is all of it. */
static struct slice text_of(struct npm_reader *r, json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? arena_copy(r->arena, slice_cstr(text)) : SLICE_NONE;
}

static bool flag_of(json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static result add_wants(struct npm_reader *r, json_t *entry, struct dep *dep)
{
	static const char *const fields[] = {
	    "dependencies", "optionalDependencies", "requires", "devDependencies"};
	size_t count = 0, fields_used = dep->path.len || dep->kind != LOCK_NPM ? 3 : 4;
	for (size_t f = 0; f < fields_used; f++)
		count += json_object_size(json_object_get(entry, fields[f]));
	dep->wants = arena_array(r->arena, count + 1, sizeof(*dep->wants));
	if (!dep->wants)
		return no_memory(r->err);
	for (size_t f = 0; f < fields_used; f++) {
		const char *name;
		json_t *range;
		json_object_foreach(json_object_get(entry, fields[f]), name, range)
		{
			/* In version 1 `dependencies` are nested entries, not wishes. */
			if (json_is_object(range))
				continue;
			struct slice copy = arena_copy(r->arena, slice_cstr(name));
			if (!copy.ptr)
				return no_memory(r->err);
			dep->wants[dep->want_count++] = copy;
		}
	}
	return RESULT_OK;
}

static result fill(struct npm_reader *r, json_t *entry, struct slice name, struct slice path, uint32_t line,
    struct dep **ret_dep)
{
	struct dep *dep = lockfile_add(r->lock, r->err);
	if (!dep)
		return (result){r->err ? r->err->code : ERR_MEMORY};
	struct slice own = text_of(r, entry, "name");
	dep->name = own.len ? own : name;
	dep->alias = own.len && !slice_eq(own, name) ? name : SLICE_NONE;
	dep->version = text_of(r, entry, "version");
	dep->resolved = text_of(r, entry, "resolved");
	dep->integrity = text_of(r, entry, "integrity");
	dep->license = text_of(r, entry, "license");
	dep->path = path;
	dep->line = line;
	dep->dev = flag_of(entry, "dev");
	dep->optional = flag_of(entry, "optional");
	dep->bundled = flag_of(entry, "inBundle") || flag_of(entry, "bundled");
	dep->install_script = flag_of(entry, "hasInstallScript");
	dep->workspace = flag_of(entry, "link");
	*ret_dep = dep;
	return add_wants(r, entry, dep);
}

/* What stands behind the last "node_modules/"; the whole path for a workspace's folder. */
static struct slice name_in_path(struct slice path)
{
	static const struct slice mark = SLICE("node_modules/");
	for (size_t i = path.len; i-- > 0;)
		if (i + mark.len <= path.len && memcmp(path.ptr + i, mark.ptr, mark.len) == 0)
			return slice_of(path.ptr + i + mark.len, path.len - i - mark.len);
	return SLICE_NONE;
}

static bool root_wants(json_t *root, const char *name)
{
	static const char *const fields[] = {"dependencies", "devDependencies", "optionalDependencies"};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (json_object_get(json_object_get(root, fields[i]), name))
			return true;
	return false;
}

static result read_packages(struct npm_reader *r, json_t *packages)
{
	const char *key;
	json_t *entry, *root = json_object_get(packages, "");
	r->lock->root_name = text_of(r, root, "name");
	r->lock->root_version = text_of(r, root, "version");
	json_object_foreach(packages, key, entry)
	{
		struct dep *dep;
		struct slice path = arena_copy(r->arena, slice_cstr(key));
		struct slice name = name_in_path(path);
		uint32_t line = line_of_entry(r, key);
		if (!json_is_object(entry) || key[0] == '\0')
			continue;
		TRY(fill(r, entry, name, path, line, &dep));
		/* Outside node_modules stands the project's own code. */
		dep->workspace |= !name.ptr;
		dep->direct = name.ptr && path.len == name.len + 13 && root_wants(root, name.ptr);
	}
	return RESULT_OK;
}

static result read_nested(struct npm_reader *r, json_t *dependencies, struct slice above, unsigned depth)
{
	const char *key;
	json_t *entry;
	if (depth > NEST_MAX)
		return error_set(r->err, ERR_LIMIT, "dependencies nest deeper than %u", NEST_MAX);
	json_object_foreach(dependencies, key, entry)
	{
		struct dep *dep;
		if (!json_is_object(entry))
			continue;
		const char *path = arena_printf(
		    r->arena, "%.*s%snode_modules/%s", SLICE_ARG(above), above.len ? "/" : "", key);
		if (!path)
			return no_memory(r->err);
		uint32_t line = line_of_entry(r, key);
		struct slice whole = slice_cstr(path);
		TRY(fill(r, entry, name_in_path(whole), whole, line, &dep));
		/* Version 1 says "npm:name@version" or an address in place of the version. */
		if (!dep->resolved.len &&
		    memmem(dep->version.ptr ? dep->version.ptr : "", dep->version.len, "://", 3))
			dep->resolved = dep->version;
		if (slice_starts(dep->version, SLICE("npm:"))) {
			struct slice target = slice_of(dep->version.ptr + 4, dep->version.len - 4);
			struct slice real = descriptor_name(target);
			dep->alias = dep->name;
			dep->name = real;
			dep->version = real.len < target.len
					   ? slice_of(target.ptr + real.len + 1, target.len - real.len - 1)
					   : SLICE_NONE;
		}
		dep->workspace |= slice_starts(dep->version, SLICE("file:"));
		dep->direct = depth == 0;
		TRY(read_nested(r, json_object_get(entry, "dependencies"), whole, depth + 1));
	}
	return RESULT_OK;
}

result lockfile_parse_npm(struct slice text, struct arena *arena, struct error *err, struct lockfile *lock)
{
	json_error_t at;
	json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &at);
	if (!root)
		return error_set(err, ERR_INVALID, "line %d: %s", at.line, at.text);
	struct npm_reader r = {.lock = lock, .arena = arena, .err = err, .text = text, .line = 1};
	json_t *packages = json_object_get(root, "packages"), *nested = json_object_get(root, "dependencies");
	lock->root_name = text_of(&r, root, "name");
	lock->root_version = text_of(&r, root, "version");
	result done;
	if (json_is_object(packages))
		done = read_packages(&r, packages);
	else if (json_is_object(nested) || json_is_integer(json_object_get(root, "lockfileVersion")))
		done = read_nested(&r, nested, SLICE_NONE, 0);
	else
		done = error_set(err, ERR_INVALID,
		    "neither \"packages\" nor \"dependencies\": this is no lockfile of npm");
	json_decref(root);
	return done;
}
