/* gitignore lists and comments that suppress: text before the first newline is the path. */
#include "review/ignore.h"
#include "review/suppress.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rule_info rule = {.id = "some-rule", .title = "t", .why = "w", .fix = "f"};
	if (size > 4000)
		return 0;
	union {
		const uint8_t *bytes;
		const char *text;
	} view = {.bytes = data};
	struct slice text = slice_of(view.text, size);
	struct slice rest = text;
	struct slice path = slice_cut(&rest, '\n');
	struct arena arena = ARENA_INIT((size_t)1 << 20);
	const struct ignore_list *list = ignore_parse(&arena, NULL, 0, rest.ptr ? rest : SLICE_NONE);
	if (list)
		(void)ignore_match(list, path, size & 1);
	struct finding f = {.rule = &rule, .line = 2};
	suppress_by_comment(&f, text, &arena);
	arena_done(&arena);
	return 0;
}
