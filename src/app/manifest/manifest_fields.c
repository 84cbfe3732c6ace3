/* Readers of the keys with a grammar of their own: routes, access, hosts, secrets in headers, databases. */
#include "app/manifest/manifest_schema.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "app/manifest/nearest.h"
#include "app/manifest/route.h"

#define EGRESS_MAX 50u

/* ---- http: METHOD /path/{param} ---- */

/* HEAD comes with GET, OPTIONS is ward's own. */
static const enum http_method routable[] = {HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE};
#define ROUTABLE_COUNT (sizeof routable / sizeof *routable)

static bool method_named(struct slice name, enum http_method *ret)
{
	for (size_t i = 0; i < ROUTABLE_COUNT; i++)
		if (slice_eq_cstr(name, http_method_name(routable[i]))) {
			*ret = routable[i];
			return true;
		}
	return false;
}

void read_route(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct manifest_route route = {.present = true, .place = node->place};
	struct slice text;
	if (!wants_text(r, key, node, &text))
		return;
	struct slice path = text;
	struct slice method = slice_cut(&path, ' ');
	if (!method_named(method, &route.method)) {
		refuse_node(r, node, "wrong-method",
		    "write GET, POST, PUT, PATCH or DELETE, then the path: POST /orders",
		    "\"%.*s\" is no method that a function can answer", SLICE_ARG(method));
		return;
	}
	path = slice_trim(path);
	const char *wrong = route_path_parse(path, r->arena, &route.params);
	if (wrong) {
		refuse_node(r, node, "wrong-path", "as in POST /orders/{order}/pay", "%s", wrong);
		return;
	}
	route.path = arena_copy(r->arena, path);
	r->no_memory |= !route.path.ptr;
	*(struct manifest_route *)target = route;
}

/* ---- auth ---- */

static const char *const auth_kinds[AUTH_KIND_COUNT] = {
    [AUTH_PUBLIC] = "public", [AUTH_USER] = "user", [AUTH_ROLE] = "role", [AUTH_SCOPE] = "scope"};

const char *auth_kind_name(enum auth_kind kind)
{
	return kind < AUTH_KIND_COUNT ? auth_kinds[kind] : "?";
}

static void refuse_access(struct reading *r, const struct yaml_node *node, struct slice kind)
{
	struct nearest n = {.word = kind};
	char hint[160];
	for (size_t i = 0; i < AUTH_KIND_COUNT; i++)
		nearest_try(&n, slice_cstr(auth_kinds[i]));
	(void)snprintf(hint, sizeof hint, "%s%.*s%sit is public, user, role:NAME or scope:NAME",
	    n.best.ptr ? "did you mean \"" : "", SLICE_ARG(n.best), n.best.ptr ? "\"? " : "");
	refuse_node(r, node, "wrong-auth", hint, "\"%.*s\" does not say who may call", SLICE_ARG(node->text));
}

/* "public", "user", "role:NAME", "scope:NAME". */
static void read_access_word(struct reading *r, const struct yaml_node *node, struct manifest_access *access)
{
	struct slice name = node->text;
	struct slice kind = slice_cut(&name, ':');
	size_t i = 0;
	while (i < AUTH_KIND_COUNT && !slice_eq_cstr(kind, auth_kinds[i]))
		i++;
	bool named = i == AUTH_ROLE || i == AUTH_SCOPE;
	if (i == AUTH_KIND_COUNT || named != (name.ptr != NULL)) {
		refuse_access(r, node, kind);
		return;
	}
	if (named && !is_role_name(name)) {
		refuse_node(r, node, "wrong-name", ROLE_NAME_HINT, "\"%.*s\" cannot name a %s",
		    SLICE_ARG(name), auth_kinds[i]);
		return;
	}
	access->kind = (enum auth_kind)i;
	access->name = named ? arena_copy(r->arena, name) : SLICE_NONE;
}

static void read_access_map(struct reading *r, const struct yaml_node *node, struct manifest_access *access)
{
	struct access_text text = {0};
	read_group(r, &access_group, node, &text);
	if (text.role.ptr && text.scope.ptr)
		refuse_node(r, node, "wrong-auth", NULL, "auth is for a role or for a scope, not for both");
	if (text.scope.ptr && (text.fresh_us || text.mfa))
		refuse_node(r, node, "wrong-auth", "leave fresh and mfa out",
		    "an API key proves nothing anew: fresh and mfa are for people");
	access->kind = text.role.ptr ? AUTH_ROLE : text.scope.ptr ? AUTH_SCOPE : AUTH_USER;
	access->name = text.role.ptr ? text.role : text.scope;
	access->fresh_us = text.fresh_us;
	access->mfa = text.mfa;
	access->tenant = text.tenant;
}

