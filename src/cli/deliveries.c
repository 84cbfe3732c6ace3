/* `ward deliveries`: what webhooks were told, what they did not take, and trying that again. */
#include <stdio.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/cli.h"
#include "os/clock.h"

static void print_delivery(const json_t *d)
{
	char at[32];
	clock_text(member_int(d, "made_ms"), at);
	(void)printf("%-5lld %s  %-9s %-40s incident %lld %s, %lld %s", (long long)member_int(d, "id"), at,
	    member_text(d, "state"), member_text(d, "to"), (long long)member_int(d, "incident"),
	    member_text(d, "event"), (long long)member_int(d, "tries"),
	    member_int(d, "tries") == 1 ? "try" : "tries");
	if (member_int(d, "status"))
		(void)printf(", answered %lld", (long long)member_int(d, "status"));
	if (*member_text(d, "why"))
		(void)printf(": %s", member_text(d, "why"));
	if (member_int(d, "next_ms")) {
		const json_int_t wait_ms = member_int(d, "next_ms") - clock_unix_ms();
		(void)printf("; again in %lld s", (long long)(wait_ms > 0 ? (wait_ms + 999) / 1000 : 0));
	}
	(void)putchar('\n');
}

static int ask(const char *state, const char *line, bool json)
{
	return monitor_list(state, line, json, "deliveries", print_delivery, "No webhook was told anything.");
}

int command_deliveries(int argc, char **argv)
{
	const char *state = ".ward/state", *words[2] = {NULL, NULL};
	size_t count = 0;
	bool json = false;
	for (int i = 1; i < argc; i++) {
		if (option_value(argc, argv, &i, "--state", &state))
			continue;
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (argv[i][0] != '-' && count < 2)
			words[count++] = argv[i];
		else
			return usage_error("deliveries", "unexpected argument %s", argv[i]);
	}
	if (count == 0)
		return ask(state, "GET /_ward/api/deliveries", json);
	if (strcmp(words[0], "retry") != 0 || !words[1] || !is_plain(words[1]))
		return usage_error("deliveries", "say what to try again by its number");
	CLEANUP_BUF struct buf line = BUF_INIT(512);
	buf_printf(&line, "POST /_ward/api/deliveries/%s/retry {}", words[1]);
	return ask(state, buf_cstr(&line), json);
}
