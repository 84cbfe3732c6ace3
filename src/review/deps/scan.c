/*
 * The dependency scanner over a project (deps.h): finds lockfiles and what configures registries, checks each
 * package, compares with advisories, reads installed code, and what was recorded.
 */
#include "review/deps/deps.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/size.h"
#include "review/deps/semver.h"

#define CONFIG_BYTES_MAX (4u << 20)
#define ADVISORIES_NAMED 4u

struct scan {
	const struct deps_rules *rules;
	const struct file_set *files;
	const struct deps_options *options;
	struct findings *findings;
	struct error *err;
	struct deps *deps;
	struct registry_config config;
	struct strmap workspaces;
	struct strmap seen; /* "name version" to its first struct dep *, for hashes that differ */
};

static struct slice folder_of(struct slice path)
{
	const char *slash = path.len ? memrchr(path.ptr, '/', path.len) : NULL;
	return slash ? slice_of(path.ptr, (size_t)(slash - path.ptr)) : SLICE_NONE;
}

static result report_file(
    struct scan *s, enum dep_rule rule, struct slice file, uint32_t line, const char *text)
{
	struct finding f = {.rule = &s->rules->info[rule],
	    .file = file,
	    .line = line,
	    .col = 1,
	    .end_line = line,
	    .end_col = 1,
	    .message = slice_cstr(text),
	    .subject = file};
	return findings_add(s->findings, &f, SLICE_NONE, s->err);
}

static result read_config(struct scan *s, const struct file_entry *file)
{
	struct slice text;
	uint32_t insecure = 0;
	if (file->size_bytes > CONFIG_BYTES_MAX || !is_ok(file_set_read(s->files, file, NULL, &text)))
		return RESULT_OK;
	result r = registry_config_read(&s->config, s->rules, text, &s->deps->arena, s->err, &insecure);
	file_bytes_free(text);
	if (is_ok(r) && insecure)
		r = report_file(
		    s, DEP_NPMRC_INSECURE, file->path, insecure, s->rules->info[DEP_NPMRC_INSECURE].title);
	return r;
}

/* Any lockfile in the folder or above it. */
static bool has_lock(const struct scan *s, struct slice folder)
{
	for (;;) {
		for (size_t i = 0; i < s->deps->lock_count; i++)
			if (slice_eq(folder_of(s->deps->locks[i].file), folder))
				return true;
		if (folder.len == 0)
			return false;
		folder = folder_of(folder);
	}
}

/* package.json: the names of the repository's own packages, and whether its dependencies are locked at all.
 */
static result read_package(struct scan *s, const struct file_entry *file)
{
	static char present;
	struct slice text;
	if (file->size_bytes > CONFIG_BYTES_MAX || !is_ok(file_set_read(s->files, file, NULL, &text)))
		return RESULT_OK;
	json_t *package = json_loadb(text.ptr, text.len, 0, NULL);
	file_bytes_free(text);
	const char *name = json_string_value(json_object_get(package, "name"));
	size_t wanted = json_object_size(json_object_get(package, "dependencies")) +
			json_object_size(json_object_get(package, "devDependencies"));
	result r = RESULT_OK;
	if (name) {
		struct slice copy = arena_copy(&s->deps->arena, slice_cstr(name));
		r = copy.ptr ? strmap_set(&s->workspaces, copy, &present)
			     : error_set(s->err, ERR_MEMORY, "no memory for package names");
	}
	json_decref(package);
	if (is_ok(r) && wanted && !has_lock(s, folder_of(file->path)))
		r = report_file(s, DEP_LOCK_MISSING, file->path, 0,
		    "dependencies are not locked: there is no lockfile here or above");
	return r;
}

static result read_lock(struct scan *s, const struct file_entry *file)
{
	struct slice text;
	struct error why = {0};
	struct deps *d = s->deps;
	if (file->too_large || !is_ok(file_set_read(s->files, file, &why, &text)))
		return report_file(
		    s, DEP_LOCK_UNREADABLE, file->path, 0, "the lockfile is too large or cannot be read");
	struct lockfile *locks = realloc(d->locks, (d->lock_count + 1) * sizeof(*locks));
	if (!locks) {
		file_bytes_free(text);
		return error_set(s->err, ERR_MEMORY, "no memory for lockfiles");
	}
	d->locks = locks;
	result r = lockfile_parse(file->path, text, &d->arena, &why, &d->locks[d->lock_count]);
	file_bytes_free(text);
	if (is_ok(r)) {
		d->lock_count++;
		return RESULT_OK;
	}
	if (r.code == ERR_MEMORY)
		return error_set(s->err, ERR_MEMORY, "no memory for %.*s", SLICE_ARG(file->path));
	char message[ERROR_TEXT_MAX + 64];
	(void)snprintf(message, sizeof(message), "the lockfile cannot be read: %s", why.text);
	return report_file(s, DEP_LOCK_UNREADABLE, file->path, 0, message);
}

