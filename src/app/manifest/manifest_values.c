/* Readers of plain values: texts, names, numbers with units, lists of names. */
#include "app/manifest/manifest_schema.h"

#include <stdlib.h>

#include "app/manifest/nearest.h"
#include "app/manifest/units.h"

#define NAMES_MAX 200u

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool is_name(struct slice text, size_t max)
{
	if (text.len == 0 || text.len > max || !is_lower(text.ptr[0]))
		return false;
	for (size_t i = 1; i < text.len; i++)
		if (!is_lower(text.ptr[i]) && !is_digit(text.ptr[i]) && text.ptr[i] != '_' &&
		    text.ptr[i] != '-')
			return false;
	return true;
}

bool is_role_name(struct slice text)
{
	if (text.len == 0 || text.len > ROLE_NAME_MAX || !is_lower(text.ptr[0]))
		return false;
	for (size_t i = 1; i < text.len; i++)
		if (!is_lower(text.ptr[i]) && !is_digit(text.ptr[i]) && !memchr("._:-", text.ptr[i], 4))
			return false;
	return true;
}

bool is_identifier(struct slice text, size_t max)
{
	if (text.len == 0 || text.len > max || is_digit(text.ptr[0]))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!is_lower(text.ptr[i]) && !is_upper(text.ptr[i]) && !is_digit(text.ptr[i]) &&
		    text.ptr[i] != '_')
			return false;
	return true;
}

bool is_secret_name(struct slice text)
{
	if (text.len == 0 || text.len > 64 || !is_upper(text.ptr[0]))
		return false;
	for (size_t i = 1; i < text.len; i++)
		if (!is_upper(text.ptr[i]) && !is_digit(text.ptr[i]) && text.ptr[i] != '_')
			return false;
	return true;
}

bool wants_text(struct reading *r, const struct key *key, const struct yaml_node *node, struct slice *ret)
{
	if (node->kind != YAML_SCALAR || yaml_is_null(node)) {
		refuse_node(r, yaml_is_null(node) && node->key ? node->key : node, "wrong-kind", NULL,
		    "\"%s\" is one value, as in %s", key->name, key->form);
		return false;
	}
	*ret = node->text;
	return true;
}

void read_text(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice text;
	if (!wants_text(r, key, node, &text))
		return;
	if (text.len > key->max)
		refuse_node(r, node, "too-long", NULL, "\"%s\" is at most %llu bytes", key->name,
		    (unsigned long long)key->max);
	else
		*(struct slice *)target = text;
}

void read_name(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice text;
	if (!wants_text(r, key, node, &text))
		return;
	if (!is_name(text, key->max))
		refuse_node(r, node, "wrong-name",
		    "use lower-case letters, digits, \"-\" and \"_\", a letter first",
		    "\"%.*s\" cannot be a name here", SLICE_ARG(text));
	else
		*(struct slice *)target = text;
}

void read_role(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice text;
	if (!wants_text(r, key, node, &text))
		return;
	if (!is_role_name(text))
		refuse_node(r, node, "wrong-name", ROLE_NAME_HINT, "\"%.*s\" cannot name a %s",
		    SLICE_ARG(text), key->name);
	else
		*(struct slice *)target = text;
}

void read_identifier(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice text;
	if (!wants_text(r, key, node, &text))
		return;
	if (!is_identifier(text, 64))
		refuse_node(r, node, "wrong-name", NULL, "\"%.*s\" is no name of an exported function",
		    SLICE_ARG(text));
	else
		*(struct slice *)target = text;
}

void read_secret_name(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice text;
	if (!wants_text(r, key, node, &text))
		return;
	if (!is_secret_name(text))
		/* The value is not repeated: someone may have written the secret itself here. */
		refuse_node(r, node, "wrong-name",
		    "write the secret's name, as in STRIPE_KEY, never its value",
		    "this is not the name of a secret");
	else
		*(struct slice *)target = text;
}

/* A path below the app: no way out of it, no way to mean two files. */
void read_source(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice text, part;
	if (!wants_text(r, key, node, &text))
		return;
	bool ok = text.len > 0 && text.len <= 200 &&
		  (slice_ends(text, SLICE(".ts")) || slice_ends(text, SLICE(".tsx")));
	for (struct slice rest = text; ok && rest.ptr;) {
		part = slice_cut(&rest, '/');
		ok = part.len > 0 && part.ptr[0] != '.' && !memchr(part.ptr, '\\', part.len);
	}
	for (size_t i = 0; ok && i < text.len; i++)
		ok = (unsigned char)text.ptr[i] >= 0x20 && text.ptr[i] != 0x7f;
	if (!ok || slice_ends(text, SLICE(".d.ts")))
		refuse_node(r, node, "wrong-source",
		    "write a path like functions/pay.ts, relative to ward.yaml",
		    "\"%.*s\" is no TypeScript file of this app", SLICE_ARG(text));
	else
		*(struct slice *)target = text;
}

