/* Readers of plain values: texts, names, numbers with units. */
#include "app/manifest/manifest_schema.h"

#include <stdlib.h>

#include "app/manifest/nearest.h"
#include "app/manifest/units.h"

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
