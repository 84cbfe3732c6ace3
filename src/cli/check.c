/*
 * `ward check`: the review of any project (src/review/), and for one with a ward.yaml also its build, whose
 * findings are the types, queries and authority that no rule can see.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "review/command.h"

/* The directory among the arguments: the one that is neither an option nor an option's value. */
static const char *directory_of(int argc, char **argv)
{
	static const char *const with_value[] = {"--format", "--severity", "--baseline", "--explain",
	    "--threads", "--test-rules", "--sbom", "--advisories", NULL};
	for (int i = 1; i < argc; i++) {
		bool takes = false;
		for (const char *const *w = with_value; *w; w++)
			takes = takes || strcmp(argv[i], *w) == 0;
		if (takes)
			i++;
		else if (argv[i][0] != '-')
			return argv[i];
	}
	return ".";
}

/* Sessions of editors and watches have an output of their own, and questions about rules are not about an
 * app. */
static bool is_review_only(int argc, char **argv)
{
	static const char *const options[] = {
	    "--lsp", "--watch", "--explain", "--rules", "--test-rules", NULL};
	for (int i = 1; i < argc; i++)
		for (const char *const *o = options; *o; o++)
			if (strncmp(argv[i], *o, strlen(*o)) == 0)
				return true;
	return false;
}

static bool has_manifest(const char *dir)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/ward.yaml", dir);
	return n > 0 && (size_t)n < sizeof path && access(path, R_OK) == 0;
}

/* What the build is asked beside the review, taken out of the arguments that the review reads. */
static int take_app_options(int argc, char **argv, struct build_options *ret)
{
	int kept = 1;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--frozen") == 0)
			ret->hold = LOCK_HOLD_FROZEN;
		else if (!option_value(argc, argv, &i, "--state", &ret->state))
			argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	return kept;
}

int command_check(int argc, char **argv)
{
	char rules[PATH_MAX];
	struct error err = {.text = ""};
	struct build_options o = {.compare = true};
	argc = take_app_options(argc, argv, &o);
	(void)snprintf(rules, sizeof rules, "%s/rules", ward_home());
	int code = review_command(argc, argv, rules, WARD_VERSION);
	const char *dir = directory_of(argc, argv);
	if (code == 2 || is_review_only(argc, argv) || !has_manifest(dir))
		return code;
	o.dir = dir;
	return build_app(&o, &err) ? code : 1;
}
