/*
 * The state of analysing one file: how values flow from a request to a dangerous call.
 *
 * Functions are evaluated abstractly: statements in order, branches one after the other, loops once. A value
 * remembers whether it comes from a request (and by which steps), from which parameters of the function under
 * analysis, and of which kinds of harm a sanitiser or a check has freed it. Calls of functions in the same
 * file are followed with their arguments; exported functions get a summary, with which calls from other files
 * are followed (code_project.h).
 *
 * Work is bounded by STEPS_MAX per file and by depth; past a bound the rest counts as clean.
 */
#ifndef WARD_REVIEW_CODE_ANALYSIS_H
#define WARD_REVIEW_CODE_ANALYSIS_H

#include "review/code/code_rules.h"
#include "review/code/syntax.h"
#include "review/finding.h"

#define STEPS_MAX 600000u
#define DEPTH_MAX 120u
#define CALL_DEPTH_MAX 6u
#define TRACE_MAX 10u
#define PARAMETERS_MAX 16u
#define CHECKED_MAX 24u

/* A step on the way of a value, newest first. */
struct trace {
	struct slice file;
	uint32_t line;
	uint32_t col;
	const char *note;
	const struct trace *before;
	unsigned length;
};

struct flow {
	bool source;		   /* holds something a stranger sent */
	uint32_t parameters;	   /* mask of the analysed function's parameters that reach it */
	uint32_t clean;		   /* kinds of harm that what came from a stranger is free of */
	uint32_t parameters_clean; /* the same of what came through parameters */
	const struct trace *trace;
};

struct scope_env;

struct value {
	struct flow flow;
	struct slice qualified; /* "child_process.exec": what an imported or well-known name stands for */
	struct slice text;	/* of a string literal */
	TSNode function;
	TSNode object; /* the literal that this is, nothing joined to it; or null */
	struct scope_env *closure;
	const struct function_summary *summary; /* of an imported function */
	bool is_function;
	bool is_text;	 /* text is set */
	bool has_markup; /* built from a literal with '<' */
	bool has_sql;	 /* built from a literal with words of SQL */
	bool is_record;	 /* a whole body: an object whose fields the caller chose */
	bool built;	 /* built from parts */
	bool is_object;	 /* an object or array literal */
};

struct binding {
	struct slice name;
	uint32_t hash;
	struct value value;
	struct slice initial;	 /* source text of its initialiser, when short */
	struct slice origins[4]; /* names in its initialiser: a check of it checks them as well */
	struct binding *next;
};

#define ENV_BUCKETS 16u
#define MODULE_BUCKETS 8192u

struct scope_env {
	struct scope_env *parent;
	uint32_t bucket_count;
	struct binding **buckets;
};

/* What an exported function does with its parameters. */
struct summary_sink {
	const struct code_rule *rule;
	uint32_t parameters;
	bool needs_form; /* dangerous only when the argument has the form that has_form() asks for */
	struct slice file;
	uint32_t line;
	uint32_t col;
	uint32_t end_col;
	struct slice message;
	const struct summary_sink *next;
};

struct function_summary {
	struct slice name; /* as exported; "default" */
	const struct summary_sink *sinks;
	uint32_t returned;	 /* parameters that reach what it returns */
	uint32_t returned_clean; /* kinds they are free of then */
	bool returns_source;
	const struct function_summary *next;
};

/* A module of the project whose routes are mounted behind a check of who calls. */
struct guarded_module {
	struct slice module; /* as the importing file writes it */
	const struct guarded_module *next;
};

/* Asks the project for an exported function of another file; NULL when unknown. */
typedef const struct function_summary *summary_lookup(
    void *arg, struct slice from_file, struct slice module, struct slice name);

/* A function whose body is still to be evaluated on its own. */
struct deferred {
	TSNode function;
	struct scope_env *env;
	struct slice name;
	bool exported;
	struct deferred *next;
};

struct frame {
	TSNode function;
	struct value returned;
	bool standalone; /* parameters are symbols: sinks go into the summary */
	bool is_entry;
	TSNode operation; /* first change made with request data, of entries */
	struct frame *caller;
};

struct analysis {
	const struct code_rules *rules;
	struct syntax_tree tree;
	struct slice path;
	struct arena *arena;
	struct findings *findings; /* NULL: summaries only */
	pcre2_match_data *match;
	struct scope_env *module;
	struct deferred *deferred;
	struct deferred *deferred_last;
	struct frame *frame;
	struct function_summary *summary; /* being filled, of the standalone function */
	const struct function_summary *summaries;
	summary_lookup *lookup;
	void *lookup_arg;
	uint32_t steps;
	uint32_t depth;
	uint32_t call_depth;
	/* Members compared with a constant where the analysis is: "body.sort". */
	struct slice checked[CHECKED_MAX];
	size_t checked_count;
	bool imports_ward;
	bool imports_genezio;
	bool server_actions;
	const struct guarded_module *guarded;
	bool module_guarded; /* app.use(auth) or the like stands at the top */
	bool needs_form;     /* for the summary's next sink */
	bool used_imports;   /* calls functions of other files of the project */
	bool failed;	     /* memory ran out: findings may be missing */
	/* Functions already evaluated on their own, by start byte. */
	uint32_t *done; /* open addressing, 0 is empty */
	size_t done_count;
	size_t done_size; /* a power of two */
};

