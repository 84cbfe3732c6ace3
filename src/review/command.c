/* Arguments of `ward check` to a review and its output. Called by src/cli/check.c and by the test program. */
#include "review/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "review/code/code_project.h"
#include "review/fix.h"
#include "review/incomplete.h"
#include "review/lsp/server.h"
#include "review/output.h"
#include "review/suppress.h"
#include "review/watch.h"

struct arguments {
	const char *root;
	const char *format;
	const char *baseline;
	const char *explain;
	const char *sbom;
	const char *advisories;
	const char *test_rules; /* a directory, or "" for ward's own */
	bool list_rules;
	bool write_baseline;
	bool fix;
	bool no_ignore;
	bool no_cache;
	bool history;
	bool accept_deps;
	bool least_given;
	bool lsp;
	bool watch;
	enum severity least;
	unsigned threads;
};

static int usage(const char *problem, const char *what)
{
	(void)fprintf(stderr, "ward check: %s%s\nusage: ward check %s\n", problem, what, REVIEW_USAGE);
	return 2;
}

static const char *value_of(int argc, char **argv, int *i, const char *name)
{
	size_t n = strlen(name);
	if (strncmp(argv[*i], name, n) != 0)
		return NULL;
	if (argv[*i][n] == '=')
		return argv[*i] + n + 1;
	return argv[*i][n] == '\0' && *i + 1 < argc ? argv[++*i] : NULL;
}

static bool take_value(int argc, char **argv, int *i, struct arguments *a, bool *ret_bad)
{
	const struct {
		const char *name;
		const char **to;
	} values[] = {{"--format", &a->format}, {"--baseline", &a->baseline}, {"--explain", &a->explain},
	    {"--sbom", &a->sbom}, {"--advisories", &a->advisories}};
	for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
		const char *value = value_of(argc, argv, i, values[k].name);
		if (!value)
			continue;
		*values[k].to = value;
		return true;
	}
	const char *severity = value_of(argc, argv, i, "--severity");
	if (severity) {
		*ret_bad = !severity_from(slice_cstr(severity), &a->least);
		a->least_given = true;
		return true;
	}
	const char *threads = value_of(argc, argv, i, "--threads");
	if (threads)
		a->threads = (unsigned)strtoul(threads, NULL, 10);
	return threads != NULL;
}

static bool take_flag(const char *arg, struct arguments *a)
{
	const struct {
		const char *name;
		bool *to;
	} flags[] = {{"--rules", &a->list_rules}, {"--write-baseline", &a->write_baseline},
	    {"--fix", &a->fix}, {"--no-ignore", &a->no_ignore}, {"--history", &a->history},
	    {"--accept-deps", &a->accept_deps}, {"--no-cache", &a->no_cache}, {"--lsp", &a->lsp},
	    {"--watch", &a->watch}};
	for (size_t k = 0; k < sizeof flags / sizeof *flags; k++) {
		if (strcmp(arg, flags[k].name) != 0)
			continue;
		*flags[k].to = true;
		return true;
	}
	return false;
}

static int parse_arguments(int argc, char **argv, struct arguments *a)
{
	for (int i = 1; i < argc; i++) {
		bool bad = false;
		if (strcmp(argv[i], "--json") == 0)
			a->format = "json";
		else if (strcmp(argv[i], "--test-rules") == 0)
			a->test_rules = i + 1 < argc && argv[i + 1][0] != '-' ? argv[++i] : "";
		else if (take_value(argc, argv, &i, a, &bad)) {
			if (bad)
				return usage("severity is info, low, medium, high or critical", "");
		} else if (take_flag(argv[i], a))
			continue;
		else if (argv[i][0] == '-')
			return usage("no such option: ", argv[i]);
		else if (a->root)
			return usage("one directory at a time: ", argv[i]);
		else
			a->root = argv[i];
	}
	return 0;
}

