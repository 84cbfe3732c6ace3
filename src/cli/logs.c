/* `ward logs`: what functions of a running ward log, the last lines and, with -f, what comes. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/cli.h"

#define FOLLOW_US 300000
#define LINES_MOST 2000

struct logs_options {
	const char *state, *function, *request, *level;
	bool follow, json;
};

static void print_line(const json_t *line, bool json)
{
	char at[32];
	if (json) {
		(void)json_dumpf(line, stdout, JSON_COMPACT);
		(void)putchar('\n');
		return;
	}
	clock_text(member_int(line, "time_ms"), at);
	(void)printf("%s %-5s %-20s %s  ", at, member_text(line, "level"), member_text(line, "function"),
	    member_text(line, "request"));
	/* Line ends within the text begin under it, so that a stack is seen as one. */
	for (const char *p = member_text(line, "text"); *p; p++) {
		if (*p == '\n' && p[1])
			(void)fputs("\n    ", stdout);
		else if (*p != '\n' && ((unsigned char)*p >= 0x20 || *p == '\t'))
			(void)putchar(*p);
	}
	(void)putchar('\n');
}

/* The lines after the number, oldest first; *after becomes the newest. */
static bool show(const struct logs_options *o, json_int_t *after, int limit)
{
	CLEANUP_BUF struct buf line = BUF_INIT(4096);
	struct error err = {0};
	json_t *root;
	buf_printf(&line, "GET /_ward/api/logs?limit=%d&after=%lld", limit, (long long)*after);
	if (o->function)
		buf_printf(&line, "&function=%s", o->function);
	if (o->request)
		buf_printf(&line, "&request=%s", o->request);
	if (o->level)
		buf_printf(&line, "&level=%s", o->level);
	if (!is_ok(monitor_ask(o->state, buf_cstr(&line), &err, &root)))
		return monitor_ask_failed(&err) == 0;
	const json_t *lines = json_object_get(root, "lines");
	for (size_t i = json_array_size(lines); i > 0; i--) {
		const json_t *one = json_array_get(lines, i - 1);
		print_line(one, o->json);
		*after = member_int(one, "number");
	}
	(void)fflush(stdout);
	json_decref(root);
	return true;
}

int command_logs(int argc, char **argv)
{
	struct logs_options o = {.state = ".ward/state"};
	json_int_t after = 0;
	for (int i = 1; i < argc; i++) {
		if (option_value(argc, argv, &i, "--state", &o.state) ||
		    option_value(argc, argv, &i, "--function", &o.function) ||
		    option_value(argc, argv, &i, "--request", &o.request) ||
		    option_value(argc, argv, &i, "--level", &o.level))
			continue;
		if (strcmp(argv[i], "-f") == 0 || strcmp(argv[i], "--follow") == 0)
			o.follow = true;
		else if (strcmp(argv[i], "--json") == 0)
			o.json = true;
		else
			return usage_error("logs", "unexpected argument %s", argv[i]);
	}
	const char *const given[] = {o.function, o.request, o.level};
	for (size_t i = 0; i < sizeof given / sizeof *given; i++)
		if (given[i] && !is_plain(given[i]))
			return usage_error("logs", "\"%s\" names nothing", given[i]);
	if (!show(&o, &after, 200))
		return 1;
	while (o.follow) {
		(void)usleep(FOLLOW_US);
		if (!show(&o, &after, LINES_MOST))
			return 1;
	}
	return 0;
}
