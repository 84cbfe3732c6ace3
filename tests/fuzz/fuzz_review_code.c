/* JavaScript and TypeScript through the grammar and the flow analysis, with rules of every shape. */
#include "review/code/code_project.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Built for both languages at once, and for each on its own (tests/fuzz/meson.build). */
#ifdef FUZZ_FILE
#define FUZZ_NAME SLICE(FUZZ_FILE)
#else
#define FUZZ_NAME (data[0] & 1 ? SLICE("a.ts") : SLICE("a.jsx"))
#endif

static const char rule_text[] =
    "platform: code\nsanitizers:\n- {calls: [Number, '*.escape'], cleans: [sql]}\nrules:\n"
    "- {id: a, title: t, severity: high, why: w, fix: f, taint: sql, calls: ['*.query:0', '*.q:*', "
    "'f:0.url', 'new X:*']}\n"
    "- {id: b, title: t, severity: high, why: w, fix: f, taint: prototype, detector: dynamic-key}\n"
    "- {id: c, title: t, severity: high, why: w, fix: f, detector: blowing-regex}\n"
    "- {id: d, title: t, severity: high, why: w, fix: f, detector: weak-random}\n"
    "- {id: e, title: t, severity: high, why: w, fix: f, detector: authorization, calls: ['*.deleteOne:*']}\n"
    "- {id: g, title: t, severity: high, why: w, fix: f, properties: [{key: '^a', matches: b}], assignments: "
    "[{target: a, matches: b}],"
    " arguments: [{call: 'x.*', arg: 0, matches: y}]}\n"
    "- {id: h, title: t, severity: high, why: w, fix: f, taint: error, detector: error-answer, calls: "
    "['*.send:0']}\n"
    "- {id: i, title: t, severity: high, why: w, fix: f, taint: html, detector: html-write}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct code_rules rules;
	static bool loaded;
	struct error err;
	if (!loaded) {
		code_rules_init(&rules);
		if (!is_ok(code_rules_load_text(&rules, SLICE("fuzz.yaml"), slice_cstr(rule_text), &err)))
			__builtin_trap();
		loaded = true;
	}
	if (size < 2 || size > 20000)
		return 0;
	struct arena arena = ARENA_INIT((size_t)1 << 20);
	struct findings findings;
	findings_init(&findings, 1000);
	char *bytes = arena_alloc(&arena, size);
	memcpy(bytes, data + 1, size - 1);
	ignore_result(code_scan_text(&rules, FUZZ_NAME, slice_of(bytes, size - 1), &findings, &err));
	findings_done(&findings);
	arena_done(&arena);
	return 0;
}