typedef result (*read_entry)(struct scan *s, const struct file_entry *file);

static result for_files(struct scan *s, const char *const *names, read_entry read)
{
	for (size_t i = 0; i < s->files->count; i++) {
		struct slice base = path_base(s->files->files[i].path);
		for (const char *const *name = names; *name; name++)
			if (slice_eq_cstr(base, *name) && s->deps->lock_count < LOCKFILES_MAX)
				TRY(read(s, &s->files->files[i]));
	}
	return RESULT_OK;
}

/* Versions are published once: the same name and version must carry the same strong hash in every lockfile.
 */
static result check_same_hash(struct scan *s, const struct dep_context *c, const struct dep *dep)
{
	if (integrity_judge(dep->integrity, dep->kind) != INTEGRITY_STRONG ||
	    !slice_starts(dep->integrity, SLICE("sha512-")))
		return RESULT_OK;
	const char *key =
	    arena_printf(&s->deps->arena, "%.*s %.*s", SLICE_ARG(dep->name), SLICE_ARG(dep->version));
	if (!key)
		return error_set(s->err, ERR_MEMORY, "no memory for dependencies");
	struct dep *first = strmap_get(&s->seen, slice_cstr(key));
	if (!first)
		return strmap_set(&s->seen, slice_cstr(key), (void *)(uintptr_t)dep);
	if (slice_eq(first->integrity, dep->integrity))
		return RESULT_OK;
	return dep_report(c, &s->rules->info[DEP_INTEGRITY_CONFLICT], dep,
	    "%.*s %.*s has another hash elsewhere (line %u)", SLICE_ARG(dep->name), SLICE_ARG(dep->version),
	    first->line);
}

/* All that is published against one version: a finding tells the worst severity and the version that mends
 * the whole. */
struct verdict {
	struct buf text; /* "GHSA-1 summary; GHSA-2 ..." */
	size_t count;
	enum severity worst;
	bool unfixed;
	struct slice fixed; /* the highest of the fixed versions */
};

static bool on_advisory(void *ctx, const struct advisory *a)
{
	struct verdict *v = ctx;
	struct semver here, highest;
	if (v->count < ADVISORIES_NAMED)
		buf_printf(
		    &v->text, "%s%.*s %.*s", v->count ? "; " : "", SLICE_ARG(a->id), SLICE_ARG(a->summary));
	v->worst = v->count == 0 || a->severity > v->worst ? a->severity : v->worst;
	v->count++;
	v->unfixed |= a->fixed.len == 0;
	if (a->fixed.len &&
	    (!v->fixed.len || (semver_parse(a->fixed, &here) && semver_parse(v->fixed, &highest) &&
				  semver_compare(&here, &highest) > 0)))
		v->fixed = a->fixed;
	return true;
}

static result check_advisories(struct scan *s, const struct dep_context *c, const struct dep *dep)
{
	struct verdict v = {.text = BUF_INIT(4096)};
	char more[48] = "";
	if (!s->options->advisories)
		return RESULT_OK;
	advisories_find(s->options->advisories, dep->name, dep->version, on_advisory, &v);
	if (v.count > ADVISORIES_NAMED)
		(void)snprintf(more, sizeof(more), "; and %zu more", v.count - ADVISORIES_NAMED);
	result r = RESULT_OK;
	if (v.count && v.unfixed)
		r = dep_report(c, &s->rules->advisory[v.worst], dep,
		    "%.*s %.*s: %s%s (not all fixed by a version yet)", SLICE_ARG(dep->name),
		    SLICE_ARG(dep->version), buf_cstr(&v.text), more);
	else if (v.count)
		r = dep_report(c, &s->rules->advisory[v.worst], dep, "%.*s %.*s: %s%s (fixed in %.*s)",
		    SLICE_ARG(dep->name), SLICE_ARG(dep->version), buf_cstr(&v.text), more,
		    SLICE_ARG(v.fixed));
	buf_done(&v.text);
	return r;
}

static result check_reach(
    struct scan *s, const struct dep_context *c, const struct dep *dep, const struct dep_reach *reach)
{
	char what[160];
	if (reach->hidden)
		TRY(dep_report(c, &s->rules->info[DEP_REACH_HIDDEN], dep,
		    "%.*s %.*s: code made unreadable in %.*s line %u", SLICE_ARG(dep->name),
		    SLICE_ARG(dep->version), SLICE_ARG(reach->file), reach->line));
	if (reach->install == 0)
		return RESULT_OK;
	reach_text(s->rules, reach->install, what, sizeof(what));
	return dep_report(c, &s->rules->info[DEP_REACH_INSTALL], dep,
	    "%.*s %.*s: its install script reaches %s", SLICE_ARG(dep->name), SLICE_ARG(dep->version), what);
}

