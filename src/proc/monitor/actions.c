/* The list of actions. Called when incidents change, when an operator says so, and every second. */
#include "proc/monitor/actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/size.h"
#include "base/log.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proc/monitor/gateways.h"

#define MINUTE_MS 60000
/* Of what came before, this part still passes. */
#define THROTTLE_PART 10u
#define THROTTLE_LEAST 6u /* a minute */

static const char *const names[GUARD_ACTIONS] = {[GUARD_CHALLENGE] = "challenge",
    [GUARD_THROTTLE] = "throttle",
    [GUARD_QUARANTINE] = "quarantine",
    [GUARD_BAN] = "ban"};

static const enum guard_action guard_of[ACTION_COUNT] = {[ACTION_RECORD] = GUARD_END,
    [ACTION_ALERT] = GUARD_END,
    [ACTION_CHALLENGE] = GUARD_CHALLENGE,
    [ACTION_THROTTLE] = GUARD_THROTTLE,
    [ACTION_QUARANTINE] = GUARD_QUARANTINE};

const char *action_name(enum guard_action kind)
{
	return names[kind] ? names[kind] : "none";
}

bool action_of_name(struct slice name, enum guard_action *ret)
{
	for (unsigned i = 0; i < GUARD_ACTIONS; i++)
		if (names[i] && slice_eq_cstr(name, names[i])) {
			*ret = (enum guard_action)i;
			return true;
		}
	return false;
}

static struct slice guard_parts(const struct action *a, enum guard_action kind, struct guard_head *head)
{
	const struct slice function = slice_cstr(a->function);
	*head = (struct guard_head){.id = a->id,
	    .action = (uint8_t)kind,
	    .by_prefix = a->by_prefix,
	    .prefix_bits = a->prefix.length,
	    .per_minute = a->per_minute,
	    .function_bytes = (uint32_t)function.len,
	    .caller = a->caller,
	    .address = a->address,
	    .until_ms = a->until_ms};
	memcpy(head->prefix, a->prefix.address, sizeof head->prefix);
	head->by_country = a->country[0] != '\0';
	if (head->by_country)
		memcpy(head->prefix, a->country, 2);
	return function;
}

static void tell(struct monitor_process *p, const struct action *a, enum guard_action kind)
{
	struct guard_head head;
	const struct slice function = guard_parts(a, kind, &head);
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head), function};
	for (uint32_t i = 0; i < MONITOR_GATEWAYS_MAX; i++)
		gateway_send(p, i, RECORD_GUARD, 0, parts, ARRAY_LEN(parts));
	p->actions->changed = true;
}

void actions_tell_all(struct monitor_process *p, uint32_t gateway)
{
	struct guard_head head = {.action = GUARD_ANEW};
	struct slice parts[] = {slice_of((const char *)&head, sizeof head), SLICE_NONE};
	gateway_send(p, gateway, RECORD_GUARD, 0, parts, ARRAY_LEN(parts));
	for (uint32_t i = 0; i < ACTIONS_MAX; i++) {
		const struct action *a = &p->actions->of[i];
		if (!a->id)
			continue;
		parts[1] = guard_parts(a, a->kind, &head);
		gateway_send(p, gateway, RECORD_GUARD, 0, parts, ARRAY_LEN(parts));
	}
}

static struct action *of_incident(struct monitor_process *p, uint32_t incident)
{
	for (uint32_t i = 0; i < ACTIONS_MAX; i++)
		if (p->actions->of[i].id && p->actions->of[i].incident == incident)
			return &p->actions->of[i];
	return NULL;
}

static struct action *put(struct monitor_process *p, const struct action *wanted)
{
	for (uint32_t i = 0; i < ACTIONS_MAX; i++) {
		struct action *a = &p->actions->of[i];
		if (a->id)
			continue;
		*a = *wanted;
		a->id = ++p->actions->next_id;
		tell(p, a, a->kind);
		return a;
	}
	return NULL;
}

static void end(struct monitor_process *p, struct action *a)
{
	const bool by_hand = a->incident == 0;
	tell(p, a, GUARD_END);
	*a = (struct action){0};
	if (by_hand)
		actions_remember(p);
}

struct kept_head {
	char magic[8];
	uint32_t action_bytes, next_id;
	char run[16];
};
static const char kept_magic[8] = "WARDACT";

void actions_remember(const struct monitor_process *p)
{
	CLEANUP_BUF struct buf out = BUF_INIT(sizeof(struct actions) + sizeof(struct kept_head));
	struct kept_head head = {.action_bytes = sizeof(struct action), .next_id = p->actions->next_id};
	struct error err = {0};
	memcpy(head.magic, kept_magic, sizeof head.magic);
	memcpy(head.run, p->child->setup_text, sizeof head.run);
	buf_add(&out, &head, sizeof head);
	for (uint32_t i = 0; i < ACTIONS_MAX; i++)
		if (p->actions->of[i].id && !p->actions->of[i].incident)
			buf_add(&out, &p->actions->of[i], sizeof p->actions->of[i]);
	if (!buf_ok(&out) || !is_ok(file_write_atomic("actions", buf_slice(&out), 0600, &err)))
		LOG_ERROR("cannot_keep_actions", LOG_STR("why", err.text));
}