static inline struct value clean_value(void)
{
	return (struct value){.flow = {.source = false}};
}

static inline bool is_tainted(struct value v)
{
	return v.flow.source || v.flow.parameters;
}

static inline bool contains(struct slice s, const char *what)
{
	return s.len && memmem(s.ptr, s.len, what, strlen(what)) != NULL;
}

/* flow.c: expressions */
struct value evaluate(struct analysis *a, struct scope_env *env, TSNode n);
/* What a member expression is when its object is known: a.b.c().d() is evaluated once, not once a dot. */
struct value value_of_member(struct analysis *a, TSNode n, struct value object);

/* assignments.c */
struct value evaluate_assignment(struct analysis *a, struct scope_env *env, TSNode n, bool augmented);

/* functions.c */
struct value run_function(struct analysis *a, TSNode fn, struct scope_env *closure,
    const struct value *arguments, size_t count, struct frame *frame);
void defer_function(struct analysis *a, TSNode fn, struct scope_env *env, struct slice name, bool exported);

/* values.c */
struct value join_values(struct value x, struct value y);
struct value source_value(struct analysis *a, TSNode at, const char *note, uint32_t clean);
void clean_flow(struct flow *f, uint32_t kinds);
struct value with_step(struct analysis *a, struct value v, TSNode at, const char *note);
void report_flow(
    struct analysis *a, const struct code_rule *rule, TSNode at, struct value v, const char *into);
void report_shape(struct analysis *a, const struct code_rule *rule, TSNode at, const char *what);
/* A finding at a place of any file, after the steps of trace. */
void report_place(struct analysis *a, const struct code_rule *rule, struct slice file, uint32_t line,
    uint32_t col, uint32_t end_col, struct slice message, const struct trace *trace);
const char *keep_text(struct analysis *a, struct slice s);

/* env.c: names */
struct scope_env *env_new(struct analysis *a, struct scope_env *parent);
/* Named children of a node as an array: asking for each by number is quadratic in the parser's library. */
const TSNode *children_of(struct analysis *a, TSNode n, uint32_t *ret_count);
struct binding *env_find(struct scope_env *env, struct slice name);
struct binding *env_bind(struct analysis *a, struct scope_env *env, struct slice name, struct value v);
/* Binds a pattern; what it takes apart is tainted as the whole is. */
void bind_pattern(struct analysis *a, struct scope_env *env, TSNode pattern, struct value v);
void clean_name(struct analysis *a, struct scope_env *env, struct slice name, uint32_t kinds, unsigned depth);

/* statements.c */
void execute(struct analysis *a, struct scope_env *env, TSNode n);
void execute_all(struct analysis *a, struct scope_env *env, TSNode parent);

/* branches.c */
void execute_if(struct analysis *a, struct scope_env *env, TSNode n);

/* calls.c */
struct value evaluate_call(struct analysis *a, struct scope_env *env, TSNode n, bool is_new);
struct slice callee_name(struct analysis *a, struct scope_env *env, TSNode n);

/* sinks.c: return { statusCode, body }, which is how Lambda answers. */
void check_answer(struct analysis *a, struct scope_env *env, TSNode object);

/* entry.c: which parameters a stranger controls */
bool entry_parameters(struct analysis *a, TSNode fn, struct slice callee, bool exported,
    struct value *ret_values, size_t *ret_count);
bool safe_member(struct slice name);

/* detect.c: shapes */
void detect_call(struct analysis *a, struct scope_env *env, TSNode n, struct slice callee);
void detect_pair(struct analysis *a, TSNode pair, struct slice key, TSNode value);
void detect_assignment(struct analysis *a, struct slice target, TSNode at, TSNode value);
/* Does the text hold one of the words? "author" is not "auth". The second takes words in lower case. */
bool mentions_any(struct slice text, const char *const *words);
bool mentions_nocase(struct slice text, const char *const *words);

/* regex_shape.c */
void detect_regex(struct analysis *a, TSNode n);

/* guards.c */
void note_guard(struct analysis *a, struct scope_env *env, TSNode arguments, struct slice callee);
/* operation: the first change the handler makes with request data; beside: the other arguments of its route.
 */
void detect_authorization(struct analysis *a, TSNode fn, TSNode operation, struct slice beside);

/* modules.c */
void import_names(struct analysis *a, TSNode n);
void export_names(struct analysis *a, TSNode n);
struct slice module_name(struct analysis *a, struct slice source);
/* The summary of an exported name, made when there is none. */
struct function_summary *export_summary(struct analysis *a, struct slice name);
struct value module_member(struct analysis *a, struct slice module, struct slice name);

/* Analyses one file: findings and the summaries of what it exports. */
result analysis_run(struct analysis *a, struct error *err);

#endif
