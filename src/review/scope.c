/* Documents, resources and what references stand for. Called by the engine for each directory. */
#include "review/scope.h"

#include <stdio.h>
#include <stdlib.h>

#include "review/file_set.h"

/* Configuration longer than this is generated data, not something a person deploys from. */
#define CONFIG_BYTES_MAX (8u << 20)
#define RESOLVE_STEPS_MAX 16u

static const char *const platform_names[PLATFORM_COUNT] = {
    [PLATFORM_NONE] = "none",
    [PLATFORM_TERRAFORM] = "terraform",
    [PLATFORM_CLOUDFORMATION] = "cloudformation",
    [PLATFORM_SERVERLESS] = "serverless",
    [PLATFORM_KUBERNETES] = "kubernetes",
    [PLATFORM_COMPOSE] = "compose",
    [PLATFORM_DOCKERFILE] = "dockerfile",
    [PLATFORM_GITHUB] = "github",
    [PLATFORM_GENEZIO] = "genezio",
};

static result (*const readers[PLATFORM_COUNT])(struct scope *, const struct document *, struct error *) = {
    [PLATFORM_TERRAFORM] = terraform_read,
    [PLATFORM_CLOUDFORMATION] = cloudformation_read,
    [PLATFORM_SERVERLESS] = serverless_read,
    [PLATFORM_KUBERNETES] = kubernetes_read,
    [PLATFORM_COMPOSE] = compose_read,
    [PLATFORM_DOCKERFILE] = dockerfile_read,
    [PLATFORM_GITHUB] = github_read,
    [PLATFORM_GENEZIO] = genezio_read,
};

const char *platform_name(enum platform p)
{
	return platform_names[p];
}

bool platform_from(struct slice name, enum platform *ret_platform)
{
	for (size_t i = 0; i < PLATFORM_COUNT; i++) {
		if (!slice_eq_cstr(name, platform_names[i]))
			continue;
		*ret_platform = (enum platform)i;
		return true;
	}
	return false;
}

void scope_init(struct scope *s, struct arena *arena, struct slice dir, const struct module_calls *calls)
{
	*s = (struct scope){.sink = {.arena = arena}, .dir = dir, .calls = calls};
}

void scope_done(struct scope *s)
{
	free(s->documents);
	free(s->resources);
	strmap_done(&s->by_type);
	*s = (struct scope){.sink = {.arena = NULL}};
}

static bool is_dockerfile(struct slice base)
{
	return slice_starts(base, SLICE("Dockerfile")) || slice_starts(base, SLICE("Containerfile")) ||
	       slice_ends(base, SLICE(".Dockerfile")) || slice_ends(base, SLICE(".dockerfile")) ||
	       slice_eq_cstr(base, "dockerfile");
}

enum format { FORMAT_NONE, FORMAT_HCL, FORMAT_YAML, FORMAT_JSON, FORMAT_DOCKERFILE };

static enum format format_of(struct slice path)
{
	static const struct {
		const char *extension;
		enum format format;
	} formats[] = {{"tf", FORMAT_HCL}, {"tfvars", FORMAT_HCL}, {"yaml", FORMAT_YAML},
	    {"yml", FORMAT_YAML}, {"json", FORMAT_JSON}, {"template", FORMAT_YAML}, {"tofu", FORMAT_HCL}};
	struct slice base = path_base(path);
	if (is_dockerfile(base))
		return FORMAT_DOCKERFILE;
	if (slice_eq_cstr(base, "package-lock.json") || slice_eq_cstr(base, "pnpm-lock.yaml"))
		return FORMAT_NONE;
	struct slice extension = path_extension(path);
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (slice_eq_cstr(extension, formats[i].extension))
			return formats[i].format;
	return FORMAT_NONE;
}

bool scope_wants(struct slice path)
{
	return format_of(path) != FORMAT_NONE;
}

static bool has_text(struct slice bytes, const char *what)
{
	return memmem(bytes.ptr, bytes.len, what, strlen(what)) != NULL;
}