void read_access(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct manifest_access access = {.kind = AUTH_USER, .place = node->place};
	struct slice text;
	if (node->kind == YAML_MAP)
		read_access_map(r, node, &access);
	else if (wants_text(r, key, node, &text))
		read_access_word(r, node, &access);
	*(struct manifest_access *)target = access;
}

/* ---- egress ---- */

bool is_host(struct slice host, bool *ret_private)
{
	unsigned char bytes[16];
	char text[254];
	if (host.len == 0 || host.len >= sizeof text)
		return false;
	memcpy(text, host.ptr, host.len);
	text[host.len] = '\0';
	*ret_private = slice_eq_cstr(host, "localhost") || slice_ends(host, SLICE(".localhost")) ||
		       slice_ends(host, SLICE(".internal")) || slice_ends(host, SLICE(".local"));
	if (inet_pton(AF_INET, text, bytes) == 1) {
		*ret_private = bytes[0] == 127 || bytes[0] == 10 || bytes[0] == 0 ||
			       (bytes[0] == 192 && bytes[1] == 168) ||
			       (bytes[0] == 172 && (bytes[1] & 0xf0) == 16) ||
			       (bytes[0] == 169 && bytes[1] == 254);
		return true;
	}
	if (inet_pton(AF_INET6, text, bytes) == 1) {
		*ret_private = (bytes[0] & 0xfe) == 0xfc || (bytes[0] == 0xfe && bytes[1] >= 0x80) ||
			       strcmp(text, "::1") == 0;
		return true;
	}
	/* A name of labels (RFC 1123 section 2.1) whose last is not a number, so that 127.1 and 0x7f.1 are no
	 * names. */
	struct slice rest = host, label = SLICE_NONE;
	while (rest.ptr) {
		label = slice_cut(&rest, '.');
		if (label.len == 0 || label.len > 63 || label.ptr[0] == '-' ||
		    label.ptr[label.len - 1] == '-')
			return false;
		for (size_t i = 0; i < label.len; i++)
			if (!((label.ptr[i] >= 'a' && label.ptr[i] <= 'z') ||
				(label.ptr[i] >= '0' && label.ptr[i] <= '9') || label.ptr[i] == '-'))
				return false;
	}
	return label.len > 0 && (label.ptr[0] < '0' || label.ptr[0] > '9');
}

void read_host(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice text;
	bool private;
	if (!wants_text(r, key, node, &text))
		return;
	if (is_host(text, &private)) {
		*(struct slice *)target = text;
		return;
	}
	const char *hint = "write the exact name in lower case, as in api.example.com";
	if (memchr(text.ptr, '*', text.len))
		hint = "there are no wildcards: name each host";
	else if (memchr(text.ptr, '/', text.len))
		hint = "write the host alone; the path goes into \"paths\"";
	else if (memchr(text.ptr, ':', text.len))
		hint = "write the host alone; the port goes into \"port\"";
	refuse_node(r, node, "wrong-host", hint, "\"%.*s\" is no host", SLICE_ARG(text));
}

static uint32_t method_bit(struct reading *r, const struct yaml_node *node, struct slice name)
{
	enum http_method method;
	if (slice_eq_cstr(name, "HEAD"))
		return 1u << HTTP_HEAD;
	if (method_named(name, &method))
		return 1u << method;
	refuse_node(r, node, "wrong-method", "write GET, HEAD, POST, PUT, PATCH or DELETE",
	    "\"%.*s\" is no method", SLICE_ARG(name));
	return 0;
}

void read_methods(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	uint32_t methods = 0;
	if (node->kind == YAML_LIST) {
		for (const struct yaml_node *n = node->first; n; n = n->next)
			methods |= method_bit(r, n, n->kind == YAML_SCALAR ? n->text : SLICE("a list"));
	} else {
		struct slice rest;
		if (!wants_text(r, key, node, &rest))
			return;
		while (rest.ptr)
			methods |= method_bit(r, node, slice_trim(slice_cut(&rest, ',')));
	}
	if (methods)
		*(uint32_t *)target = methods;
}

