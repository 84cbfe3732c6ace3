/*
 * Answers diff_ajv.mjs: lines "S SCHEMA" (a new schema: "+" or "- WHY") and "V VALUE" ("1" of the type, "0
 * WHY") on standard input, one line of answer each. Plain JSON Schema, as written.
 */
#include <stdio.h>
#include <stdlib.h>

#include "contract/type.h"

static struct type_set *set;

static void schema_line(struct slice text)
{
	struct error err = {0};
	type_set_free(set);
	set = type_set_new_with(&(struct type_options){.plain = true});
	if (set && is_ok(type_set_add(set, SLICE("t"), text, &err)) && is_ok(type_set_seal(set, &err))) {
		puts("+");
		return;
	}
	printf("- %s\n", err.text);
	type_set_free(set);
	set = NULL;
}

static void value_line(struct slice text)
{
	static struct problems problems;
	CLEANUP_BUF struct buf value = BUF_INIT(64u << 20);
	CLEANUP_BUF struct buf json = BUF_INIT(64u << 20);
	problems.count = 0;
	const struct type *type = set ? type_set_find(set, SLICE("t")) : NULL;
	if (!type || !is_ok(value_from_json(type, text, &value, &problems))) {
		printf("0 %s %s\n", problems.lines[0].path, problems.lines[0].text);
		return;
	}
	/* The other direction must agree with this one. */
	puts(is_ok(value_to_json(type, buf_slice(&value), &json, &problems))
		 ? "1"
		 : "0 taken as text, refused as a value");
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	while ((n = getline(&line, &size, stdin)) > 0) {
		struct slice text = slice_of(line + 2, (size_t)n - (line[n - 1] == '\n') - 2);
		if (line[0] == 'S')
			schema_line(text);
		else if (line[0] == 'V')
			value_line(text);
		else
			fflush(stdout);
	}
	free(line);
	type_set_free(set);
	return 0;
}
