/* `ward act`: what is in force against calls, by rule or by hand; beginning and ending it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/cli.h"
#include "os/clock.h"

static void print_action(const json_t *a)
{
	const json_int_t left_s = (member_int(a, "until_ms") - clock_unix_ms()) / 1000;
	const char *function = member_text(a, "function");
	(void)printf("%-6lld %-11s %-24s", (long long)member_int(a, "id"), member_text(a, "action"), *function ? function : "(all)");
	if (*member_text(a, "caller"))
		(void)printf(" caller %s", member_text(a, "caller"));
	if (*member_text(a, "address"))
		(void)printf(" address %s", member_text(a, "address"));
	if (*member_text(a, "prefix"))
		(void)printf(" %s", member_text(a, "prefix"));
	if (*member_text(a, "country"))
		(void)printf(" country %s", member_text(a, "country"));
	(void)printf(", %lld min left, by %s", (long long)(left_s + 59) / 60, member_text(a, "by"));
	if (member_int(a, "incident"))
		(void)printf(" (incident %lld)", (long long)member_int(a, "incident"));
	if (*member_text(a, "why"))
		(void)printf(": %s", member_text(a, "why"));
	(void)putchar('\n');
}

static int ask(const char *state, const char *line)
{
	struct error err = {0};
	json_t *root;
	if (!is_ok(monitor_ask(state, line, &err, &root)))
		return monitor_ask_failed(&err);
	const json_t *actions = json_object_get(root, "actions");
	if (json_is_array(actions) && json_array_size(actions) == 0)
		(void)puts("Nothing is in force.");
	for (size_t i = 0; i < json_array_size(actions); i++)
		print_action(json_array_get(actions, i));
	if (!json_is_array(actions) && json_object_get(root, "until_ms"))
		print_action(root);
	else if (!json_is_array(actions))
		(void)printf("%s\n", member_text(root, "words"));
	json_decref(root);
	return 0;
}

static int release(const char *state, const char *what, const char *id)
{
	CLEANUP_BUF struct buf line = BUF_INIT(512);
	if (!id || !is_plain(id))
		return usage_error("act", "name what to release by its number");
	buf_printf(&line, "POST /_ward/api/%s/%s/release {}", what, id);
	return ask(state, buf_cstr(&line));
}

static int begin(const char *state, const char *action, json_t *body)
{
	CLEANUP_BUF struct buf line = BUF_INIT(8192);
	(void)json_object_set_new(body, "action", json_string(action));
	char *text = json_dumps(body, JSON_COMPACT);
	buf_printf(&line, "POST /_ward/api/actions %s", text ? text : "{}");
	free(text);
	return ask(state, buf_cstr(&line));
}

static int renew(const char *state, json_t *body)
{
	CLEANUP_BUF struct buf line = BUF_INIT(1024);
	const char *function = member_text(body, "function");
	struct error err = {0};
	json_t *root;
	if (*function && !is_plain(function))
		return usage_error("act", "--function names a function");
	buf_printf(&line, "POST /_ward/api/budgets/renew {\"function\":\"%s\"}", function);
	if (!is_ok(monitor_ask(state, buf_cstr(&line), &err, &root)))
		return monitor_ask_failed(&err);
	(void)printf("%s may spend the budget of a day once more.\n", *function ? function : "The app");
	json_decref(root);
	return 0;
}

/* Options that are members of the action: each as its name says. */
static bool take_member(int argc, char **argv, int *i, json_t *body)
{
	static const char *const names[] = {"--function", "--caller", "--address", "--prefix", "--country", "--why"};
	const char *value;
	for (size_t k = 0; k < sizeof names / sizeof *names; k++)
		if (option_value(argc, argv, i, names[k], &value)) {
			(void)json_object_set_new(body, names[k] + 2, json_string(value));
			return true;
		}
	if (!option_value(argc, argv, i, "--minutes", &value))
		return false;
	(void)json_object_set_new(body, "minutes", json_integer(strtoll(value, NULL, 10)));
	return true;
}

int command_act(int argc, char **argv)
{
	const char *state = ".ward/state", *words[2] = {NULL, NULL};
	size_t count = 0;
	json_t *body = json_object();
	int code = 0;
	for (int i = 1; i < argc && code == 0; i++) {
		if (option_value(argc, argv, &i, "--state", &state) || take_member(argc, argv, &i, body))
			continue;
		if (argv[i][0] == '-' || count == 2)
			code = usage_error("act", "unexpected argument %s", argv[i]);
		else
			words[count++] = argv[i];
	}
	if (code == 0 && count == 0)
		code = ask(state, "GET /_ward/api/actions");
	else if (code == 0 && strcmp(words[0], "release") == 0)
		code = release(state, "actions", words[1]);
	else if (code == 0 && strcmp(words[0], "close") == 0)
		code = release(state, "incidents", words[1]);
	else if (code == 0 && strcmp(words[0], "renew") == 0)
		code = renew(state, body);
	else if (code == 0)
		code = begin(state, words[0], body);
	json_decref(body);
	return code;
}