/* Most YAML and JSON of a project is data: a file with none of these words is of no kind we know and is not
 * parsed. */
static bool may_be_configuration(struct slice bytes)
{
	static const char *const words[] = {"Resources", "apiVersion", "services", "jobs", "runs", "provider",
	    "language", "AWSTemplateFormatVersion", NULL};
	for (const char *const *w = words; *w; w++)
		if (has_text(bytes, *w))
			return true;
	return false;
}

static bool has_child_with(const struct node *map, const char *const *keys)
{
	for (const struct node *c = map ? map->first : NULL; c; c = c->next)
		for (const char *const *k = keys; *k; k++)
			if (node_get_cstr(c, *k))
				return true;
	return false;
}

static bool has_typed_resources(const struct node *root)
{
	const struct node *resources = node_get_cstr(root, "Resources");
	for (const struct node *c = resources ? resources->first : NULL; c; c = c->next)
		if (memmem(node_text_of(c, "Type").ptr ? node_text_of(c, "Type").ptr : "",
			node_text_of(c, "Type").len, "::", 2))
			return true;
	return node_get_cstr(root, "AWSTemplateFormatVersion") != NULL && resources != NULL;
}

static enum platform classify(struct slice path, const struct node *root)
{
	static const char *const service_keys[] = {"image", "build", "command", "ports", "volumes", NULL};
	static const char *const job_keys[] = {"steps", "runs-on", "uses", NULL};
	if (root->kind != NODE_MAP)
		return PLATFORM_NONE;
	if (slice_eq_cstr(path_base(path), "genezio.yaml"))
		return PLATFORM_GENEZIO;
	if (has_typed_resources(root))
		return PLATFORM_CLOUDFORMATION;
	if (node_get_cstr(root, "kind"))
		return PLATFORM_KUBERNETES;
	if (has_child_with(node_get_cstr(root, "jobs"), job_keys) || has_text(path, ".github/") ||
	    (node_get_cstr(root, "runs") && node_get_cstr(node_get_cstr(root, "runs"), "using")))
		return PLATFORM_GITHUB;
	if (node_get_cstr(root, "provider") && node_get_cstr(root, "service"))
		return PLATFORM_SERVERLESS;
	if (has_child_with(node_get_cstr(root, "services"), service_keys))
		return PLATFORM_COMPOSE;
	return PLATFORM_NONE;
}

static result add_document(struct scope *s, struct document d, struct error *err)
{
	if (d.platform == PLATFORM_NONE)
		return RESULT_OK;
	if (s->document_count == s->document_size) {
		size_t size = s->document_size ? s->document_size * 2 : 8;
		struct document *documents = reallocarray(s->documents, size, sizeof *documents);
		if (!documents)
			return error_set(err, ERR_MEMORY, "no memory for documents");
		s->documents = documents;
		s->document_size = size;
	}
	s->documents[s->document_count++] = d;
	return RESULT_OK;
}

static result parse(struct scope *s, struct slice path, struct slice bytes, enum format format,
    struct error *err, struct document *d)
{
	switch (format) {
	case FORMAT_HCL:
		d->platform = PLATFORM_TERRAFORM;
		return node_parse_hcl(&s->sink, bytes, err, &d->root);
	case FORMAT_DOCKERFILE:
		d->platform = PLATFORM_DOCKERFILE;
		return node_parse_dockerfile(&s->sink, bytes, err, &d->root);
	case FORMAT_JSON: {
		result json = node_parse_json(&s->sink, bytes, NULL, err, &d->root);
		if (!is_ok(json) && json.code == ERR_INVALID && !slice_ends(path, SLICE(".json")))
			break; /* YAML's flow style begins as JSON does */
		d->platform = is_ok(json) ? classify(path, d->root) : PLATFORM_NONE;
		return json;
	}
	case FORMAT_YAML:
	case FORMAT_NONE:
		break;
	}
	struct node *list;
	TRY(node_parse_yaml(&s->sink, bytes, err, &list));
	for (struct node *n = list->first; n; n = n->next) {
		struct document one = *d;
		one.root = n;
		one.platform = classify(path, n);
		TRY(add_document(s, one, err));
	}
	return RESULT_OK;
}

