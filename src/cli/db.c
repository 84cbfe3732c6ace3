/* `ward db`: the app's database from the outside: what state it is in, migrations, copies, a shell. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/database.h"
#include "cli/cli.h"
#include "cli/db_postgres.h"
#include "cli/db_shell.h"
#include "data/sqlite/backup.h"
#include "data/migration.h"
#include "data/sqlite/settings.h"
#include "os/fd.h"

#define TEXT_BYTES_MAX (4u << 20)

struct db_options {
	const char *dir;
	char state[PATH_MAX];
	const char
	    *url; /* of a PostgreSQL server, said or from ward.yaml; NULL: the file in the state directory */
	const char *rest; /* FILE, or the statement */
	bool dry_run;
	bool write;
	bool yes;
};

static int failed(const struct error *err)
{
	(void)fprintf(stderr, "ward: %s\n", err->text);
	return 1;
}

static int print(const struct buf *text)
{
	(void)fwrite(text->ptr, 1, text->len, stdout);
	return 0;
}

static int db_status(const struct db_options *o, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(TEXT_BYTES_MAX);
	if (o->url)
		return db_postgres_status(o->dir, o->url, err);
	result r = migrations_status(o->dir, o->state, &text, err);
	if (is_ok(r))
		r = database_status(o->state, &text, err);
	(void)print(&text);
	return is_ok(r) ? 0 : failed(err);
}

static int db_migrate(const struct db_options *o, struct error *err)
{
	CLEANUP_BUF struct buf plan = BUF_INIT(TEXT_BYTES_MAX);
	char file[PATH_MAX + 8];
	const char *where = o->url ? o->url : file;
	size_t applied = 0;
	(void)snprintf(file, sizeof file, "%s/app.db", o->state);
	if (o->dry_run)
		return is_ok(migrations_plan_to(o->dir, where, &plan, err)) ? print(&plan) : failed(err);
	if (!o->url && mkdir(o->state, 0700) < 0 && access(o->state, W_OK) != 0)
		return failed((ignore_result(error_errno(err, "cannot make %s", o->state)), err));
	if (!is_ok(migrations_apply_to(o->dir, where, err, &applied)))
		return failed(err);
	(void)printf("%zu migration%s applied\n", applied, applied == 1 ? "" : "s");
	return 0;
}

static int db_backup(const struct db_options *o, struct error *err)
{
	if (o->url)
		return db_postgres_backup(o->url, o->rest, err);
	if (!is_ok(database_backup(o->state, o->rest, err)))
		return failed(err);
	(void)printf("%s: a whole copy of %s/app.db\n", o->rest, o->state);
	return 0;
}

/* A ward that serves this state answers on its socket. */
static bool is_served(const char *state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	if (snprintf(at.sun_path, sizeof at.sun_path, "%s/ward.sock", state) >= (int)sizeof at.sun_path)
		return false;
	CLEANUP_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
}

static int db_restore(const struct db_options *o, struct error *err)
{
	CLEANUP_BUF struct buf replaced = BUF_INIT(PATH_MAX);
	if (is_served(o->state) && !o->yes) {
		(void)fprintf(stderr, "ward: a ward serves this database; stop it first, or say --yes\n");
		return 1;
	}
	if (o->url)
		return db_postgres_restore(o->url, o->rest, err);
	if (!is_ok(database_restore(o->state, o->rest, &replaced, err)))
		return failed(err);
	(void)printf("restored from %s\n", o->rest);
	if (replaced.len)
		(void)printf("what was there is kept at %s\n", buf_cstr(&replaced));
	return 0;
}

static int db_durability(const struct db_options *o, struct error *err)
{
	enum sqlite_durability durability;
	if (o->url)
		return usage_error("db", "durability is of the file; a server has its synchronous_commit");
	if (o->rest && !durability_from_name(o->rest, &durability))
		return usage_error("db", "durability is kill or power, not %s", o->rest);
	if (o->rest && !is_ok(settings_set_durability(o->state, durability, err)))
		return failed(err);
	if (!is_ok(settings_read_durability(o->state, err, &durability)))
		return failed(err);
	(void)printf("%s%s\n", durability_name(durability), o->rest ? ", from the next start of ward" : "");
	return 0;
}

static int db_shell(const struct db_options *o, struct error *err)
{
	char path[PATH_MAX + 8];
	if (o->url)
		return db_postgres_shell(o->url, o->write, o->rest, err);
	(void)snprintf(path, sizeof path, "%s/app.db", o->state);
	return db_shell_run(path, o->write, o->rest, err);
}

static const struct {
	const char *name;
	int (*run)(const struct db_options *options, struct error *err);
	bool needs_file;
	bool takes_rest;
} verbs[] = {
    {"status", db_status, false, false},
    {"migrate", db_migrate, false, false},
    {"shell", db_shell, false, true},
    {"backup", db_backup, true, true},
    {"restore", db_restore, true, true},
    {"durability", db_durability, false, true},
};

static bool parse(int argc, char **argv, struct db_options *o)
{
	const char *state = NULL;
	for (int i = 2; i < argc; i++) {
		if (option_value(argc, argv, &i, "--state", &state) ||
		    option_value(argc, argv, &i, "--url", &o->url))
			continue;
		if (strcmp(argv[i], "--dry-run") == 0)
			o->dry_run = true;
		else if (strcmp(argv[i], "--write") == 0)
			o->write = true;
		else if (strcmp(argv[i], "--yes") == 0)
			o->yes = true;
		else if (argv[i][0] == '-' && argv[i][1] == '-')
			return false;
		else if (!o->dir)
			o->dir = argv[i];
		else if (!o->rest)
			o->rest = argv[i];
		else
			return false;
	}
	if (!o->dir)
		return false;
	if (state)
		(void)snprintf(o->state, sizeof o->state, "%s", state);
	else
		(void)snprintf(o->state, sizeof o->state, "%s/.ward/state", o->dir);
	return true;
}

/* Where the data are: --url, else as ward.yaml says. */
static int on_database(struct db_options *o, int (*run)(const struct db_options *options, struct error *err))
{
	struct error err = {0};
	char *url = NULL;
	if (!o->url && !is_ok(db_postgres_url(o->dir, o->state, &err, &url)))
		return failed(&err);
	if (url)
		o->url = url;
	int code = run(o, &err);
	app_database_url_free(url);
	return code;
}

int command_db(int argc, char **argv)
{
	struct db_options options = {0};
	if (argc < 2 || !parse(argc, argv, &options))
		return usage_error(
		    "db", "status, migrate, shell, backup, restore or durability, and the app's folder");
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		if (verbs[i].needs_file && !options.rest)
			return usage_error("db", "%s needs a file", argv[1]);
		if (!verbs[i].takes_rest && options.rest)
			return usage_error("db", "unexpected argument %s", options.rest);
		return on_database(&options, verbs[i].run);
	}
	return usage_error("db", "there is no `ward db %s`", argv[1]);
}
