/*
 * Reading ward.yaml by the table. Called by app_load(); the file is an author's, so whatever stands in it is
 * a finding, never a failure.
 */
#include "app/manifest/manifest_schema.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/manifest/nearest.h"

#define MANIFEST_GROUP_KEYS_MAX 64u

void refuse_node(
    struct reading *r, const struct yaml_node *node, const char *code, const char *hint, const char *fmt, ...)
{
	CLEANUP_BUF struct buf text = BUF_INIT(2048);
	va_list args;
	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	const struct diagnostic item = {.file = SLICE(MANIFEST_FILE),
	    .line = node->place.line,
	    .column = node->place.column,
	    .length = node->place.length ? node->place.length : 1,
	    .code = slice_cstr(code),
	    .hint = slice_cstr(hint),
	    .message = buf_slice(&text)};
	diagnostics_add(r->diagnostics, &item);
}

static void unknown_key(struct reading *r, const struct key_group *group, const struct yaml_node *node)
{
	struct nearest n = {.word = node->text};
	char hint[160];
	for (size_t i = 0; i < group->count; i++)
		nearest_try(&n, slice_cstr(group->keys[i].name));
	if (n.best.ptr)
		(void)snprintf(hint, sizeof hint, "did you mean \"%.*s\"?", SLICE_ARG(n.best));
	refuse_node(r, node, "unknown-key", n.best.ptr ? hint : NULL, "%s has no key \"%.*s\"", group->what,
	    SLICE_ARG(node->text));
}

static const struct key *key_named(const struct key_group *group, struct slice name)
{
	for (size_t i = 0; i < group->count; i++)
		if (slice_eq_cstr(name, group->keys[i].name))
			return &group->keys[i];
	return NULL;
}

static void read_absent(struct reading *r, const struct key_group *group, const struct key *key,
    const struct yaml_node *where, void *target)
{
	if (key->required) {
		refuse_node(r, where, "missing-key", key->about, "%s needs \"%s\"", group->what, key->name);
		return;
	}
	if (!key->standard)
		return;
	const struct yaml_node written = {.kind = key->standard[0] ? YAML_SCALAR : YAML_MAP,
	    .text = slice_cstr(key->standard),
	    .place = where->place};
	key->read(r, key, &written, (char *)target + key->offset);
}

void read_group(struct reading *r, const struct key_group *group, const struct yaml_node *node, void *target)
{
	bool seen[MANIFEST_GROUP_KEYS_MAX] = {false};
	const struct yaml_node *where = node->key ? node->key : node;
	if (node->kind != YAML_MAP) {
		refuse_node(r, yaml_is_null(node) ? where : node, "wrong-kind", NULL,
		    "%s is a map of keys and values", group->what);
		return;
	}
	for (const struct yaml_node *n = node->first; n; n = n->next) {
		const struct key *key = key_named(group, n->key->text);
		if (!key) {
			unknown_key(r, group, n->key);
			continue;
		}
		/* A key that is there twice has been told already; the first one counts. */
		if (seen[key - group->keys])
			continue;
		seen[key - group->keys] = true;
		key->read(r, key, n, (char *)target + key->offset);
	}
	for (size_t i = 0; i < group->count; i++)
		if (!seen[i])
			read_absent(r, group, &group->keys[i], where, target);
}

static int by_name(const void *a, const void *b)
{
	return slice_cmp(
	    ((const struct manifest_function *)a)->name, ((const struct manifest_function *)b)->name);
}

static void read_function(struct reading *r, const struct yaml_node *node, struct manifest_function *f)
{
	f->name = node->key->text;
	f->place = node->key->place;
	if (!is_identifier(f->name, 64))
		refuse_node(r, node->key, "wrong-name",
		    "use letters, digits and \"_\", a letter first, at most 64",
		    "\"%.*s\" cannot name a function", SLICE_ARG(f->name));
	read_group(r, &function_group, node, f);
	if (!f->export_name.ptr)
		f->export_name = f->name;
	if (f->budget.cpu_us && f->budget.cpu_us < f->limits.cpu_us)
		refuse_node(r, node->key, "small-budget", "raise budget.cpu, or lower limits.cpu",
		    "the day's cpu budget is less than one call may use: no call would ever run");
}

void read_functions(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct manifest *m = target;
	(void)key;
	if (node->kind != YAML_MAP) {
		refuse_node(r, yaml_is_null(node) ? node->key : node, "wrong-kind", NULL,
		    "\"functions\" is a map from names to functions");
		return;
	}
	if (node->count > MANIFEST_FUNCTIONS_MAX) {
		refuse_node(r, node->key, "too-many", NULL, "an app has at most %u functions",
		    MANIFEST_FUNCTIONS_MAX);
		return;
	}
	m->functions = arena_zalloc(r->arena, (node->count + 1) * sizeof *m->functions);
	if (!m->functions) {
		r->no_memory = true;
		return;
	}
	for (const struct yaml_node *n = node->first; n; n = n->next)
		read_function(r, n, &m->functions[m->function_count++]);
	qsort(m->functions, m->function_count, sizeof *m->functions, by_name);
}

static const struct yaml_node *child_of(const struct yaml_node *node, struct slice name)
{
	const struct yaml_node *n = node && node->kind == YAML_MAP ? node->first : NULL;
	while (n && !slice_eq(n->key->text, name))
		n = n->next;
	return n;
}

static bool gives_away(const struct manifest_function *f, struct slice secret)
{
	for (size_t i = 0; i < f->secrets.count; i++)
		if (slice_eq(f->secrets.items[i], secret))
			return true;
	for (size_t i = 0; i < f->egress_count; i++)
		if (slice_eq(f->egress[i].secret, secret))
			return true;
	return false;
}

/* The URL of the database is its owner's password: ward's own, given to no function and sent to no host. */
static void check_database_secret(struct reading *r, const struct yaml_node *root, const struct manifest *m)
{
	const struct slice secret = m->database.url_secret;
	const struct yaml_node *functions = child_of(root, SLICE("functions"));
	for (size_t i = 0; secret.len && i < m->function_count; i++) {
		const struct yaml_node *node = child_of(functions, m->functions[i].name);
		if (node && gives_away(&m->functions[i], secret))
			refuse_node(r, node->key, "kept-secret",
			    "a function reaches the database by its queries; give other uses a secret of "
			    "their own",
			    "%.*s is the database's URL, which no function gets", SLICE_ARG(secret));
	}
}

result manifest_parse(struct slice text, struct arena *arena, struct diagnostics *diagnostics,
    struct error *err, struct manifest *ret)
{
	struct reading r = {.arena = arena, .diagnostics = diagnostics};
	struct yaml_node *root = NULL;
	struct manifest manifest = {0};
	size_t errors = diagnostics->errors;
	TRY(yaml_parse(text, SLICE(MANIFEST_FILE), arena, diagnostics, err, &root));
	if (root) {
		read_group(&r, &manifest_group, root, &manifest);
		check_database_secret(&r, root, &manifest);
	} else if (diagnostics->errors == errors) {
		const struct diagnostic at = {.file = SLICE(MANIFEST_FILE)};
		diagnostics_addf(diagnostics, &at, "empty", "`ward new DIR` writes one to start from",
		    "the file says nothing");
	}
	if (r.no_memory)
		return error_set(err, ERR_MEMORY, "no memory for " MANIFEST_FILE);
	*ret = manifest;
	return RESULT_OK;
}