/* The file is the monitor's own, of one build for itself; what does not match is not read. */
static void recall_from(struct monitor_process *p, struct slice text, int64_t now_ms)
{
	struct kept_head head;
	if (text.len < sizeof head)
		return;
	memcpy(&head, text.ptr, sizeof head);
	if (memcmp(head.magic, kept_magic, sizeof head.magic) != 0 || head.action_bytes != sizeof(struct action) ||
	    (text.len - sizeof head) % sizeof(struct action) != 0)
		return;
	const bool same_run = memcmp(head.run, p->child->setup_text, sizeof head.run) == 0;
	p->actions->next_id = head.next_id;
	uint32_t count = 0;
	for (size_t at = sizeof head; at < text.len && count < ACTIONS_MAX; at += sizeof(struct action)) {
		struct action *a = &p->actions->of[count];
		memcpy(a, text.ptr + at, sizeof *a);
		const bool good = a->until_ms > now_ms && (same_run || (!a->caller && !a->address));
		count += good;
		if (!good)
			*a = (struct action){0};
	}
}

void actions_recall(struct monitor_process *p, int64_t now_ms)
{
	struct slice text;
	if (!is_ok(file_read("actions", sizeof(struct actions) + sizeof(struct kept_head), NULL, &text)))
		return;
	recall_from(p, text, now_ms);
	free((char *)(uintptr_t)text.ptr);
}

uint32_t actions_rate(const struct monitor_process *p, uint32_t function, uint64_t caller, uint64_t address)
{
	const uint64_t since_us = (uint64_t)(clock_unix_ms() - MINUTE_MS) * 1000;
	const struct invocation *v;
	uint32_t count = 0;
	for (uint64_t i = 0; (v = monitor_recent(p->monitor, i)) && v->time_us >= since_us; i++)
		count += monitor_recent_function(p->monitor, i) == function && (!caller || v->caller == caller) &&
			 (!address || v->address == address);
	return count;
}

static int64_t ends_ms(const struct monitor_process *p, const struct incident *i)
{
	return i->last_ms + p->monitor->observer.book.rules[i->kind].release_ms;
}

void actions_on_incident(struct monitor_process *p, const struct incident *i)
{
	struct action *a = of_incident(p, i->id);
	const enum guard_action kind = guard_of[i->action];
	if (i->state == INCIDENT_CLOSED || kind == GUARD_END) {
		if (a)
			end(p, a);
		return;
	}
	if (a || i->function >= p->monitor->total_count)
		return;
	struct action wanted = {.incident = i->id,
	    .kind = kind,
	    .caller = i->subject_is_address ? 0 : i->subject,
	    .address = i->subject_is_address ? i->subject : 0,
	    .since_ms = i->acted_ms,
	    .until_ms = ends_ms(p, i)};
	(void)snprintf(wanted.function, sizeof wanted.function, "%s", p->monitor->totals[i->function].name);
	(void)snprintf(wanted.by, sizeof wanted.by, "rule");
	(void)snprintf(wanted.why, sizeof wanted.why, "%s", signal_manifests[i->kind].name);
	wanted.per_minute = (uint32_t)size_max(
	    actions_rate(p, i->function, wanted.caller, wanted.address) / THROTTLE_PART, THROTTLE_LEAST);
	(void)put(p, &wanted);
}

const struct action *actions_add(struct monitor_process *p, const struct action *wanted)
{
	struct action a = *wanted;
	a.per_minute = (uint32_t)size_max(a.per_minute / THROTTLE_PART, THROTTLE_LEAST);
	const struct action *made = put(p, &a);
	actions_remember(p);
	return made;
}

bool actions_end(struct monitor_process *p, uint32_t id, const char *by, struct action *ret)
{
	for (uint32_t i = 0; id && i < ACTIONS_MAX; i++) {
		struct action *a = &p->actions->of[i];
		if (a->id != id)
			continue;
		*ret = *a;
		if (!a->incident ||
		    !is_ok(monitor_process_release(p, a->incident, by)))
			end(p, a);
		return true;
	}
	return false;
}

static const struct incident *incident_of(const struct monitor_process *p, uint32_t id)
{
	for (uint32_t i = 0; id && i < INCIDENTS_MAX; i++)
		if (p->monitor->observer.book.incidents[i].id == id)
			return &p->monitor->observer.book.incidents[i];
	return NULL;
}

void actions_tick(struct monitor_process *p, int64_t now_ms)
{
	for (uint32_t i = 0; i < ACTIONS_MAX; i++) {
		struct action *a = &p->actions->of[i];
		const struct incident *incident = a->id ? incident_of(p, a->incident) : NULL;
		if (a->id && incident && incident->state != INCIDENT_CLOSED &&
		    a->until_ms < ends_ms(p, incident)) {
			a->until_ms = ends_ms(p, incident);
			tell(p, a, a->kind);
		} else if (a->id && a->until_ms <= now_ms) {
			end(p, a);
		}
	}
}

const char *actions_of_function(const struct monitor_process *p, uint32_t function)
{
	enum guard_action strongest = GUARD_END;
	const char *name = function < p->monitor->total_count ? p->monitor->totals[function].name : "";
	for (uint32_t i = 0; i < ACTIONS_MAX; i++) {
		const struct action *a = &p->actions->of[i];
		if (a->id && !a->caller && !a->address && !a->by_prefix && !a->country[0] && a->kind > strongest &&
		    strcmp(a->function, name) == 0)
			strongest = a->kind;
	}
	return action_name(strongest);
}
