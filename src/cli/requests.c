/* `ward requests` and `ward errors`: the newest requests of a running ward by a filter, and what its
 * functions threw, by stack. */
#include <stdio.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/cli.h"

struct list_options {
	const char *state;
	bool json;
	struct buf line; /* what is asked */
};

static void print_request(const json_t *r)
{
	char at[32], wall[32];
	clock_text(member_int(r, "time_ms"), at);
	span_text(member_int(r, "wall_us"), wall);
	(void)printf("%s  %s  %3lld %-15s %9s  %-24s %s %s\n", member_text(r, "id"), at,
	    (long long)member_int(r, "status"), member_text(r, "outcome"), wall, member_text(r, "function"),
	    member_text(r, "caller_class"), member_text(r, "caller"));
}

static void print_error(const json_t *e)
{
	char first[32], last[32];
	const json_t *stack = json_object_get(e, "stack");
	clock_text(member_int(e, "first_ms"), first);
	clock_text(member_int(e, "last_ms"), last);
	(void)printf("%s\n  %s, %lld times, first %s, last %s, version %s; newest request %s\n",
	    member_text(e, "message"), member_text(e, "function"), (long long)member_int(e, "count"), first,
	    last, member_text(e, "version"), member_text(e, "request"));
	for (size_t i = 0; i < json_array_size(stack); i++)
		(void)printf("    %s\n", json_string_value(json_array_get(stack, i)));
}

int command_requests(int argc, char **argv)
{
	/* As docs/dashboard-api.md names them. */
	static const char *const filters[] = {
	    "function", "outcome", "caller", "address", "slow_us", "before", "limit"};
	struct list_options o = {.state = ".ward/state", .line = BUF_INIT(8192)};
	buf_add_cstr(&o.line, "GET /_ward/api/requests?");
	for (int i = 1; i < argc; i++) {
		const char *value;
		bool taken = option_value(argc, argv, &i, "--state", &o.state);
		for (size_t f = 0; !taken && f < sizeof filters / sizeof *filters; f++) {
			char name[32];
			(void)snprintf(name, sizeof name, "--%s", filters[f]);
			taken = option_value(argc, argv, &i, name, &value);
			if (taken && !is_plain(value))
				return usage_error("requests", "\"%s\" names nothing", value);
			if (taken)
				buf_printf(&o.line, "%s=%s&", filters[f], value);
		}
		if (!taken && strcmp(argv[i], "--json") == 0)
			o.json = taken = true;
		if (!taken)
			return usage_error("requests", "unexpected argument %s", argv[i]);
	}
	const int code = monitor_list(o.state, buf_cstr(&o.line), o.json, "requests", print_request, "None.");
	buf_done(&o.line);
	return code;
}

int command_errors(int argc, char **argv)
{
	const char *function = NULL;
	struct list_options o = {.state = ".ward/state", .line = BUF_INIT(8192)};
	for (int i = 1; i < argc; i++) {
		if (option_value(argc, argv, &i, "--state", &o.state) ||
		    option_value(argc, argv, &i, "--function", &function))
			continue;
		if (strcmp(argv[i], "--json") != 0)
			return usage_error("errors", "unexpected argument %s", argv[i]);
		o.json = true;
	}
	if (function && !is_plain(function))
		return usage_error("errors", "\"%s\" names nothing", function);
	if (function)
		buf_printf(&o.line, "GET /_ward/api/functions/%s/errors", function);
	else
		buf_add_cstr(&o.line, "GET /_ward/api/errors");
	const int code = monitor_list(o.state, buf_cstr(&o.line), o.json, "errors", print_error, "Nothing was thrown.");
	buf_done(&o.line);
	return code;
}
