/* The finding that says a bound was reached. Called by the engine and by the analysis of code. */
#include "review/incomplete.h"

static const char *const references[] = {"CWE-1059", NULL};

const struct rule_info incomplete_rule = {
    .id = "review-incomplete",
    .title = "Not reviewed in full",
    .severity = SEVERITY_LOW,
    .why = "The review's work is bounded, and this place reached the bound: a hole in it would not be seen.",
    .fix = "Split the file, leave generated files out with .gitignore, or accept it with a comment that says "
	   "why.",
    .references = references,
};

result incomplete_add(
    struct findings *findings, struct slice file, uint32_t line, const char *what, struct error *err)
{
	const struct finding f = {
	    .rule = &incomplete_rule,
	    .file = file,
	    .line = line,
	    .col = line ? 1 : 0,
	    .end_line = line,
	    .message = slice_cstr(what),
	    .subject = slice_cstr(what),
	};
	return findings_add(findings, &f, SLICE_NONE, err);
}
