/*
 * pnpm-lock.yaml (lock.h): `packages` holds where each comes from, since version 9 `snapshots` what each
 * depends on. Keys: "/a/1.2.3" (5), "/a@1.2.3" (6), "a@1.2.3" (9), peers in brackets or behind '_'.
 */
#include "review/deps/lock.h"

#include "base/strmap.h"

enum section { SECTION_OTHER, SECTION_PACKAGES, SECTION_SNAPSHOTS, SECTION_IMPORTERS };

struct pnpm_reader {
	struct lockfile *lock;
	struct arena *arena;
	struct error *err;
	enum section section;
	size_t entry; /* 1 + index into the list, 0 for none */
	bool wants;
	bool in_resolution;
	struct strmap by_key;	 /* "name@version" to 1 + index */
	struct strmap direct;	 /* names that the project asks for */
	struct lock_wants found; /* what the entry at hand wants */
};

static result no_memory(struct error *err)
{
	return error_set(err, ERR_MEMORY, "no memory for a lockfile");
}

static struct slice without_peers(struct slice key)
{
	const char *bracket = key.len ? memchr(key.ptr, '(', key.len) : NULL;
	return bracket ? slice_of(key.ptr, (size_t)(bracket - key.ptr)) : key;
}

/* Name and version of a key of any version; an address in place of the version stays as it is. */
static void split_key(struct slice key, struct slice *ret_name, struct slice *ret_version)
{
	bool slash = key.len && key.ptr[0] == '/';
	key = without_peers(slash ? slice_of(key.ptr + 1, key.len - 1) : key);
	struct slice name = descriptor_name(key);
	if (name.len < key.len) {
		*ret_name = name;
		*ret_version = slice_of(key.ptr + name.len + 1, key.len - name.len - 1);
		return;
	}
	/* Version 5: the last slash parts them. */
	const char *last = slash ? memrchr(key.ptr, '/', key.len) : NULL;
	*ret_name = last ? slice_of(key.ptr, (size_t)(last - key.ptr)) : key;
	*ret_version = last ? slice_of(last + 1, key.len - (size_t)(last + 1 - key.ptr)) : SLICE_NONE;
	const char *peers = ret_version->len ? memchr(ret_version->ptr, '_', ret_version->len) : NULL;
	if (peers)
		ret_version->len = (size_t)(peers - ret_version->ptr);
}

static result end_wants(struct pnpm_reader *r)
{
	TRY(lock_wants_end(&r->found, r->arena, r->entry ? &r->lock->deps[r->entry - 1] : NULL, r->err));
	r->wants = r->in_resolution = false;
	return RESULT_OK;
}

static result begin_entry(struct pnpm_reader *r, const struct lock_line *l)
{
	struct slice name, version;
	TRY(end_wants(r));
	split_key(l->key, &name, &version);
	const char *id = arena_printf(r->arena, "%.*s@%.*s", SLICE_ARG(name), SLICE_ARG(version));
	if (!id)
		return no_memory(r->err);
	size_t known = (size_t)(uintptr_t)strmap_get(&r->by_key, slice_cstr(id));
	r->entry = known;
	if (r->section != SECTION_PACKAGES || known)
		return RESULT_OK;
	struct dep *dep = lockfile_add(r->lock, r->err);
	if (!dep)
		return (result){r->err ? r->err->code : ERR_MEMORY};
	r->entry = r->lock->count;
	dep->name = name;
	dep->version = version;
	dep->line = l->line;
	dep->direct = strmap_get(&r->direct, name) != NULL;
	dep->keys = arena_array(r->arena, 1, sizeof(*dep->keys));
	if (!dep->keys)
		return no_memory(r->err);
	dep->keys[dep->key_count++] = slice_cstr(id);
	return strmap_set(&r->by_key, slice_cstr(id), (void *)(uintptr_t)r->entry);
}

static void take_resolution(struct dep *dep, struct slice key, struct slice value)
{
	if (slice_eq_cstr(key, "integrity"))
		dep->integrity = value;
	else if (slice_eq_cstr(key, "tarball") || slice_eq_cstr(key, "repo"))
		dep->resolved = value;
	else if (slice_eq_cstr(key, "directory"))
		dep->workspace = true;
}

