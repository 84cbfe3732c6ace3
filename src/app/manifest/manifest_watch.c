/* The part of the table that is about watching: how long behaviour is learned, what is done about what, whom to tell. */
#include "app/manifest/manifest_schema.h"

#include <stddef.h>

#include "app/manifest/nearest.h"

#define S 1000000ull
#define DAY (86400 * S)
#define HOSTS_MAX 8u
#define ADDRESSES_MAX 8u

static const char *const rules[WATCH_RULES] = {
    [RULE_STANDARD] = "standard",
    [RULE_RECORD] = "record",
    [RULE_ALERT] = "alert",
    [RULE_CHALLENGE] = "challenge",
    [RULE_THROTTLE] = "throttle",
    [RULE_QUARANTINE] = "quarantine",
};

const char *watch_rule_name(enum watch_rule rule)
{
	return rule < WATCH_RULES ? rules[rule] : "?";
}

static void read_rule(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice text;
	if (!wants_text(r, key, node, &text))
		return;
	for (size_t i = RULE_RECORD; i < WATCH_RULES; i++)
		if (slice_eq_cstr(text, rules[i])) {
			*(uint32_t *)target = (uint32_t)i;
			return;
		}
	refuse_node(r, node, "wrong-rule", "it is record, alert, challenge, throttle or quarantine",
	    "\"%.*s\" does not say what to do", SLICE_ARG(text));
}

static void read_map(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	read_group(r, key->group, node, target);
}

void read_watch(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	read_group(r, key->group, node, target);
}

/* Hosts as a function's egress, each with the one path that is posted to. */
static void read_hosts(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct manifest_hosts *hosts = target;
	if (node->kind != YAML_LIST || node->count > HOSTS_MAX) {
		refuse_node(r, yaml_is_null(node) ? node->key : node, "wrong-kind", "as in - host: hooks.example.com",
		    "\"%s\" is a list of at most %u hosts", key->name, HOSTS_MAX);
		return;
	}
	hosts->items = arena_zalloc(r->arena, (node->count + 1) * sizeof *hosts->items);
	if (!hosts->items) {
		r->no_memory = true;
		return;
	}
	for (const struct yaml_node *n = node->first; n; n = n->next) {
		struct manifest_egress *e = &hosts->items[hosts->count++];
		read_one_egress(r, key->group, n, e);
		if (e->paths.count != 1)
			refuse_node(r, n, "wrong-path", "as in paths: [/hooks/ward]", "name the one path that is posted to");
	}
}

/* Enough to tell a slip from an address; what is one in full is for whoever sends (identity/user.h). */
static bool is_address(struct slice text)
{
	const char *at = memchr(text.ptr ? text.ptr : "", '@', text.len);
	bool ok = at && at > text.ptr && at + 1 < text.ptr + text.len && text.len <= 254;
	for (size_t i = 0; i < text.len; i++)
		ok = ok && (unsigned char)text.ptr[i] > 0x20 && (unsigned char)text.ptr[i] < 0x7f &&
		     !strchr("<>,;:\"\\()[]", text.ptr[i]) && (text.ptr[i] != '@' || text.ptr + i == at);
	return ok;
}

static void read_addresses(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice_list *list = target;
	if (node->kind != YAML_LIST || node->count > ADDRESSES_MAX) {
		refuse_node(r, yaml_is_null(node) ? node->key : node, "wrong-kind", "as in [ops@example.org]",
		    "\"%s\" is a list of at most %u addresses", key->name, ADDRESSES_MAX);
		return;
	}
	list->items = arena_zalloc(r->arena, (node->count + 1) * sizeof *list->items);
	r->no_memory |= !list->items;
	for (const struct yaml_node *n = node->first; n && list->items; n = n->next) {
		struct slice text;
		if (!wants_text(r, key, n, &text))
			continue;
		if (is_address(text))
			list->items[list->count++] = text;
		else
			refuse_node(r, n, "wrong-address", "as in ops@example.org", "\"%.*s\" is no address of a mailbox",
			    SLICE_ARG(text));
	}
}

#define RULE(signal)                                                                                         \
	{#signal, read_rule, offsetof(struct manifest_watch, rules[WATCH_SIGNAL_##signal]) -                 \
				 offsetof(struct manifest_watch, rules),                                      \
	    .form = "record, alert, challenge, throttle or quarantine", .about = "See docs/monitoring.md."},
static const struct key rule_keys[] = {WATCH_SIGNALS(RULE)};
#undef RULE
const struct key_group watch_rules_group = {"the rules of watch", "watch.rules", rule_keys,
    sizeof rule_keys / sizeof *rule_keys, sizeof(((struct manifest_watch *)0)->rules)};

static const struct key watch_keys[] = {
    {"learn", read_duration, offsetof(struct manifest_watch, learn_us), .form = "1d", .standard = "1d", .min = S,
	.max = 30 * DAY,
	.about = "How long the behaviour of a function, and of each new version of it, is learned before what departs from it is "
		 "told of. What the contract forbids is told of from the first call."},
    {"learn_calls", read_count, offsetof(struct manifest_watch, learn_calls), .form = "200", .standard = "200", .min = 10,
	.max = 1000000, .about = "Calls that are learned from at least; the later of the two ends learning."},
    {"learn_spans", read_count, offsetof(struct manifest_watch, learn_spans), .form = "30", .standard = "30", .min = 5,
	.max = 8640, .about = "Spans of which a measure's record is made at least before it is one."},
    {"span", read_duration, offsetof(struct manifest_watch, span_us), .form = "10s", .standard = "10s", .min = S,
	.max = 60 * S, .about = "The time over which calls are counted and means are made. A short one sees sooner and errs more."},
    {"rules", read_map, offsetof(struct manifest_watch, rules), .group = &watch_rules_group, .form = "a map of signal to action",
	.standard = "",
	.about = "What is done about each kind of signal. Left out: as docs/monitoring.md says of each; nothing takes a function "
		 "down unless it is written here."},
    {"webhooks", read_hosts, offsetof(struct manifest_watch, webhooks), .group = &webhook_group, .form = "a list of hosts",
	.about = "Who is told of incidents: a JSON object is posted to the host's one path when an incident is acted on and when it "
		 "is over, again and again for some hours until it is taken."},
    {"mail", read_addresses, offsetof(struct manifest_watch, mail), .form = "[ops@example.org]",
	.about = "Who is told of incidents by mail, through the mail server of `mail`: one when an incident is acted on and one when "
		 "it is over; many at once are one mail, and no more than twelve go in an hour."},
    {"otlp", read_hosts, offsetof(struct manifest_watch, otlp), .group = &egress_group, .form = "a list of hosts",
	.about = "Collectors that get traces, metrics and what functions log as OTLP over HTTP (JSON), below the host's one path: "
		 "`/v1/traces`, `/v1/metrics`, `/v1/logs`."},
};
const struct key_group watch_group = {
    "watch", "watch", watch_keys, sizeof watch_keys / sizeof *watch_keys, sizeof(struct manifest_watch)};
