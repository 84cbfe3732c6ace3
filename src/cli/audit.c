/* `ward audit`: what happened to accounts and what operators did, out of the store in the state directory;
 * needs no running ward. */
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/ask.h"
#include "cli/cli.h"
#include "identity/audit.h"

#define LIMIT 100u

static void print_event(const json_t *e)
{
	char at[32] = "";
	struct tm tm;
	const time_t seconds = (time_t)(member_int(e, "time_ms") / 1000);
	if (gmtime_r(&seconds, &tm))
		(void)strftime(at, sizeof at, "%Y-%m-%d %H:%M:%S", &tm);
	(void)printf("%-6lld %s  %-8s %-18s %s%s%s%s%s%s%s\n", (long long)member_int(e, "id"), at,
	    member_text(e, "realm"), member_text(e, "kind"), member_text(e, "user"),
	    *member_text(e, "by") ? " by " : "", member_text(e, "by"),
	    *member_text(e, "address") ? " from " : "", member_text(e, "address"),
	    *member_text(e, "detail") ? ": " : "", member_text(e, "detail"));
}

static result read_events(const char *state, int64_t before, size_t limit, struct buf *out, struct error *err)
{
	char path[PATH_MAX];
	struct identity_store *store;
	const int n = snprintf(path, sizeof path, "%s/identity.db", state);
	if (n < 0 || (size_t)n >= sizeof path)
		return error_set(err, ERR_LIMIT, "the path of the state directory is too long");
	const struct identity_options options = {.path = path};
	TRY(identity_open(&options, err, &store));
	result r = audit_json(store, before, limit, out, err);
	identity_close(store);
	return r;
}

static int show(struct slice text, bool json)
{
	json_t *root = json_loadb(text.ptr ? text.ptr : "", text.len, 0, NULL);
	const json_t *events = json_object_get(root, "events");
	if (json)
		(void)printf("%.*s\n", SLICE_ARG(text));
	else if (json_array_size(events) == 0)
		(void)puts("Nothing has happened yet.");
	for (size_t i = 0; !json && i < json_array_size(events); i++)
		print_event(json_array_get(events, i));
	if (!json && json_is_true(json_object_get(root, "more")))
		(void)puts("and more: --limit N, --before ID");
	json_decref(root);
	return 0;
}

int command_audit(int argc, char **argv)
{
	struct error err = {0};
	const char *state = ".ward/state", *before = "0", *limit = NULL;
	bool json = false;
	uint64_t from, most = LIMIT;
	CLEANUP_BUF struct buf text = BUF_INIT(8u << 20);
	for (int i = 1; i < argc; i++) {
		if (option_value(argc, argv, &i, "--state", &state) ||
		    option_value(argc, argv, &i, "--before", &before) ||
		    option_value(argc, argv, &i, "--limit", &limit))
			continue;
		if (strcmp(argv[i], "--json") != 0)
			return usage_error("audit", "unexpected argument %s", argv[i]);
		json = true;
	}
	if (!slice_to_u64(slice_cstr(before), &from) || from > INT64_MAX ||
	    (limit && (!slice_to_u64(slice_cstr(limit), &most) || most == 0 || most > AUDIT_PAGE_MAX)))
		return usage_error(
		    "audit", "--before and --limit are numbers, the limit at most %u", AUDIT_PAGE_MAX);
	if (is_ok(read_events(state, (int64_t)from, most, &text, &err)))
		return show(buf_slice(&text), json);
	(void)fprintf(stderr, "ward: %s; name its state directory with --state\n", err.text);
	return 1;
}