/* true, false; a key without a value, as in {user, mfa}, means true. */
void read_flag(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	bool yes = yaml_is_null(node) ||
		   (node->kind == YAML_SCALAR && !node->quoted && slice_eq_cstr(node->text, "true"));
	bool no = node->kind == YAML_SCALAR && !node->quoted && slice_eq_cstr(node->text, "false");
	if (!yes && !no)
		refuse_node(r, node, "wrong-kind", NULL, "\"%s\" is true or false", key->name);
	else
		*(bool *)target = yes;
}

static bool in_bounds(struct reading *r, const struct key *key, const struct yaml_node *node, uint64_t value,
    void (*write)(uint64_t value, struct buf *out))
{
	if (value >= key->min && value <= key->max)
		return true;
	CLEANUP_BUF struct buf least = BUF_INIT(64);
	CLEANUP_BUF struct buf most = BUF_INIT(64);
	write(key->min, &least);
	write(key->max, &most);
	refuse_node(r, node, "out-of-range", NULL, "\"%s\" is between %s and %s", key->name, buf_cstr(&least),
	    buf_cstr(&most));
	return false;
}

void read_duration(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice text;
	uint64_t value;
	if (!wants_text(r, key, node, &text))
		return;
	if (!duration_parse(text, &value))
		refuse_node(r, node, "wrong-unit", "write a number and a unit: us, ms, s, min, h or d",
		    "\"%.*s\" is no duration", SLICE_ARG(text));
	else if (in_bounds(r, key, node, value, duration_text))
		*(uint64_t *)target = value;
}

void read_size(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice text;
	uint64_t value;
	if (!wants_text(r, key, node, &text))
		return;
	if (!size_parse(text, &value))
		refuse_node(r, node, "wrong-unit", "write a number and a unit: B, KiB, MiB or GiB",
		    "\"%.*s\" is no size", SLICE_ARG(text));
	else if (in_bounds(r, key, node, value, size_text))
		*(uint64_t *)target = value;
}

static void number_text(uint64_t value, struct buf *out)
{
	buf_printf(out, "%llu", (unsigned long long)value);
}

static bool wants_number(
    struct reading *r, const struct key *key, const struct yaml_node *node, uint64_t *ret)
{
	struct slice text;
	if (!wants_text(r, key, node, &text))
		return false;
	if (node->quoted || !slice_to_u64(text, ret)) {
		refuse_node(r, node, "wrong-kind", NULL, "\"%s\" is a whole number", key->name);
		return false;
	}
	return in_bounds(r, key, node, *ret, number_text);
}

void read_count(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	uint64_t value;
	if (wants_number(r, key, node, &value))
		*(uint64_t *)target = value;
}

void read_port(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	uint64_t value;
	if (wants_number(r, key, node, &value))
		*(uint16_t *)target = (uint16_t)value;
}

void read_rate(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice text;
	if (!wants_text(r, key, node, &text))
		return;
	if (!rate_parse(text, target))
		refuse_node(r, node, "wrong-unit",
		    "write a count, a period and for whom it counts, as in 10/min/user",
		    "\"%.*s\" is no rate", SLICE_ARG(text));
}

typedef bool item_check_fn(struct reading *r, const struct yaml_node *node);

