/*
 * All code of a project: each file analysed alone first, then again those that call functions of other files
 * whose summaries say that arguments arrive somewhere dangerous.
 */
#ifndef WARD_REVIEW_CODE_CODE_PROJECT_H
#define WARD_REVIEW_CODE_CODE_PROJECT_H

#include "review/code/analysis.h"
#include "review/file_set.h"

struct code_file {
	const struct file_entry *entry;
	const struct function_summary *summaries; /* in the project's arena; what the round at hand sees */
	const struct function_summary *fresh;	  /* of the round at hand, for the next */
	bool imports;
	bool guarded; /* what imports it asks who calls before its routes */
	bool again;   /* to be analysed in the next round */
};

struct code_project {
	const struct code_rules *rules;
	const struct file_set *set;
	struct code_file *files; /* by path */
	size_t count;
	struct arena arena;
	struct strmap by_path;
	size_t known; /* sinks and results that the summaries tell of, all files together */
};

#define CODE_BYTES_MAX (4u << 20)

result code_project_init(
    struct code_project *p, const struct code_rules *rules, const struct file_set *set, struct error *err);
void code_project_done(struct code_project *p);

/* What a file tells of itself and of others, in the arena of its scan. */
struct code_outcome {
	bool imports;
	const struct function_summary *summaries;
	const struct guarded_module *guarded;
};

/*
 * Analyses one file into findings (appended). The outcome is for code_project_keep(), which is not safe to
 * call from several threads.
 */
result code_project_scan(const struct code_project *p, const struct code_file *file, struct slice bytes,
    struct arena *arena, struct findings *findings, struct error *err, struct code_outcome *ret_outcome);
void code_project_keep(struct code_project *p, struct code_file *file, const struct code_outcome *outcome);

/* After the last round: takes back "nothing asks who calls" where the file that mounts the routes asks. */
void code_project_withdraw(const struct code_project *p, struct findings *findings);

/*
 * Between rounds, on one thread: what the last one learned becomes what the next one sees, so that a round's
 * findings do not hang on the order in which its files were analysed. Marks the files that import anything;
 * false when nothing was learned or no file imports.
 */
bool code_project_plan_again(struct code_project *p);

/* One text on its own: what the tests inside rules use. */
result code_scan_text(const struct code_rules *rules, struct slice path, struct slice text,
    struct findings *findings, struct error *err);
bool code_rule_test(const struct code_rules *rules, const struct code_rule *rule, struct error *err);

#endif