/* {integrity: sha512-..., tarball: https://...} on one line. */
static void read_flow(struct dep *dep, struct slice flow)
{
	if (flow.len < 2 || flow.ptr[0] != '{')
		return;
	for (struct slice rest = slice_of(flow.ptr + 1, flow.len - 2); rest.ptr;) {
		struct slice pair = slice_trim(slice_cut(&rest, ','));
		struct slice key = slice_cut(&pair, ':');
		take_resolution(dep, slice_trim(key), pair.ptr ? unquoted(slice_trim(pair)) : SLICE_NONE);
	}
}

static result add_want(struct pnpm_reader *r, struct slice name, struct slice version)
{
	struct slice key_name = name, key_version = without_peers(version);
	if (key_version.len && key_version.ptr[0] == '/')
		split_key(version, &key_name, &key_version);
	const char *peers = key_version.len ? memchr(key_version.ptr, '_', key_version.len) : NULL;
	if (peers)
		key_version.len = (size_t)(peers - key_version.ptr);
	return lock_wants_add(&r->found, r->arena, key_name, key_version, r->err);
}

static result take_property(struct pnpm_reader *r, const struct lock_line *l)
{
	struct dep *dep = &r->lock->deps[r->entry - 1];
	if (l->indent > 4) {
		if (r->in_resolution)
			take_resolution(dep, l->key, l->value);
		return r->wants && l->value.len ? add_want(r, l->key, l->value) : RESULT_OK;
	}
	r->in_resolution = slice_eq_cstr(l->key, "resolution");
	r->wants = l->opens &&
		   (slice_eq_cstr(l->key, "dependencies") || slice_eq_cstr(l->key, "optionalDependencies"));
	if (r->in_resolution)
		read_flow(dep, l->value);
	else if (slice_eq_cstr(l->key, "name"))
		dep->name = l->value;
	else if (slice_eq_cstr(l->key, "version"))
		dep->version = l->value;
	else if (slice_eq_cstr(l->key, "dev"))
		dep->dev = slice_eq_cstr(l->value, "true");
	else if (slice_eq_cstr(l->key, "optional"))
		dep->optional = slice_eq_cstr(l->value, "true");
	else if (slice_eq_cstr(l->key, "requiresBuild"))
		dep->install_script = slice_eq_cstr(l->value, "true");
	return RESULT_OK;
}

static const struct {
	const char *key;
	enum section section;
} sections[] = {
    {"packages", SECTION_PACKAGES},
    {"snapshots", SECTION_SNAPSHOTS},
    {"importers", SECTION_IMPORTERS},
    {"dependencies", SECTION_IMPORTERS},
    {"devDependencies", SECTION_IMPORTERS},
    {"optionalDependencies", SECTION_IMPORTERS},
};

static enum section section_of(struct slice key)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (slice_eq_cstr(key, sections[i].key))
			return sections[i].section;
	return SECTION_OTHER;
}

static result take_line(struct pnpm_reader *r, const struct lock_line *l)
{
	static char present;
	if (l->indent == 0) {
		TRY(end_wants(r));
		r->entry = 0;
		r->section = section_of(l->key);
		return RESULT_OK;
	}
	if (r->section == SECTION_IMPORTERS)
		return strmap_set(&r->direct, l->key, &present);
	if (r->section == SECTION_OTHER)
		return RESULT_OK;
	if (l->indent == 2)
		return begin_entry(r, l);
	return r->entry ? take_property(r, l) : RESULT_OK;
}

result lockfile_parse_pnpm(struct slice text, struct arena *arena, struct error *err, struct lockfile *lock)
{
	struct pnpm_reader r = {.lock = lock, .arena = arena, .err = err};
	struct lock_line l;
	uint32_t line = 0;
	result done = RESULT_OK;
	for (struct slice rest = text; is_ok(done) && lock_line_next(&rest, &line, &l);)
		done = take_line(&r, &l);
	if (is_ok(done))
		done = end_wants(&r);
	if (is_ok(done) && !memmem(text.ptr, text.len, "lockfileVersion", 15))
		done = error_set(err, ERR_INVALID, "no lockfileVersion: this is no lockfile of pnpm");
	strmap_done(&r.by_key);
	strmap_done(&r.direct);
	return done;
}
