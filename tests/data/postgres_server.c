#include "postgres_server.h"

#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PASSWORD "owner-password-of-the-test"

/* The folder of the newest version that is installed. */
static bool find_programs(char bin[128])
{
	glob_t found;
	bool any = glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0 && found.gl_pathc > 0;
	if (any) {
		(void)snprintf(bin, 128, "%s", found.gl_pathv[found.gl_pathc - 1]);
		*strrchr(bin, '/') = '\0';
	}
	globfree(&found);
	return any;
}

/* Runs a program; PostgreSQL refuses to be root, so root becomes the user postgres. */
static int run_as_server(const char *const *argv)
{
	const struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : NULL;
	(void)fflush(NULL); /* or the child would write it once more */
	pid_t pid = fork();
	if (pid == 0) {
		if (user && (initgroups(user->pw_name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0 ||
				setuid(user->pw_uid) < 0))
			_exit(126);
		if (!freopen("/dev/null", "w", stdout) || chdir("/") < 0)
			_exit(126);
		execv(argv[0], (char *const *)(unsigned long)argv);
		_exit(127);
	}
	int status = -1;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void must(int status, const char *what)
{
	if (status == 0)
		return;
	(void)fprintf(stderr, "%s failed (%d)\n", what, status);
	exit(1);
}

static struct postgres_server *running;

/* Also when a test gives up. */
static void stop_at_exit(void)
{
	if (running)
		postgres_server_stop(running);
}

bool postgres_server_start(struct postgres_server *server)
{
	char bin[128];
	char initdb[160];
	char pg_ctl[160];
	char data[96];
	char log[96];
	char password[96];
	char options[200];
	if (!find_programs(bin))
		return false;
	(void)snprintf(server->dir, sizeof server->dir, "/tmp/ward-pg-XXXXXX");
	must(mkdtemp(server->dir) ? 0 : errno, "mkdtemp");
	const struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : NULL;
	if (user)
		must(chown(server->dir, user->pw_uid, user->pw_gid), "chown");
	(void)snprintf(initdb, sizeof initdb, "%s/initdb", bin);
	(void)snprintf(pg_ctl, sizeof pg_ctl, "%s/pg_ctl", bin);
	(void)snprintf(data, sizeof data, "%s/data", server->dir);
	(void)snprintf(log, sizeof log, "%s/log", server->dir);
	(void)snprintf(password, sizeof password, "%s/password", server->dir);
	(void)snprintf(options, sizeof options,
	    "-k %s -c listen_addresses='' -c fsync=off -c max_connections=100 -c shared_buffers=32MB -c "
	    "log_min_messages=fatal",
	    server->dir);
	FILE *f = fopen(password, "we");
	must(f && fputs(PASSWORD "\n", f) >= 0 && fclose(f) == 0 && chmod(password, 0644) == 0 ? 0 : errno,
	    "writing the password");
	const char *const init[] = {initdb, "-D", data, "-A", "scram-sha-256", "-U", "owner", "--pwfile",
	    password, "-E", "UTF8", "--no-locale", "--no-sync", NULL};
	const char *const start[] = {pg_ctl, "-D", data, "-w", "-s", "-l", log, "-o", options, "start", NULL};
	running = server;
	must(atexit(stop_at_exit), "atexit");
	must(run_as_server(init), "initdb");
	must(run_as_server(start), "pg_ctl start");
	(void)snprintf(
	    server->url, sizeof server->url, "postgres://owner:" PASSWORD "@/postgres?host=%s", server->dir);
	return true;
}

void postgres_server_stop(struct postgres_server *server)
{
	char bin[128];
	char pg_ctl[160];
	char data[96];
	const char *const remove[] = {"/bin/rm", "-rf", server->dir, NULL};
	running = NULL;
	if (!find_programs(bin))
		return;
	(void)snprintf(pg_ctl, sizeof pg_ctl, "%s/pg_ctl", bin);
	(void)snprintf(data, sizeof data, "%s/data", server->dir);
	const char *const stop[] = {pg_ctl, "-D", data, "-s", "-m", "immediate", "stop", NULL};
	(void)run_as_server(stop);
	if (strncmp(server->dir, "/tmp/ward-pg-", 13) != 0)
		return;
	(void)run_as_server(remove);
	(void)rmdir(server->dir);
}
