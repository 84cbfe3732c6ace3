/*
 * Lockfiles of every kind, registry configuration and advisory sources over any bytes: the first byte chooses
 * the reader, or FUZZ_KIND does where one reader is built on its own (tests/fuzz/meson.build). No crash,
 * lines exist, and what was read can be written as a bill of materials and as a recorded state that compares
 * clean with itself.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "review/deps/sbom.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct deps_rules *rules;

static void lock(struct slice name, struct slice text)
{
	struct error err;
	struct deps deps = {.arena = ARENA_INIT(256u << 20)};
	struct lockfile one;
	struct dep_reach *reach = NULL;
	if (!is_ok(lockfile_parse(name, text, &deps.arena, &err, &one))) {
		deps_done(&deps);
		return;
	}
	deps.locks = malloc(sizeof(one));
	if (!deps.locks)
		abort();
	deps.locks[0] = one;
	deps.lock_count = 1;
	deps.reach = &reach;
	struct findings found;
	findings_init(&found, 1000);
	struct dep_context c = {.rules = rules, .lock = &one, .findings = &found, .err = &err};
	for (size_t i = 0; i < one.count; i++) {
		ASSERT(one.deps[i].line > 0);
		/* Names are compared with thousands of others: a few are enough here. */
		if (i < 8)
			ASSERT(is_ok(dep_check(&c, &one.deps[i])));
	}
	CLEANUP_BUF struct buf bom = BUF_INIT(64u << 20), state = BUF_INIT(64u << 20);
	const struct sbom_options options = {.time_s = 0};
	ignore_result(sbom_write(&deps, &options, &bom, &err));
	size_t before = found.count;
	if (is_ok(deps_state_write(rules, &deps, &state, &err)))
		ASSERT(is_ok(deps_state_compare(rules, &deps, buf_slice(&state), &found, &err)) &&
		       found.count >= before);
	findings_done(&found);
	deps_done(&deps);
}

static void other(uint8_t kind, struct slice text)
{
	struct error err;
	CLEANUP_BUF struct buf out = BUF_INIT(16u << 20);
	CLEANUP_ARENA struct arena arena = ARENA_INIT(16u << 20);
	struct registry_config config = {0};
	uint32_t line;
	size_t records, broken;
	if (kind == 4) {
		ASSERT(is_ok(registry_config_read(&config, rules, text, &arena, &err, &line)));
		registry_config_done(&config);
	} else if (kind == 5) {
		ignore_result(advisories_build(text, &out, &err, &records, &broken));
	} else {
		(void)reach_of_text(rules, text);
		(void)code_is_hidden(text, &line);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct slice names[] = {SLICE("package-lock.json"), SLICE("pnpm-lock.yaml"),
	    SLICE("yarn.lock"), SLICE("a/npm-shrinkwrap.json")};
	struct error err;
	if (!rules && !is_ok(deps_rules_builtin(&err, &rules)))
		abort();
	if (size == 0)
		return 0;
	struct slice text = slice_of((const char *)data + 1, size - 1);
#ifdef FUZZ_KIND
	uint8_t kind = FUZZ_KIND;
#else
	uint8_t kind = data[0] % 7;
#endif
	if (kind < 4)
		lock(names[kind], text);
	else
		other(kind, text);
	return 0;
}