result scope_add_file(struct scope *s, struct slice path, struct slice bytes, struct error *err)
{
	enum format format = format_of(path);
	if (format == FORMAT_NONE || file_looks_binary(bytes))
		return RESULT_OK;
	if (bytes.len > CONFIG_BYTES_MAX)
		return error_set(
		    err, ERR_LIMIT, "configuration larger than %u bytes is not read", CONFIG_BYTES_MAX);
	bool data = format == FORMAT_YAML || format == FORMAT_JSON;
	bool named = slice_eq_cstr(path_base(path), "genezio.yaml");
	if (data && !named && !may_be_configuration(bytes))
		return RESULT_OK;
	struct slice trimmed = slice_trim(bytes);
	if (format == FORMAT_YAML && trimmed.len && trimmed.ptr[0] == '{')
		format = FORMAT_JSON;
	struct document d = {.path = path, .bytes = bytes};
	s->sink.nodes = 0;
	TRY(parse(s, path, bytes, format, err, &d));
	return d.root ? add_document(s, d, err) : RESULT_OK;
}

result scope_add_resource(struct scope *s, const struct document *d, struct slice type, struct slice name,
    struct node *body, struct node *whole, struct error *err)
{
	struct resource *r = arena_zalloc(s->sink.arena, sizeof *r);
	if (s->resource_count == s->resource_size) {
		size_t size = s->resource_size ? s->resource_size * 2 : 32;
		struct resource **resources = reallocarray(s->resources, size, sizeof(struct resource *));
		if (!resources)
			return error_set(err, ERR_MEMORY, "no memory for resources");
		s->resources = resources;
		s->resource_size = size;
	}
	if (!r)
		return error_set(err, ERR_LIMIT, "the project's configuration needs too much memory");
	*r = (struct resource){.type = type, .name = name, .body = body, .whole = whole, .document = d};
	s->resources[s->resource_count++] = r;
	return RESULT_OK;
}

static struct slice type_key(struct scope *s, enum platform p, struct slice type)
{
	char *key = arena_printf(s->sink.arena, "%u:%.*s", (unsigned)p, SLICE_ARG(type));
	return slice_cstr(key);
}

result scope_link(struct scope *s, struct error *err)
{
	for (size_t i = 0; i < s->document_count; i++)
		TRY(readers[s->documents[i].platform](s, &s->documents[i], err));
	for (size_t i = s->resource_count; i-- > 0;) {
		struct resource *r = s->resources[i];
		struct slice key = type_key(s, r->document->platform, r->type);
		r->next_of_type = strmap_get(&s->by_type, key);
		if (!is_ok(strmap_set(&s->by_type, key, r)))
			return error_set(err, ERR_MEMORY, "no memory for resources");
	}
	return RESULT_OK;
}

struct resource *scope_first(const struct scope *s, enum platform platform, struct slice type)
{
	char key[256];
	int n = snprintf(key, sizeof key, "%u:%.*s", (unsigned)platform, SLICE_ARG(type));
	return n > 0 && (size_t)n < sizeof key ? strmap_get(&s->by_type, slice_of(key, (size_t)n)) : NULL;
}

/* Where text stands in the file's bytes; the string's own place when it was unescaped and stands nowhere. */
static struct json_options place_in_file(const struct document *d, const struct node *n, struct slice text)
{
	struct json_options o = {.line = n->line, .col = n->col, .fixed = true, .place = n};
	if (text.ptr < d->bytes.ptr || text.ptr >= d->bytes.ptr + d->bytes.len)
		return o;
	o.fixed = false;
	o.embedded = true;
	const char *from = d->bytes.ptr + (n->start_byte < d->bytes.len ? n->start_byte : 0);
	/* A keyed node's line is its key's, and its bytes start at the value: both on one line in every
	 * format. */
	for (const char *p = from; p < text.ptr; p++)
		o.line += *p == '\n';
	return o;
}