/* pnpm: in its store, node_modules/.pnpm/@scope+name@1.0.0/node_modules/@scope/name; what stands above are
 * links to there. */
static void add_store(struct buf *path, const struct dep *dep)
{
	buf_add_cstr(path, ".pnpm/");
	for (size_t i = 0; i < dep->name.len; i++)
		buf_add_char(path, dep->name.ptr[i] == '/' ? '+' : dep->name.ptr[i]);
	buf_printf(path, "@%.*s/node_modules/", SLICE_ARG(dep->version));
}

/* npm says where a package lies; for the others it is the store, or the top folder under the package's name.
 */
static struct slice place_of(struct scan *s, const struct lockfile *lock, const struct dep *dep)
{
	struct slice folder = folder_of(lock->file);
	CLEANUP_BUF struct buf path = BUF_INIT(8192);
	buf_printf(&path, "%.*s%s", SLICE_ARG(folder), folder.len ? "/" : "");
	if (dep->path.len) {
		buf_add_slice(&path, dep->path);
	} else {
		buf_add_cstr(&path, "node_modules/");
		if (lock->kind == LOCK_PNPM)
			add_store(&path, dep);
		buf_add_slice(&path, dep->alias.len && lock->kind != LOCK_PNPM ? dep->alias : dep->name);
	}
	return buf_ok(&path) ? arena_copy(&s->deps->arena, buf_slice(&path)) : SLICE_NONE;
}

static result scan_lock(struct scan *s, size_t index)
{
	const struct lockfile *lock = &s->deps->locks[index];
	struct dep_reach *reach = arena_zalloc(&s->deps->arena, (lock->count + 1) * sizeof(*reach));
	struct dep_context c = {.rules = s->rules,
	    .lock = lock,
	    .config = &s->config,
	    .workspaces = &s->workspaces,
	    .findings = s->findings,
	    .err = s->err};
	if (!reach)
		return error_set(s->err, ERR_MEMORY, "no memory for dependencies");
	s->deps->reach[index] = reach;
	for (size_t i = 0; i < lock->count; i++) {
		const struct dep *dep = &lock->deps[i];
		TRY(dep_check(&c, dep));
		TRY(check_same_hash(s, &c, dep));
		if (dep->workspace)
			continue;
		TRY(check_advisories(s, &c, dep));
		if (s->options->skip_sources)
			continue;
		TRY(dep_reach_read(
		    s->rules, s->files->root_fd, place_of(s, lock, dep), &s->deps->arena, s->err, &reach[i]));
		TRY(check_reach(s, &c, dep, &reach[i]));
	}
	return RESULT_OK;
}

static result compare_state(struct scan *s)
{
	for (size_t i = 0; i < s->files->count; i++) {
		struct slice text;
		if (!slice_eq_cstr(s->files->files[i].path, DEPS_STATE_FILE) ||
		    !is_ok(file_set_read(s->files, &s->files->files[i], NULL, &text)))
			continue;
		result r = deps_state_compare(s->rules, s->deps, text, s->findings, s->err);
		file_bytes_free(text);
		return r;
	}
	return RESULT_OK;
}

static result scan_all(struct scan *s)
{
	static const char *const configs[] = {".npmrc", ".yarnrc", ".yarnrc.yml", NULL};
	static const char *const lock_names[] = {
	    "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", NULL};
	static const char *const packages[] = {"package.json", NULL};
	TRY(for_files(s, configs, read_config));
	TRY(for_files(s, lock_names, read_lock));
	TRY(for_files(s, packages, read_package));
	s->deps->reach = arena_zalloc(&s->deps->arena, (s->deps->lock_count + 1) * sizeof(*s->deps->reach));
	if (!s->deps->reach)
		return error_set(s->err, ERR_MEMORY, "no memory for dependencies");
	for (size_t i = 0; i < s->deps->lock_count; i++)
		TRY(scan_lock(s, i));
	return s->options->skip_state ? RESULT_OK : compare_state(s);
}

result deps_scan(const struct deps_rules *rules, const struct file_set *files,
    const struct deps_options *options, struct findings *findings, struct error *err, struct deps *ret_deps)
{
	struct deps deps = {.arena = ARENA_INIT(1024u << 20)};
	struct scan s = {.rules = rules,
	    .files = files,
	    .options = options,
	    .findings = findings,
	    .err = err,
	    .deps = &deps};
	result r = scan_all(&s);
	registry_config_done(&s.config);
	strmap_done(&s.workspaces);
	strmap_done(&s.seen);
	if (!is_ok(r)) {
		deps_done(&deps);
		return r;
	}
	*ret_deps = deps;
	return RESULT_OK;
}

void deps_done(struct deps *deps)
{
	for (size_t i = 0; i < deps->lock_count; i++)
		lockfile_done(&deps->locks[i]);
	free(deps->locks);
	arena_done(&deps->arena);
	*deps = (struct deps){0};
}
