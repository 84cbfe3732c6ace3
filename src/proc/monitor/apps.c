/* Contracts, for their names alone. Called by the monitor's loop; the supervisor checked what it sends. */
#include <string.h>
#include <sys/mman.h>

#include "base/check.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proc/monitor/deployments.h"
#include "proc/monitor/monitor.h"

#define APP_ARENA_BYTES (256u << 20)
#define US_PER_S 1000000u
_Static_assert((unsigned)WATCH_SIGNAL_COUNT == (unsigned)SIGNAL_KIND_COUNT, "a rule for each signal");

static void contract_done(struct monitor_app *app)
{
	arena_done(&app->arena);
	if (app->text.len)
		munmap((void *)(uintptr_t)app->text.ptr, app->text.len);
	*app = (struct monitor_app){0};
}

static result name_functions(
    struct monitor_process *p, const struct monitor_app *app, int versions_fd, struct error *err)
{
	struct monitor *m = p->monitor;
	struct slice versions;
	TRY(fd_map_sealed(versions_fd, err, &versions));
	const int64_t now_s = clock_unix_ms() / 1000;
	/* Sign-in is watched as if it were a function, one past the last that there can be. */
	result r = monitor_name(m, function_ref(app->generation, SIGN_IN_INDEX), app->contract.app,
	    SLICE(SIGN_IN_NAME), 1, err);
	const struct manifest_budget *b = &app->contract.budget;
	if (is_ok(r) && (b->calls || b->cpu_us || b->response_bytes || b->fetches))
		r = monitor_name(m, function_ref(app->generation, APP_INDEX), app->contract.app, SLICE(APP_NAME), 1, err);
	for (uint32_t i = 0; i < app->contract.function_count && is_ok(r); i++) {
		uint32_t version = 0;
		if (versions.len >= (i + 1) * sizeof version)
			memcpy(&version, versions.ptr + i * sizeof version, sizeof version);
		const uint32_t ref = function_ref(app->generation, i);
		const struct manifest_function *f = &app->contract.functions[i].contract;
		r = monitor_name(m, ref, app->contract.app, f->name, version, err);
		if (is_ok(r))
			r = observer_expect(&m->observer, monitor_function_of(m, ref)->rollup, version,
			    (int64_t)(f->quiet_us / US_PER_S), now_s, err);
	}
	if (is_ok(r) && versions.len >= app->contract.function_count * sizeof(uint32_t))
		deployments_take(p, &app->contract, (const uint32_t *)(const void *)versions.ptr, app->generation);
	munmap((void *)(uintptr_t)versions.ptr, versions.len);
	return r;
}

static enum incident_action action_of(uint32_t rule, enum incident_action standard)
{
	static const enum incident_action actions[WATCH_RULES] = {[RULE_RECORD] = ACTION_RECORD,
	    [RULE_ALERT] = ACTION_ALERT,
	    [RULE_CHALLENGE] = ACTION_CHALLENGE,
	    [RULE_THROTTLE] = ACTION_THROTTLE,
	    [RULE_QUARANTINE] = ACTION_QUARANTINE};
	return rule == RULE_STANDARD || rule >= WATCH_RULES ? standard : actions[rule];
}

/* What the app's author says about watching; what he does not say is as shipped. */
static void configure(struct monitor_process *p, const struct manifest_watch *watch)
{
	static const char *const names[] = {
#define X(name) #name,
	    WATCH_SIGNALS(X)
#undef X
	};
	struct observer_config config = observer_default;
	memcpy(p->rules, incident_rules_default, sizeof p->rules);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (size_t k = 0; k < SIGNAL_KIND_COUNT; k++)
			if (strcmp(names[i], signal_manifests[k].name) == 0)
				p->rules[k].action = action_of(watch->rules[i], p->rules[k].action);
	config.rules = p->rules;
	if (watch->learn_us) {
		config.watch = (struct watch_config){.learn_s = (int64_t)(watch->learn_us / US_PER_S),
		    .span_s = (uint32_t)(watch->span_us / US_PER_S),
		    .spans_least = (uint32_t)watch->learn_spans};
		config.profile = (struct profile_config){.learn_ms = (int64_t)(watch->learn_us / 1000),
		    .learn_calls_least = (uint32_t)watch->learn_calls};
	}
	observer_configure(&p->monitor->observer, &config, clock_unix_ms() / 1000);
}

result apps_take(
    struct monitor_process *p, uint32_t generation, int contract_fd, int versions_fd, struct error *err)
{
	struct monitor_app *app = NULL;
	for (size_t i = 0; i < MONITOR_APPS_MAX && !app; i++)
		if (!p->apps[i].generation)
			app = &p->apps[i];
	if (!app)
		return error_set(err, ERR_LIMIT, "no place for another generation of the app");
	app->generation = generation;
	arena_init(&app->arena, APP_ARENA_BYTES);
	result r = fd_map_sealed(contract_fd, err, &app->text);
	if (is_ok(r))
		r = app_contract_parse(app->text, &app->arena, err, &app->contract);
	if (is_ok(r))
		configure(p, &app->contract.watch);
	if (is_ok(r))
		r = name_functions(p, app, versions_fd, err);
	if (!is_ok(r))
		contract_done(app);
	return r;
}

void apps_drop(struct monitor_process *p, uint32_t generation)
{
	monitor_forget_generation(p->monitor, generation);
	for (size_t i = 0; i < MONITOR_APPS_MAX; i++)
		if (p->apps[i].generation == generation)
			contract_done(&p->apps[i]);
}

void *apps_contract(void *context, struct slice app, struct slice name)
{
	const struct monitor_process *p = context;
	const struct monitor_app *newest = NULL;
	const struct app_function *found = NULL;
	for (size_t i = 0; i < MONITOR_APPS_MAX; i++) {
		const struct monitor_app *a = &p->apps[i];
		if (!a->generation || !slice_eq(a->contract.app, app) ||
		    (newest && newest->generation > a->generation))
			continue;
		const struct app_function *f = app_contract_find(&a->contract, name);
		if (f) {
			newest = a;
			found = f;
		}
	}
	return (void *)(uintptr_t)found;
}

struct slice apps_call_name(void *context, uint16_t call)
{
	const struct app_function *f = context;
	const uint32_t i = call_index(call);
	if (!f)
		return SLICE_NONE;
	switch (call_kind(call)) {
	case KIND_QUERY:
		return i < f->query_count ? f->queries[i]->name : SLICE_NONE;
	case KIND_HTTP:
		return i < f->contract.egress_count ? f->contract.egress[i].host : SLICE_NONE;
	case KIND_SECRET:
		return i < f->contract.secrets.count ? f->contract.secrets.items[i] : SLICE_NONE;
	case KIND_PUBLISH:
		return i < f->contract.publish.count ? f->contract.publish.items[i] : SLICE_NONE;
	case KIND_TRANSACTION: {
		static const char *const steps[] = {"begin", "commit", "rollback"};
		return i < ARRAY_LEN(steps) ? slice_cstr(steps[i]) : SLICE_NONE;
	}
	case KIND_STORAGE:
	case HOST_KIND_COUNT:
		break;
	}
	return SLICE_NONE;
}