static int by_text(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

/* A list of texts, sorted: their order means nothing, so contracts do not depend on it. */
static void read_list(struct reading *r, const struct key *key, const struct yaml_node *node, void *target,
    item_check_fn *check)
{
	struct slice_list list = {0};
	if (node->kind != YAML_LIST) {
		refuse_node(r, yaml_is_null(node) ? node->key : node, "wrong-kind", NULL,
		    "\"%s\" is a list: %s", key->name, key->form);
		return;
	}
	if (node->count > NAMES_MAX) {
		refuse_node(
		    r, node, "too-many", NULL, "\"%s\" has more than %u entries", key->name, NAMES_MAX);
		return;
	}
	list.items = arena_array(r->arena, node->count + 1, sizeof *list.items);
	if (!list.items) {
		r->no_memory = true;
		return;
	}
	for (const struct yaml_node *n = node->first; n; n = n->next) {
		bool twice = false;
		if (n->kind != YAML_SCALAR || yaml_is_null(n)) {
			refuse_node(r, n, "wrong-kind", NULL, "an entry of \"%s\" is a text", key->name);
			continue;
		}
		for (size_t i = 0; i < list.count; i++)
			twice |= slice_eq(list.items[i], n->text);
		if (twice)
			refuse_node(r, n, "duplicate-entry", "keep one of the two", "\"%.*s\" is there twice",
			    SLICE_ARG(n->text));
		else if (check(r, n))
			list.items[list.count++] = n->text;
	}
	qsort(list.items, list.count, sizeof *list.items, by_text);
	*(struct slice_list *)target = list;
}

static bool check_query(struct reading *r, const struct yaml_node *n)
{
	if (is_identifier(n->text, 64) && is_upper(n->text.ptr[0]))
		return true;
	refuse_node(r, n, "wrong-name", "a query is named in PascalCase, as in GetOrder",
	    "\"%.*s\" is no name of a query", SLICE_ARG(n->text));
	return false;
}

static bool check_secret(struct reading *r, const struct yaml_node *n)
{
	if (is_secret_name(n->text))
		return true;
	refuse_node(r, n, "wrong-name", "write the secret's name, as in SIGNING_KEY, never its value",
	    "this is not the name of a secret");
	return false;
}

static bool check_topic(struct reading *r, const struct yaml_node *n)
{
	bool ok = n->text.len <= 100;
	for (struct slice rest = n->text; ok && rest.ptr;)
		ok = is_name(slice_cut(&rest, '.'), 64);
	if (!ok)
		refuse_node(r, n, "wrong-name",
		    "write lower-case words with dots between them, as in order.paid", "\"%.*s\" is no topic",
		    SLICE_ARG(n->text));
	return ok;
}

static bool check_path(struct reading *r, const struct yaml_node *n)
{
	bool ok = n->text.len > 0 && n->text.len <= 200 && n->text.ptr[0] == '/';
	for (size_t i = 0; ok && i < n->text.len; i++)
		ok = n->text.ptr[i] > 0x20 && n->text.ptr[i] < 0x7f && !strchr("?#%\\{}*", n->text.ptr[i]);
	for (struct slice rest = n->text; ok && rest.ptr;) {
		struct slice part = slice_cut(&rest, '/');
		ok = !slice_eq_cstr(part, ".") && !slice_eq_cstr(part, "..");
	}
	if (!ok)
		refuse_node(r, n, "wrong-path", "write a prefix like /v1/charges",
		    "\"%.*s\" is no path prefix", SLICE_ARG(n->text));
	return ok;
}

/* A source of CSP level 3, section 2.3.1, of the kinds that name one place. */
static bool check_origin(struct reading *r, const struct yaml_node *n)
{
	static const char *const schemes[] = {"https://", "wss://", "http://127.0.0.1", "http://localhost"};
	bool ok = slice_eq_cstr(n->text, "data:") || slice_eq_cstr(n->text, "blob:");
	for (size_t i = 0; !ok && i < sizeof schemes / sizeof *schemes; i++)
		ok = slice_starts(n->text, slice_cstr(schemes[i])) && n->text.len > strlen("https://");
	for (size_t i = 0; ok && i < n->text.len; i++)
		ok = is_lower(n->text.ptr[i]) || is_digit(n->text.ptr[i]) || strchr(":/.-_", n->text.ptr[i]);
	if (!ok || n->text.len > 200)
		refuse_node(r, n, "wrong-origin",
		    "write an origin like https://images.example.com, without wildcards",
		    "\"%.*s\" is nothing that a page may load from", SLICE_ARG(n->text));
	return ok && n->text.len <= 200;
}

void read_secrets(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	read_list(r, key, node, target, check_secret);
}

void read_topics(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	read_list(r, key, node, target, check_topic);
}

void read_origins(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	read_list(r, key, node, target, check_origin);
}

void read_countries(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	read_list(r, key, node, target, check_country);
}

static bool check_range(struct reading *r, const struct yaml_node *n)
{
	struct net_range range;
	const bool ok = net_range_parse(n->text, &range);
	if (!ok)
		refuse_node(r, n, "wrong-range", "write an address or a network, as in 10.0.0.0/8, with no bit set past the prefix",
		    "\"%.*s\" is no range of addresses", SLICE_ARG(n->text));
	return ok;
}

void read_proxies(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	if (node->kind == YAML_LIST && node->count > NET_RANGES_MAX)
		refuse_node(r, node, "too-many", NULL, "\"%s\" has more than %u entries", key->name, NET_RANGES_MAX);
	else
		read_list(r, key, node, target, check_range);
}

void read_proxy_header(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice text;
	if (!wants_text(r, key, node, &text))
		return;
	for (int i = 0; i < FORWARDED_HEADER_COUNT; i++)
		if (slice_eq_nocase(text, slice_cstr(forwarded_header_name((enum forwarded_header)i)))) {
			*(enum forwarded_header *)target = (enum forwarded_header)i;
			return;
		}
	refuse_node(r, node, "wrong-header", "write X-Forwarded-For or Forwarded", "\"%.*s\" is no header that proxies are known to write",
	    SLICE_ARG(text));
}

void read_paths(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	read_list(r, key, node, target, check_path);
}

/* With the place of each, for what only the database can say about them. */
void read_queries(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice_list *list = target;
	struct manifest_function *f = (void *)((char *)target - offsetof(struct manifest_function, queries));
	read_list(r, key, node, target, check_query);
	f->query_places = list->count ? arena_array(r->arena, list->count, sizeof *f->query_places) : NULL;
	for (size_t i = 0; f->query_places && i < list->count; i++)
		for (const struct yaml_node *n = node->first; n; n = n->next)
			if (n->kind == YAML_SCALAR && slice_eq(n->text, list->items[i]))
				f->query_places[i] = n->place;
	r->no_memory |= list->count && !f->query_places;
}