static int fail(const struct error *err)
{
	(void)fprintf(stderr, "ward check: %s\n", err->text);
	return 2;
}

struct all_rules {
	struct rules rules;
	struct code_rules code;
};

static void all_rules_done(struct all_rules *all)
{
	rules_done(&all->rules);
	code_rules_done(&all->code);
}

static result all_rules_load(struct all_rules *all, const char *dir, struct error *err)
{
	rules_init(&all->rules);
	code_rules_init(&all->code);
	result r = rules_load_dir(&all->rules, dir, err);
	if (is_ok(r))
		r = code_rules_load_dir(&all->code, dir, err);
	if (!is_ok(r))
		all_rules_done(all);
	return r;
}

static int test_rules(const char *dir)
{
	struct all_rules all;
	struct error err;
	size_t failed = 0;
	if (!is_ok(all_rules_load(&all, dir, &err)))
		return fail(&err);
	for (size_t i = 0; i < all.rules.count; i++) {
		const struct rule *r = all.rules.items[i];
		if (rule_test(&all.rules, r, &err))
			continue;
		failed++;
		(void)printf("%.*s:%u: %s: %s\n", SLICE_ARG(r->file), r->line, r->info.id, err.text);
	}
	for (const struct code_rule *r = all.code.rules; r; r = r->next) {
		if (code_rule_test(&all.code, r, &err))
			continue;
		failed++;
		(void)printf("%.*s:%u: %s: %s\n", SLICE_ARG(r->file), r->line, r->info.id, err.text);
	}
	(void)printf("%zu rules, %zu failed\n", all.rules.count + all.code.count, failed);
	all_rules_done(&all);
	return failed ? 1 : 0;
}

struct rule_listing {
	const char *explain; /* NULL: all */
	bool found;
};

static void list_rule(void *ctx, const struct rule_info *info)
{
	struct rule_listing *l = ctx;
	if (!l->explain) {
		(void)printf("%-60s %-8s %s\n", info->id, severity_name(info->severity), info->title);
		return;
	}
	if (l->found || strcmp(info->id, l->explain) != 0)
		return;
	output_rule(stdout, info, isatty(STDOUT_FILENO));
	l->found = true;
}

static int show_rules(const char *dir, const char *explain)
{
	struct all_rules all;
	struct error err;
	struct rule_listing listing = {.explain = explain};
	if (!is_ok(all_rules_load(&all, dir, &err)))
		return fail(&err);
	for (size_t i = 0; i < all.rules.count; i++)
		list_rule(&listing, &all.rules.items[i]->info);
	for (const struct code_rule *r = all.code.rules; r; r = r->next)
		list_rule(&listing, &r->info);
	list_rule(&listing, &incomplete_rule);
	result scanned = scanners_rules(list_rule, &listing, &err);
	all_rules_done(&all);
	if (!is_ok(scanned))
		return fail(&err);
	return explain && !listing.found ? usage("no such rule: ", explain) : 0;
}

static const struct {
	const char *name;
	void (*write)(FILE *to, const struct review *review, const struct output_options *options);
} formats[] = {{"human", output_human}, {"json", output_json}, {"sarif", output_sarif},
    {"junit", output_junit}, {NULL, NULL}};

/* A bar on standard error, redrawn at most once a percent. */
static void show_progress(void *arg, size_t done, size_t total)
{
	size_t *last = arg;
	size_t percent = total ? done * 100 / total : 100;
	if (percent == *last)
		return;
	*last = percent;
	(void)fprintf(stderr, "\r\x1b[Kward check  %3zu %% [", percent);
	for (size_t i = 0; i < 40; i++)
		(void)fputc(i < percent * 40 / 100 ? '#' : ' ', stderr);
	(void)fputs(percent == 100 ? "]\r\x1b[K" : "]", stderr);
}

