/* docs/ward-yaml.md, from the table that ward.yaml is read by. */
#include "app/manifest/manifest_schema.h"

static void add_cell(struct buf *out, const char *text)
{
	for (; *text; text++)
		buf_add_cstr(out, *text == '|' ? "\\|" : (char[]){*text, '\0'});
}

static void add_bounds(struct buf *out, const struct key *key)
{
	void (*write)(uint64_t value, struct buf * out) = NULL;
	if (key->read == read_duration)
		write = duration_text;
	else if (key->read == read_size)
		write = size_text;
	if (write) {
		buf_add_cstr(out, " From ");
		write(key->min, out);
		buf_add_cstr(out, " to ");
		write(key->max, out);
		buf_add_char(out, '.');
	} else if (key->read == read_count || key->read == read_port) {
		buf_printf(
		    out, " From %llu to %llu.", (unsigned long long)key->min, (unsigned long long)key->max);
	} else if (key->read == read_text) {
		buf_printf(out, " At most %llu bytes.", (unsigned long long)key->max);
	}
}

static void add_key(struct buf *out, const struct key *key)
{
	buf_printf(out, "| `%s` | ", key->name);
	if (key->group) {
		buf_add_cstr(out, key->form);
	} else {
		buf_add_char(out, '`');
		add_cell(out, key->form);
		buf_add_char(out, '`');
	}
	buf_add_cstr(out, " | ");
	if (key->required)
		buf_add_cstr(out, "required");
	else if (key->standard && key->standard[0])
		buf_printf(out, "`%s`", key->standard);
	buf_add_cstr(out, " | ");
	add_cell(out, key->about);
	add_bounds(out, key);
	buf_add_cstr(out, " |\n");
}

static const char introduction[] =
    "# ward.yaml\n\n"
    "What an app's author declares: its functions, who may call each, and what each may touch. `ward check` "
    "and\n"
    "`ward build` tell everything that is wrong with it at once, with line and column.\n\n"
    "```yaml\n"
    "app: shop\n"
    "database: sqlite\n"
    "functions:\n"
    "  pay:\n"
    "    source: functions/pay.ts\n"
    "    http: POST /orders/{order}/pay\n"
    "    auth: {user, fresh: 5min}\n"
    "    queries: [GetOwnOrder, InsertPayment]\n"
    "    egress:\n"
    "      - host: api.stripe.com\n"
    "        methods: [POST]\n"
    "        secret: {name: STRIPE_KEY, header: \"Authorization: Bearer {}\"}\n"
    "    publish: [order.paid]\n"
    "    limits: {cpu: 20ms, memory: 32MiB, rate: 10/min/user}\n"
    "```\n\n"
    "Durations are written with `us`, `ms`, `s`, `min`, `h` or `d`; sizes with `B`, `KiB`, `MiB` or `GiB`; "
    "rates as\n"
    "`COUNT/PERIOD` or `COUNT/PERIOD/WHOM`, where the period is `s`, `min`, `h` or `d` and whom is `user`, "
    "`ip` or `app`.\n"
    "Anchors, aliases, tags, merge keys and several documents are not part of ward.yaml.\n\n"
    "This page is printed by `ward reference ward-yaml` from the table that the file is read by.\n";

void manifest_reference(struct buf *out)
{
	buf_add_cstr(out, introduction);
	for (const struct key_group *const *g = manifest_groups; *g; g++) {
		buf_printf(out, "\n## %s%s%s\n\n", g == manifest_groups ? "" : "`", (*g)->title,
		    g == manifest_groups ? "" : "`");
		buf_add_cstr(out, "| key | written as | left out | what it is |\n|---|---|---|---|\n");
		for (size_t i = 0; i < (*g)->count; i++)
			add_key(out, &(*g)->keys[i]);
	}
}
