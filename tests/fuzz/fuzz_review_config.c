/*
 * Configuration through parser, resources, resolution and rules. Built once with the first byte choosing the
 * file's name, and once for each format with FUZZ_FILE as the name (tests/fuzz/meson.build), so that every
 * format gets its own time and corpus. Reports nothing itself: the point is that no input crashes, hangs or
 * grows without bound.
 */
#include "review/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses a kilobyte on some texts that it refuses. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml";
}

#ifdef FUZZ_FILE
static const char *const names[] = {FUZZ_FILE};
#else
static const char *const names[] = {"main.tf", "a.tfvars", "template.yaml", "template.json", "Dockerfile",
    "serverless.yml", "docker-compose.yml", ".github/workflows/a.yml", "genezio.yaml", "app.yaml"};
#endif

static const char rule_text[] =
    "platform: terraform\nrules:\n"
    "- {id: a, title: t, severity: high, why: w, fix: f, on: ['*'], find: '**.x == true or not a.b == 1'}\n"
    "- {id: b, title: t, severity: high, why: w, fix: f, on: ['*'], each: '**', find: '. =~ \"[a-z]+\" and "
    "missing ^.q'}\n"
    "- {id: c, title: t, severity: high, why: w, fix: f, on: [file], find: 'any r: resource(\"a\", \"b\") "
    "(** refs $r)'}\n"
    "- {id: d, title: t, severity: high, why: w, fix: f, platform: cloudformation, on: ['*'], find: 'any "
    "Policy.Statement (Action == \"*\")'}\n"
    "- {id: e, title: t, severity: high, why: w, fix: f, platform: kubernetes, on: ['*'], each: "
    "'**.containers', find: 'missing resources'}\n"
    "- {id: g, title: t, severity: high, why: w, fix: f, platform: dockerfile, on: ['*'], each: "
    "instructions.commands, find: 'decoded(text) == \"x\" or prefix(text) < 3'}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rules rules;
	static bool loaded;
	struct error err;
	if (!loaded) {
		rules_init(&rules);
		if (!is_ok(rules_load_text(&rules, SLICE("fuzz.yaml"), slice_cstr(rule_text), &err)))
			__builtin_trap();
		loaded = true;
	}
	if (size < 2 || size > 20000)
		return 0;
	struct arena arena = ARENA_INIT((size_t)64 << 20);
	struct scope scope;
	struct findings findings;
	findings_init(&findings, 1000);
	scope_init(&scope, &arena, SLICE_NONE, NULL);
	/* A copy that ends where the input ends, so that a read past it is seen. */
	char *bytes = arena_alloc(&arena, size);
	memcpy(bytes, data + 1, size - 1);
	struct slice text = slice_of(bytes, size - 1);
	if (is_ok(scope_add_file(
		&scope, slice_cstr(names[data[0] % (sizeof names / sizeof *names)]), text, &err)) &&
	    is_ok(scope_link(&scope, &err)))
		ignore_result(rules_run(&rules, NULL, &scope, &findings, &err));
	scope_done(&scope);
	findings_done(&findings);
	arena_done(&arena);
	return 0;
}
