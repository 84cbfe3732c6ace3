/* `ward lock`: the difference in authority as prose, growth first, and ward.lock on consent. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/lock/lock.h"
#include "cli/contract.h"
#include "os/fd.h"

static bool consent(void)
{
	char answer[16] = "";
	if (!isatty(STDIN_FILENO)) {
		(void)fputs("\nNothing is written without consent: add --yes.\n", stderr);
		return false;
	}
	(void)fputs("\nWrite this to " LOCK_FILE "? [y/N] ", stdout);
	(void)fflush(stdout);
	return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* Everything is new where there is no lock, or none that can be read. */
static void read_kept(const char *path, struct arena *arena, struct lock *ret)
{
	struct slice text;
	struct error err = {0};
	if (!is_ok(file_read(path, LOCK_BYTES_MAX, NULL, &text)))
		return;
	struct slice copy = arena_copy(arena, text);
	free((char *)(uintptr_t)text.ptr);
	if (!copy.ptr || !is_ok(lock_parse(copy, arena, &err, ret)))
		(void)fprintf(stderr, "ward: %s; everything below is taken as new\n", err.text);
}

static result compare(const char *path, const struct app_contract *contract, struct arena *arena,
    struct buf *text, struct error *err, struct lock_changes *ret)
{
	struct lock granted = {0}, wanted;
	TRY(lock_write(contract, text, err));
	TRY(lock_parse(buf_slice(text), arena, err, &wanted));
	read_kept(path, arena, &granted);
	return lock_compare(&granted, &wanted, arena, err, ret);
}

static int lock(const char *dir, const struct app_contract *contract, struct arena *arena, bool yes)
{
	char path[PATH_MAX];
	struct error err = {0};
	struct lock_changes changes;
	CLEANUP_BUF struct buf text = BUF_INIT(LOCK_BYTES_MAX);
	CLEANUP_BUF struct buf shown = BUF_INIT(LOCK_BYTES_MAX);
	(void)snprintf(path, sizeof path, "%s/" LOCK_FILE, dir);
	if (!is_ok(compare(path, contract, arena, &text, &err, &changes))) {
		(void)fprintf(stderr, "ward: %s\n", err.text);
		return 1;
	}
	if (changes.count == 0 && access(path, R_OK) == 0) {
		(void)puts(LOCK_FILE " grants exactly what the app asks for.");
		return 0;
	}
	lock_changes_print(&changes, isatty(STDOUT_FILENO) == 1, &shown);
	(void)fputs(buf_cstr(&shown), stdout);
	if (!yes && !consent())
		return 1;
	if (!is_ok(file_write_atomic(path, buf_slice(&text), 0644, &err))) {
		(void)fprintf(stderr, "ward: %s\n", err.text);
		return 1;
	}
	(void)puts("\nWritten to " LOCK_FILE ". Commit it.");
	return 0;
}

int command_lock(int argc, char **argv)
{
	const char *dir = NULL;
	const char *state = NULL;
	bool yes = false;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--yes") == 0)
			yes = true;
		else if (option_value(argc, argv, &i, "--state", &state))
			continue;
		else if (argv[i][0] == '-' || dir)
			return usage_error("lock", "unexpected argument %s", argv[i]);
		else
			dir = argv[i];
	}
	if (!dir)
		return usage_error("lock", "which app?");
	CLEANUP_ARENA struct arena arena = {0};
	struct app_contract contract;
	return built_contract(dir, state, &arena, &contract) ? lock(dir, &contract, &arena, yes) : 1;
}