static int finish(const struct arguments *a, struct review *review, const char *version, struct error *err)
{
	if (a->sbom && !is_ok(scanners_write_sbom(review->scanners, a->sbom, version, err)))
		return fail(err);
	if (a->accept_deps)
		return is_ok(scanners_accept_deps(review->scanners, a->root, err)) ? 0 : fail(err);
	if (a->write_baseline) {
		if (!is_ok(baseline_write(a->baseline, &review->findings, err)))
			return fail(err);
		return 0;
	}
	if (a->baseline && !is_ok(baseline_apply(a->baseline, &review->findings, err)))
		return fail(err);
	if (a->fix && !is_ok(fix_apply(review, a->least, err)))
		return fail(err);
	for (size_t i = 0; i < review->findings.count; i++)
		if (output_counts(&review->findings.items[i], a->least))
			return 1;
	return 0;
}

static struct review_options options_of(const struct arguments *a, const char *rules_dir)
{
	return (struct review_options){
	    .root = a->root,
	    .rules_dir = rules_dir,
	    .threads = a->threads,
	    .ignore_gitignore = a->no_ignore,
	    .no_cache = a->no_cache,
	    .history = a->history,
	    .advisories = a->advisories,
	};
}

static struct output_options output_of(const struct arguments *a, const char *version)
{
	return (struct output_options){
	    .least = a->least,
	    .colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
	    .fold = !a->least_given,
	    .root = a->root,
	    .version = version,
	};
}

static int watch(const struct arguments *a, const char *rules_dir, const char *version)
{
	const struct review_options options = options_of(a, rules_dir);
	const struct output_options output = output_of(a, version);
	const struct watch_options w = {
	    .review = &options,
	    .output = &output,
	    .baseline = a->baseline,
	    .clear = isatty(STDOUT_FILENO),
	};
	struct error err;
	return is_ok(watch_run(&w, stdout, &err)) ? 0 : fail(&err);
}

static int serve_editor(const struct arguments *a, const char *rules_dir, const char *version)
{
	const struct lsp_options options = {
	    .root = a->root,
	    .rules_dir = rules_dir,
	    .advisories = a->advisories,
	    .version = version,
	    .threads = a->threads,
	};
	return lsp_run(&options, STDIN_FILENO, STDOUT_FILENO);
}

static int review_and_write(
    const struct arguments *a, const char *rules_dir, const char *version, size_t format)
{
	struct error err;
	struct review review;
	size_t percent = SIZE_MAX;
	struct review_options options = options_of(a, rules_dir);
	options.progress = isatty(STDERR_FILENO) ? show_progress : NULL;
	options.progress_arg = &percent;
	if (!is_ok(review_run(&options, &err, &review)))
		return fail(&err);
	int code = finish(a, &review, version, &err);
	const struct output_options output = output_of(a, version);
	if (!a->write_baseline && !a->accept_deps && code != 2)
		formats[format].write(stdout, &review, &output);
	review_done(&review);
	return code;
}

int review_command(int argc, char **argv, const char *rules_dir, const char *version)
{
	struct arguments a = {.format = "human", .least = SEVERITY_INFO};
	int wrong = parse_arguments(argc, argv, &a);
	if (wrong)
		return wrong;
	if (a.test_rules)
		return test_rules(a.test_rules[0] ? a.test_rules : rules_dir);
	if (a.explain || a.list_rules)
		return show_rules(rules_dir, a.explain);
	if (a.lsp)
		return serve_editor(&a, rules_dir, version);
	if (!a.root)
		a.root = ".";
	if (a.watch)
		return watch(&a, rules_dir, version);
	if (a.write_baseline && !a.baseline)
		return usage("--write-baseline needs --baseline FILE", "");
	size_t format = 0;
	while (formats[format].name && strcmp(formats[format].name, a.format) != 0)
		format++;
	if (!formats[format].name)
		return usage("no such format: ", a.format);
	return review_and_write(&a, rules_dir, version, format);
}
