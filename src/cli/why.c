/* `ward why`: what a denied call was, and what would allow it. Without an id: the newest ones. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/usage/denial.h"
#include "app/diagnostics/terminal.h"
#include "cli/contract.h"

#define SHOWN_MAX 20u

struct why_options {
	const char *dir;
	const char *state;
	const char *id;
};

static int list(const char *state)
{
	struct error err = {0};
	struct denial items[SHOWN_MAX];
	size_t count = 0;
	CLEANUP_ARENA struct arena arena = ARENA_INIT(1u << 20);
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	if (!is_ok(denial_recent(state, SHOWN_MAX, &arena, &err, items, &count))) {
		(void)fprintf(stderr, "ward: %s\n", err.text);
		return 1;
	}
	if (count == 0)
		(void)puts("No call has been denied.");
	for (size_t i = 0; i < count; i++) {
		char when[64] = "?";
		time_t seconds = (time_t)(items[i].unix_ms / 1000);
		struct tm utc;
		if (gmtime_r(&seconds, &utc))
			(void)strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &utc);
		buf_printf(&text, "%.*s  %s  ", SLICE_ARG(items[i].id), when);
		terminal_add(&text, items[i].function);
		buf_add_cstr(&text, ": ");
		terminal_add(&text, items[i].what);
		buf_add_char(&text, '\n');
	}
	(void)fputs(buf_cstr(&text), stdout);
	return 0;
}

static int why(const struct why_options *o)
{
	struct error err = {0};
	struct denial denial;
	struct app_contract contract;
	CLEANUP_ARENA struct arena arena = ARENA_INIT(256u << 20);
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	if (!is_ok(denial_find(o->state, slice_cstr(o->id), &arena, &err, &denial))) {
		(void)fprintf(stderr, "ward: %s\n", err.text);
		return 1;
	}
	bool built = is_ok(app_contract_read(o->dir, &arena, &err, &contract));
	denial_explain(&denial, built ? &contract : NULL, &text);
	(void)fputs(buf_cstr(&text), stdout);
	return 0;
}

int command_why(int argc, char **argv)
{
	static char state[PATH_MAX];
	struct why_options o = {.dir = "."};
	for (int i = 1; i < argc; i++) {
		if (option_value(argc, argv, &i, "--state", &o.state) ||
		    option_value(argc, argv, &i, "--app", &o.dir))
			continue;
		if (argv[i][0] == '-' || o.id)
			return usage_error("why", "unexpected argument %s", argv[i]);
		o.id = argv[i];
	}
	if (!o.state) {
		(void)snprintf(state, sizeof state, "%s/.ward/state", o.dir);
		o.state = state;
	}
	return o.id ? why(&o) : list(o.state);
}
