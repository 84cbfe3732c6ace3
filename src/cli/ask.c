#include "cli/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"

#define ANSWER_BYTES_MAX (64u << 20)

static result read_answer(struct slice answer, struct error *err, json_t **ret)
{
	uint64_t status;
	if (!slice_to_u64(slice_cut(&answer, '\n'), &status))
		return error_set(err, ERR_CLOSED, "the monitor is being restarted");
	json_t *root = json_loadb(answer.ptr ? answer.ptr : "", answer.len, 0, NULL);
	if (!root)
		return error_set(err, ERR_INTERNAL, "the monitor's answer makes no sense");
	if (status < 300) {
		*ret = root;
		return RESULT_OK;
	}
	const char *detail = member_text(root, "detail");
	result r = error_set(err, ERR_INVALID, "%s%s%s", member_text(root, "title"), *detail ? ": " : "", detail);
	json_decref(root);
	return r;
}

result monitor_ask(const char *state, const char *line, struct error *err, json_t **ret)
{
	CLEANUP_BUF struct buf request = BUF_INIT(64u << 10);
	CLEANUP_BUF struct buf answer = BUF_INIT(ANSWER_BYTES_MAX);
	buf_printf(&request, "%s\n", line);
	TRY(state_socket_ask(state, "monitor.sock", buf_cstr(&request), &answer, err));
	return read_answer(buf_slice(&answer), err, ret);
}

int monitor_ask_failed(const struct error *err)
{
	(void)fprintf(stderr, "ward: %s%s\n", err->text,
	    err->code == ERR_SYSTEM ? "; name its state directory with --state" : "");
	return 1;
}

void print_json(const json_t *root)
{
	(void)json_dumpf(root, stdout, JSON_INDENT(2));
	(void)putchar('\n');
}

int monitor_list(const char *state, const char *line, bool json, const char *member, void (*print)(const json_t *one),
    const char *none)
{
	struct error err = {0};
	json_t *root;
	if (!is_ok(monitor_ask(state, line, &err, &root)))
		return monitor_ask_failed(&err);
	const json_t *list = json_object_get(root, member);
	if (json)
		print_json(root);
	else if (json_array_size(list) == 0 && none)
		(void)puts(none);
	for (size_t i = 0; !json && i < json_array_size(list); i++)
		print(json_array_get(list, i));
	if (!json && json_is_true(json_object_get(root, "more")))
		(void)puts("and more: --limit N, --before ID");
	json_decref(root);
	return 0;
}

const char *member_text(const json_t *of, const char *name)
{
	const char *found = json_string_value(json_object_get(of, name));
	return found ? found : "";
}

json_int_t member_int(const json_t *of, const char *name)
{
	return json_integer_value(json_object_get(of, name));
}

void clock_text(json_int_t ms, char text[32])
{
	const time_t seconds = (time_t)(ms / 1000);
	struct tm t;
	if (!localtime_r(&seconds, &t))
		t = (struct tm){0};
	(void)snprintf(text, 32, "%02d:%02d:%02d.%03d", t.tm_hour, t.tm_min, t.tm_sec, (int)(ms % 1000));
}

void span_text(json_int_t us, char text[32])
{
	if (us < 1000)
		(void)snprintf(text, 32, "%lldus", (long long)us);
	else if (us < 1000000)
		(void)snprintf(text, 32, "%.1fms", (double)us / 1e3);
	else
		(void)snprintf(text, 32, "%.2fs", (double)us / 1e6);
}

bool is_plain(const char *text)
{
	for (const char *p = text; *p; p++)
		if (!strchr("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-:", *p))
			return false;
	return *text != '\0';
}
