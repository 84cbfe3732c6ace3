/* `ward trace ID`: one request, or all of a trace: who, how long, what it asked of the host, how it ended, what it logged. */
#include <stdio.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/cli.h"

#define REQUEST_DIGITS 16u
#define TRACE_DIGITS 32u

static void print_calls(const json_t *r)
{
	const json_t *calls = json_object_get(r, "calls");
	for (size_t i = 0; i < json_array_size(calls); i++) {
		const json_t *call = json_array_get(calls, i);
		const char *name = member_text(call, "name");
		(void)printf("    %zu. %s %s\n", i + 1, member_text(call, "kind"), *name ? name : "(not in the contract)");
	}
	if (member_int(r, "calls_more"))
		(void)printf("    and %lld more\n", (long long)member_int(r, "calls_more"));
}

static void print_request(const json_t *r)
{
	char at[32], wall[32], cpu[32], queue[32];
	clock_text(member_int(r, "time_ms"), at);
	span_text(member_int(r, "wall_us"), wall);
	span_text(member_int(r, "cpu_us"), cpu);
	span_text(member_int(r, "queue_us"), queue);
	(void)printf("%s  %s  %s of version %s\n", member_text(r, "id"), at, member_text(r, "function"), member_text(r, "version"));
	(void)printf("  ended  %s, status %lld, %lld bytes in, %lld out\n", member_text(r, "outcome"),
	    (long long)member_int(r, "status"), (long long)member_int(r, "bytes_in"), (long long)member_int(r, "bytes_out"));
	(void)printf("  took   %s, of which %s waiting and %s computing; %lld KiB\n", wall, queue, cpu,
	    (long long)member_int(r, "memory_kib"));
	(void)printf("  caller %s %s from %s\n", member_text(r, "caller_class"), member_text(r, "caller"), member_text(r, "address"));
	(void)printf("  trace  %s, span %s%s%s\n", member_text(r, "trace"), member_text(r, "span"),
	    *member_text(r, "parent") ? ", within " : "", member_text(r, "parent"));
	print_calls(r);
	const json_t *denied = json_object_get(r, "denied"), *payload = json_object_get(r, "payload");
	if (denied)
		(void)printf("  denied %s %s\n", member_text(denied, "kind"), member_text(denied, "name"));
	if (*member_text(r, "refused_field"))
		(void)printf("  refused the field %s\n", member_text(r, "refused_field"));
	if (payload)
		(void)printf("  the field %s looks like %s\n", member_text(payload, "field"), member_text(payload, "class"));
}

static void print_logs(const char *state, const char *request)
{
	CLEANUP_BUF struct buf line = BUF_INIT(512);
	struct error err;
	json_t *root;
	buf_printf(&line, "GET /_ward/api/logs?request=%s", request);
	if (!is_ok(monitor_ask(state, buf_cstr(&line), &err, &root)))
		return;
	const json_t *lines = json_object_get(root, "lines");
	for (size_t i = json_array_size(lines); i > 0; i--) {
		const json_t *one = json_array_get(lines, i - 1);
		(void)printf("  log    %s: %s\n", member_text(one, "level"), member_text(one, "text"));
	}
	json_decref(root);
}

static int show(const char *state, const char *id, bool json)
{
	CLEANUP_BUF struct buf line = BUF_INIT(512);
	struct error err = {0};
	json_t *root;
	const bool one = strlen(id) == REQUEST_DIGITS;
	buf_printf(&line, "GET /_ward/api/%s/%s", one ? "requests" : "traces", id);
	if (!is_ok(monitor_ask(state, buf_cstr(&line), &err, &root)))
		return monitor_ask_failed(&err);
	const json_t *requests = json_object_get(root, "requests");
	if (json) {
		print_json(root);
	} else if (one) {
		print_request(root);
		print_logs(state, id);
	}
	for (size_t i = 0; !json && i < json_array_size(requests); i++) {
		print_request(json_array_get(requests, i));
		print_logs(state, member_text(json_array_get(requests, i), "id"));
	}
	json_decref(root);
	return 0;
}

int command_trace(int argc, char **argv)
{
	const char *state = ".ward/state", *id = NULL;
	bool json = false;
	for (int i = 1; i < argc; i++) {
		if (option_value(argc, argv, &i, "--state", &state))
			continue;
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (argv[i][0] != '-' && !id)
			id = argv[i];
		else
			return usage_error("trace", "unexpected argument %s", argv[i]);
	}
	if (!id || !is_plain(id) || (strlen(id) != REQUEST_DIGITS && strlen(id) != TRACE_DIGITS))
		return usage_error("trace", "name a request by its 16 digits or a trace by its 32");
	return show(state, id, json);
}
