/* `ward deployments`: what was deployed when, and which incidents came right after. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/ask.h"
#include "cli/cli.h"

static void print_deployment(const json_t *d)
{
	char at[32] = "";
	struct tm tm;
	const time_t seconds = (time_t)(member_int(d, "time_ms") / 1000);
	const json_t *functions = json_object_get(d, "functions"),
		     *incidents = json_object_get(d, "incidents");
	const json_int_t all = member_int(d, "new") + member_int(d, "changed") + member_int(d, "gone");
	if (localtime_r(&seconds, &tm))
		(void)strftime(at, sizeof at, "%Y-%m-%d %H:%M:%S", &tm);
	(void)printf("%s  %lld new, %lld changed, %lld gone%s\n", at, (long long)member_int(d, "new"),
	    (long long)member_int(d, "changed"), (long long)member_int(d, "gone"),
	    json_is_true(json_object_get(d, "serves")) ? "  (serves)" : "");
	for (size_t i = 0; i < json_array_size(functions); i++) {
		const json_t *f = json_array_get(functions, i);
		(void)printf("  %-8s %s\n", member_text(f, "change"), member_text(f, "name"));
	}
	if (all > (json_int_t)json_array_size(functions))
		(void)printf("  and %lld more\n", (long long)(all - (json_int_t)json_array_size(functions)));
	for (size_t i = 0; i < json_array_size(incidents); i++)
		(void)printf("  incident %lld opened within ten minutes\n",
		    (long long)json_integer_value(json_array_get(incidents, i)));
}

int command_deployments(int argc, char **argv)
{
	const char *state = ".ward/state";
	bool json = false;
	for (int i = 1; i < argc; i++) {
		if (option_value(argc, argv, &i, "--state", &state))
			continue;
		if (strcmp(argv[i], "--json") != 0)
			return usage_error("deployments", "unexpected argument %s", argv[i]);
		json = true;
	}
	return monitor_list(state, "GET /_ward/api/deployments", json, "deployments", print_deployment, NULL);
}