bool is_header_name(struct slice text)
{
	if (text.len == 0 || text.len > 100)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!letter && (c <= 0x20 || !strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return true;
}

/* Headers that steer the connection or name the peer: a secret in them would change what ward sends where. */
static bool steers(struct slice name)
{
	static const char *const names[] = {"host", "connection", "content-length", "transfer-encoding",
	    "upgrade", "te", "trailer", "keep-alive", "proxy-connection", "expect"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_eq_nocase(name, slice_cstr(names[i])))
			return true;
	return false;
}

static bool is_header_format(struct slice format)
{
	size_t places = 0;
	for (size_t i = 0; i < format.len; i++) {
		if (format.ptr[i] < 0x20 || format.ptr[i] == 0x7f)
			return false;
		places += format.ptr[i] == '{' && i + 1 < format.len && format.ptr[i + 1] == '}';
	}
	return places == 1 && format.len <= 200;
}

void read_header(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct manifest_egress *e =
	    (void *)((char *)target - offsetof(struct manifest_egress, secret_header));
	struct slice text;
	if (!wants_text(r, key, node, &text))
		return;
	struct slice format = text;
	struct slice name = slice_cut(&format, ':');
	format = slice_trim(format);
	if (!is_header_name(name) || steers(name) || !is_header_format(format)) {
		refuse_node(r, node, "wrong-header",
		    "as in \"Authorization: Bearer {}\", with {} where the secret goes",
		    "this is no header that can carry a secret");
		return;
	}
	e->secret_header = arena_copy(r->arena, name);
	e->secret_format = arena_copy(r->arena, format);
	r->no_memory |= !e->secret_header.ptr || !e->secret_format.ptr;
}

void read_secret_use(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	read_group(r, key->group, node, target);
}

static void check_egress(struct reading *r, const struct yaml_node *node, struct manifest_egress *e)
{
	bool private = false;
	if (!e->port)
		e->port = e->tls ? 443 : 80;
	if (!e->host.ptr || !is_host(e->host, &private))
		return;
	if (private && !e->private_ok)
		refuse_node(r, node, "private-host", "add `private: true` if that is meant",
		    "%.*s lies in a private or loopback range", SLICE_ARG(e->host));
	if (!e->tls && !e->private_ok)
		refuse_node(
		    r, node, "plain-http", "leave `tls: false` out", "plain HTTP is for private hosts only");
}

void read_one_egress(
    struct reading *r, const struct key_group *group, const struct yaml_node *node, struct manifest_egress *e)
{
	e->place = node->place;
	read_group(r, group, node, e);
	check_egress(r, node, e);
}

void read_egress(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct manifest_function *f = (void *)((char *)target - offsetof(struct manifest_function, egress));
	if (node->kind != YAML_LIST || node->count > EGRESS_MAX) {
		refuse_node(r, yaml_is_null(node) ? node->key : node, "wrong-kind",
		    "as in - host: api.example.com", "\"egress\" is a list of at most %u hosts", EGRESS_MAX);
		return;
	}
	f->egress = arena_zalloc(r->arena, (node->count + 1) * sizeof *f->egress);
	if (!f->egress) {
		r->no_memory = true;
		return;
	}
	for (const struct yaml_node *n = node->first; n; n = n->next)
		read_one_egress(r, key->group, n, &f->egress[f->egress_count++]);
}

/* ---- groups and the database ---- */

void read_limits(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	read_group(r, key->group, node, target);
}

void read_budget(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	if (node->kind == YAML_MAP && node->count == 0)
		refuse_node(r, node, "empty-budget", "as in {calls: 100000, cpu: 30min}, or leave it out", "a budget says what may be used in a day");
	else
		read_group(r, key->group, node, target);
}

void read_page(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	read_group(r, key->group, node, target);
}

void read_url(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	if (node->kind == YAML_SCALAR && !yaml_is_null(node))
		/* The value is not repeated: it most likely holds a password. */
		refuse_node(r, node, "secret-in-file",
		    "write {secret: DATABASE_URL} and `ward secret set DATABASE_URL`",
		    "a database's URL does not belong into a file");
	else
		read_group(r, key->group, node, target);
}

static const char *const database_kinds[DATABASE_KIND_COUNT] = {
    [DATABASE_NONE] = "none", [DATABASE_SQLITE] = "sqlite", [DATABASE_POSTGRES] = "postgres"};

const char *database_kind_name(enum database_kind kind)
{
	return kind < DATABASE_KIND_COUNT ? database_kinds[kind] : "?";
}

void read_database_kind(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice text;
	if (!wants_text(r, key, node, &text))
		return;
	for (size_t i = DATABASE_SQLITE; i < DATABASE_KIND_COUNT; i++)
		if (slice_eq_cstr(text, database_kinds[i])) {
			*(enum database_kind *)target = (enum database_kind)i;
			return;
		}
	refuse_node(r, node, "wrong-database", "it is sqlite or postgres", "ward knows no database \"%.*s\"",
	    SLICE_ARG(text));
}

void read_database(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct manifest_database *database = target;
	if (node->kind == YAML_MAP)
		read_group(r, key->group, node, database);
	else
		read_database_kind(r, key, node, &database->kind);
	bool written = false;
	for (const struct yaml_node *n = node->first; node->kind == YAML_MAP && n; n = n->next)
		written |= slice_eq_cstr(n->key->text, "url");
	if (database->kind == DATABASE_POSTGRES && !written)
		refuse_node(r, node, "missing-key",
		    "write database: {kind: postgres, url: {secret: DATABASE_URL}}",
		    "a PostgreSQL database needs its url");
	if (database->kind == DATABASE_SQLITE && database->url_secret.ptr)
		refuse_node(r, node, "wrong-database", NULL,
		    "an SQLite database has no url: it is a file of ward's own");
}
