/* One call under analysis, shared by what looks at its arguments (sinks.c) and what makes its result
 * (calls.c). */
#ifndef WARD_REVIEW_CODE_CALL_H
#define WARD_REVIEW_CODE_CALL_H

#include "review/code/analysis.h"

#define ARGUMENTS_MAX 12u

struct call {
	struct analysis *a;
	struct scope_env *env;
	TSNode node;
	TSNode arguments;
	struct slice name;
	struct value receiver;
	struct value values[ARGUMENTS_MAX];
	TSNode nodes[ARGUMENTS_MAX];
	size_t count;
	bool is_member;
};

/* "query" of "db.query", "X" of "new X". */
struct slice last_part(struct slice name);

/* sinks.c: reports what must not reach this call, by rules with taint and by shapes of their own. */
void check_sinks(const struct call *c);
void check_shell(const struct call *c);
void check_header(const struct call *c);
/* Some kinds of harm ask for more than taint: markup needs a '<', SQL a text with its words, and so on. */
bool has_form(uint32_t kind, struct value v);

#endif