/* Policies and the like are JSON in a string; parsed once, kept as the string's only child. */
static struct node *embedded_json(struct scope *s, const struct document *d, struct node *n)
{
	struct slice text = slice_trim(n->text);
	if (n->first)
		return n->first;
	if (text.len < 2 || (text.ptr[0] != '{' && text.ptr[0] != '[') || n->resolving)
		return n;
	const struct json_options options = place_in_file(d, n, text);
	struct node *root;
	if (!is_ok(node_parse_json(&s->sink, text, &options, NULL, &root)) || root->kind == NODE_REF) {
		n->resolving = true; /* not JSON: not tried again */
		return n;
	}
	node_append(n, root);
	root->key = n->key;
	return root;
}

struct node *scope_resolve(struct scope *s, const struct document *d, struct node *n)
{
	for (unsigned i = 0; n && i < RESOLVE_STEPS_MAX; i++) {
		if (n->kind != NODE_REF && n->kind != NODE_STRING)
			return n;
		struct node *to = NULL;
		if (n->kind == NODE_REF && d->platform == PLATFORM_TERRAFORM)
			to = terraform_resolve(s, d, n);
		else if (n->kind == NODE_REF)
			to = cloudformation_resolve(s, d, n);
		if (!to || to == n)
			return embedded_json(s, d, n);
		n = to;
	}
	return n;
}

/* `address` in text, not as a part of a longer name. */
static bool names(struct slice text, struct slice address)
{
	if (address.len == 0)
		return false;
	for (size_t at = 0; at + address.len <= text.len;) {
		const char *hit = memmem(text.ptr + at, text.len - at, address.ptr, address.len);
		if (!hit)
			return false;
		size_t i = (size_t)(hit - text.ptr);
		char before = i ? text.ptr[i - 1] : ' ';
		char after = i + address.len < text.len ? text.ptr[i + address.len] : ' ';
		bool open =
		    !(before == '_' || before == '-' || before == '.' || (before >= '0' && before <= '9') ||
			((before | 32) >= 'a' && (before | 32) <= 'z'));
		bool close = !(after == '_' || after == '-' || (after >= '0' && after <= '9') ||
			       ((after | 32) >= 'a' && (after | 32) <= 'z'));
		if (open && close)
			return true;
		at = i + 1;
	}
	return false;
}

static bool same_name_attribute(struct scope *s, const struct node *n, const struct resource *r)
{
	static const char *const keys[] = {
	    "bucket", "name", "id", "BucketName", "Name", "family", "cluster_identifier", NULL};
	if (n->kind != NODE_STRING || n->text.len == 0)
		return false;
	for (const char *const *k = keys; *k; k++) {
		struct node *own = node_get_cstr(r->body, *k);
		own = own ? scope_resolve(s, r->document, own) : NULL;
		if (own && own->kind == NODE_STRING && slice_eq(own->text, n->text))
			return true;
	}
	return false;
}

bool scope_refers(struct scope *s, const struct node *n, const struct resource *r)
{
	if (!node_is_scalar(n))
		return false;
	if (r->document->platform != PLATFORM_TERRAFORM)
		return slice_eq(n->text, r->name) || (n->kind == NODE_REF && names(n->text, r->name)) ||
		       same_name_attribute(s, n, r);
	char address[512];
	int len = snprintf(address, sizeof address, "%.*s.%.*s", SLICE_ARG(r->type), SLICE_ARG(r->name));
	bool fits = len > 0 && (size_t)len < sizeof address;
	return (fits && n->kind == NODE_REF && names(n->text, slice_of(address, (size_t)len))) ||
	       same_name_attribute(s, n, r);
}
