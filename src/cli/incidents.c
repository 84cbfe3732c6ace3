/* `ward incidents`: what is strange in a running ward; one of them with its timeline and evidence. `ward act`
 * does something about it. */
#include <stdio.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/cli.h"

static void print_short(const json_t *i)
{
	char at[32];
	clock_text(member_int(i, "opened_ms"), at);
	(void)printf("%-5lld %s  %-8s %-14s %-24s %6lld  %s\n", (long long)member_int(i, "id"), at,
	    member_text(i, "state"), member_text(i, "kind"), member_text(i, "function"),
	    (long long)member_int(i, "signals"), member_text(i, "action"));
}

static void print_whole(const json_t *i)
{
	char at[32];
	const json_t *steps = json_object_get(i, "timeline"), *evidence = json_object_get(i, "evidence");
	print_short(i);
	(void)printf("\n%s\n", member_text(i, "words"));
	if (*member_text(i, "newest"))
		(void)printf("The newest: %s\n", member_text(i, "newest"));
	(void)puts("\nTimeline");
	for (size_t n = 0; n < json_array_size(steps); n++) {
		const json_t *s = json_array_get(steps, n);
		clock_text(member_int(s, "time_ms"), at);
		(void)printf("  %s  %s%s%s\n", at, member_text(s, "what"),
		    *member_text(s, "by") ? " by " : "", member_text(s, "by"));
	}
	(void)puts("\nEvidence");
	for (size_t n = 0; n < json_array_size(evidence); n++) {
		const json_t *e = json_array_get(evidence, n);
		clock_text(member_int(e, "time_ms"), at);
		(void)printf("  %s  %s  %s\n", at,
		    *member_text(e, "request") ? member_text(e, "request") : "                ",
		    member_text(e, "words"));
	}
}

static int show(const char *state, const char *line, bool json)
{
	struct error err = {0};
	json_t *root;
	if (!is_ok(monitor_ask(state, line, &err, &root)))
		return monitor_ask_failed(&err);
	const json_t *list = json_object_get(root, "incidents");
	if (json) {
		print_json(root);
	} else if (!list) {
		print_whole(root);
	} else if (json_array_size(list) == 0) {
		(void)puts("None.");
	}
	for (size_t i = 0; !json && i < json_array_size(list); i++)
		print_short(json_array_get(list, i));
	json_decref(root);
	return 0;
}

int command_incidents(int argc, char **argv)
{
	const char *state = ".ward/state", *id = NULL;
	bool json = false, all = false;
	CLEANUP_BUF struct buf line = BUF_INIT(512);
	for (int i = 1; i < argc; i++) {
		if (option_value(argc, argv, &i, "--state", &state))
			continue;
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (strcmp(argv[i], "--all") == 0)
			all = true;
		else if (argv[i][0] != '-' && !id)
			id = argv[i];
		else
			return usage_error("incidents", "unexpected argument %s", argv[i]);
	}
	if (id && !is_plain(id))
		return usage_error("incidents", "name one by its number");
	if (id)
		buf_printf(&line, "GET /_ward/api/incidents/%s", id);
	else
		buf_printf(&line, "GET /_ward/api/incidents?state=%s", all ? "all" : "live");
	return show(state, buf_cstr(&line), json);
}
