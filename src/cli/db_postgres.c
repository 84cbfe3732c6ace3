#include "cli/db_postgres.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/database.h"
#include "data/postgres/pg_status.h"
#include "os/fd.h"

#define TEXT_BYTES_MAX (4u << 20)

static result read_manifest(
    const char *text_path, struct arena *arena, struct error *err, struct manifest *ret)
{
	struct diagnostics diagnostics;
	struct slice text = SLICE_NONE;
	TRY(file_read(text_path, MANIFEST_BYTES_MAX, err, &text));
	diagnostics_init(&diagnostics);
	/* What is wrong with the rest of it is for `ward build` to tell. */
	result r = manifest_parse(text, arena, &diagnostics, err, ret);
	diagnostics_done(&diagnostics);
	free((char *)(uintptr_t)text.ptr);
	return r;
}

result db_postgres_url(const char *dir, const char *state, struct error *err, char **ret_url)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(64u << 20);
	struct manifest manifest = {0};
	char path[4096];
	(void)snprintf(path, sizeof path, "%s/" MANIFEST_FILE, dir);
	*ret_url = NULL;
	if (access(path, R_OK) != 0)
		return RESULT_OK;
	TRY(read_manifest(path, &arena, err, &manifest));
	if (manifest.database.kind != DATABASE_POSTGRES)
		return RESULT_OK;
	result r = app_database_url(&manifest.database, state, NULL, err, ret_url);
	return error_wrap(err, r, "the database's URL, secret %.*s", SLICE_ARG(manifest.database.url_secret));
}

static int failed(const struct error *err)
{
	(void)fprintf(stderr, "ward: %s\n", err->text);
	return 1;
}

int db_postgres_status(const char *dir, const char *url, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(TEXT_BYTES_MAX);
	result r = pg_status(dir, url, &text, err);
	(void)fwrite(text.ptr, 1, text.len, stdout);
	return is_ok(r) ? 0 : failed(err);
}

static int run_tool(const char *url, const char *const *argv, struct error *err)
{
	int status = 0;
	(void)fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		if (!is_ok(pg_environment(url, err)))
			_exit(failed(err));
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		(void)fprintf(stderr, "ward: cannot run %s: %s. Install PostgreSQL's client programs.\n",
		    argv[0], strerror(errno));
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int db_postgres_shell(const char *url, bool write, const char *statement, struct error *err)
{
	const char *const typed[] = {"psql", "-X", NULL};
	const char *const said[] = {"psql", "-X", "-v", "ON_ERROR_STOP=1", "-c", statement, NULL};
	/* Against slips, as on a file; whoever has the URL can write. */
	if (!write && setenv("PGOPTIONS", "-c default_transaction_read_only=on", 1) != 0)
		return 1;
	return run_tool(url, statement ? said : typed, err);
}

int db_postgres_backup(const char *url, const char *to, struct error *err)
{
	const char *const argv[] = {"pg_dump", "--format=custom", "--no-privileges", "--file", to, NULL};
	if (access(to, F_OK) == 0)
		return failed((ignore_result(error_set(err, ERR_CONFLICT, "%s is there already", to)), err));
	int code = run_tool(url, argv, err);
	if (code == 0)
		(void)printf("%s: a whole copy of the database, as it was when it was begun\n", to);
	else
		(void)unlink(to);
	return code;
}

int db_postgres_restore(const char *url, const char *from, struct error *err)
{
	const char *const argv[] = {"pg_restore", "--clean", "--if-exists", "--no-privileges",
	    "--single-transaction", "--exit-on-error", "--dbname", "", from, NULL};
	int code = run_tool(url, argv, err);
	if (code == 0)
		(void)printf(
		    "restored from %s; functions get their rights at the next start of ward\n", from);
	return code;
}
