/* `ward tighten`: authority that no code reaches or no request has used, and the edit that takes it back. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/usage/tighten.h"
#include "cli/contract.h"
#include "os/fd.h"

#define DAY_MS (86400ll * 1000)

struct tighten_options {
	const char *dir;
	const char *state;
	uint64_t days;
	bool yes;
};

static int64_t now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static result read_into(
    const char *dir, const char *name, size_t max, struct arena *arena, struct error *err, struct slice *ret)
{
	char path[PATH_MAX];
	struct slice text;
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	TRY(file_read(path, max, err, &text));
	*ret = arena_copy(arena, text);
	free((char *)(uintptr_t)text.ptr);
	return ret->ptr ? RESULT_OK : error_set(err, ERR_MEMORY, "no memory for %s", name);
}

static result find(const struct tighten_options *o, const struct app_contract *contract, struct arena *arena,
    struct error *err, struct tighten_items *ret)
{
	struct diagnostics diagnostics;
	struct app app = {0};
	struct usage *usage = NULL;
	struct slice text;
	diagnostics_init(&diagnostics);
	result r = app_load(o->dir, o->state, &diagnostics, err, &app);
	if (is_ok(r))
		r = usage_open(o->state, contract, now_ms(), err, &usage);
	if (is_ok(r))
		r = read_into(o->dir, ".ward/build/contract.json", APP_JSON_BYTES_MAX, arena, err, &text);
	if (is_ok(r))
		r = tighten_find(&app, text, usage, now_ms() - (int64_t)o->days * DAY_MS, arena, err, ret);
	if (is_ok(r) && usage_since_ms(usage) > now_ms() - (int64_t)o->days * DAY_MS)
		(void)printf("What is used has been recorded for less than %llu days: only what no code "
			     "reaches is shown.\n",
		    (unsigned long long)o->days);
	/* Names in the items are the manifest's: kept until they are printed. */
	for (size_t i = 0; is_ok(r) && i < ret->count; i++) {
		ret->items[i].function = arena_copy(arena, ret->items[i].function);
		if (!ret->items[i].function.ptr)
			r = error_set(err, ERR_MEMORY, "no memory for what is unused");
	}
	usage_free(usage);
	app_done(&app);
	diagnostics_done(&diagnostics);
	return r;
}

static bool consent(void)
{
	char answer[16] = "";
	if (!isatty(STDIN_FILENO)) {
		(void)fputs("\nNothing is edited without consent: add --yes.\n", stderr);
		return false;
	}
	(void)fputs("\nTake the queries out of " MANIFEST_FILE "? [y/N] ", stdout);
	(void)fflush(stdout);
	return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static result edit(const struct tighten_options *o, const struct tighten_items *items, struct arena *arena,
    struct error *err)
{
	char path[PATH_MAX];
	struct slice text;
	CLEANUP_BUF struct buf edited = BUF_INIT(2u * MANIFEST_BYTES_MAX);
	TRY(read_into(o->dir, MANIFEST_FILE, MANIFEST_BYTES_MAX, arena, err, &text));
	TRY(tighten_edit(text, items, err, &edited));
	(void)snprintf(path, sizeof path, "%s/" MANIFEST_FILE, o->dir);
	TRY(file_write_atomic(path, buf_slice(&edited), 0644, err));
	(void)puts("\n" MANIFEST_FILE " is edited. `ward lock` shows what it takes back.");
	return RESULT_OK;
}

static int tighten(const struct tighten_options *o)
{
	struct error err = {0};
	struct app_contract contract;
	struct tighten_items items = {0};
	size_t edits = 0;
	CLEANUP_ARENA struct arena arena = {0};
	CLEANUP_BUF struct buf text = BUF_INIT(8u << 20);
	if (!built_contract(o->dir, o->state, &arena, &contract))
		return 1;
	result r = find(o, &contract, &arena, &err, &items);
	for (size_t i = 0; i < items.count; i++)
		edits += items.items[i].edited;
	if (is_ok(r) && items.count == 0)
		(void)puts("Every grant is used.");
	tighten_print(&items, &text);
	(void)fputs(buf_cstr(&text), stdout);
	if (is_ok(r) && edits && (o->yes || consent()))
		r = edit(o, &items, &arena, &err);
	else if (is_ok(r) && items.count)
		return 1;
	if (!is_ok(r))
		(void)fprintf(stderr, "ward: %s\n", err.text);
	return is_ok(r) ? 0 : 1;
}

int command_tighten(int argc, char **argv)
{
	char state[PATH_MAX];
	const char *days = "30";
	struct tighten_options o = {0};
	for (int i = 1; i < argc; i++) {
		if (option_value(argc, argv, &i, "--state", &o.state) ||
		    option_value(argc, argv, &i, "--days", &days))
			continue;
		if (strcmp(argv[i], "--yes") == 0)
			o.yes = true;
		else if (argv[i][0] == '-' || o.dir)
			return usage_error("tighten", "unexpected argument %s", argv[i]);
		else
			o.dir = argv[i];
	}
	if (!o.dir || !slice_to_u64(slice_cstr(days), &o.days) || o.days > 3660)
		return usage_error("tighten", o.dir ? "--days takes a number of days" : "which app?");
	if (!o.state) {
		(void)snprintf(state, sizeof state, "%s/.ward/state", o.dir);
		o.state = state;
	}
	return tighten(&o);
}
