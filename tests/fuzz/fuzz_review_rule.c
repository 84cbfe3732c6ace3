/* Rule files: a project may bring its own, so a broken one must end in a message. */
#include "review/code/code_rules.h"
#include "review/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses a kilobyte on some texts that it refuses. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err;
	struct rules rules;
	struct code_rules code;
	if (size > 8000)
		return 0;
	union {
		const uint8_t *bytes;
		const char *text;
	} view = {.bytes = data};
	struct slice text = slice_of(view.text, size);
	rules_init(&rules);
	ignore_result(rules_load_text(&rules, SLICE("fuzz.yaml"), text, &err));
	rules_done(&rules);
	code_rules_init(&code);
	ignore_result(code_rules_load_text(&code, SLICE("fuzz.yaml"), text, &err));
	code_rules_done(&code);
	struct arena arena = ARENA_INIT((size_t)4 << 20);
	struct expr_compiler compiler = {.arena = &arena};
	const struct expr *e;
	ignore_result(expr_compile(&compiler, text, &err, &e));
	expr_regexes_free(compiler.regexes);
	arena_done(&arena);
	return 0;
}
