/* What was acknowledged is there, whoever is killed; and the log stays small however much is read meanwhile.
 */
#include "running.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/sqlite/settings.h"

static unsigned syncs;

/* SQLite calls this one; counting it is what the test is about, so that the disk may be slow without being
 * waited for. */
__attribute__((visibility("default"))) int fdatasync(int fd)
{
	(void)fd;
	syncs++;
	return 0;
}

#define ROUNDS 12
#define WRITES 1000

static const char schema[] = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;";
static const char queries[] =
    "-- name: Add :one\nINSERT INTO notes (id, text) VALUES (:id, :text) RETURNING id;\n"
    "-- name: Count :one\nSELECT count(*) AS n FROM notes WHERE id <= :id;\n"
    "-- name: Put :exec\nUPDATE notes SET text = :text WHERE id = :id;\n";

static void close_db(struct running *r)
{
	sql_session_free(r->session);
	sql_db_close(r->db);
	r->session = NULL;
	r->db = NULL;
}

static void open_db(struct running *r)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/app.db", r->app.dir);
	assert_true(is_ok(sql_db_open(path, &r->err, &r->db)));
	r->session = running_session(r, r->app.schema.query_count);
}

/* Writes from..from + WRITES - 1 and tells each after it was acknowledged. */
_Noreturn static void write_notes(struct running *r, unsigned from, int tell)
{
	open_db(r);
	for (unsigned i = from; i < from + WRITES; i++) {
		char argument[64];
		(void)snprintf(argument, sizeof argument, "{\"id\":%u,\"text\":\"note\"}", i);
		if (run(r, "Add", argument)[0] == '!' || write(tell, &i, sizeof i) != sizeof i)
			_exit(1);
	}
	_exit(0);
}

static void acknowledged_writes_outlive_a_kill(void **state)
{
	struct running r;
	unsigned last = 0;
	(void)state;
	running_init(&r, schema, queries);
	srandom(7);
	for (int round = 0; round < ROUNDS; round++) {
		int pipe_fds[2];
		char argument[64];
		char expected[64];
		unsigned stop = last + 1 + (unsigned)random() % WRITES;
		unsigned told;
		assert_int_equal(pipe(pipe_fds), 0);
		close_db(&r);
		pid_t pid = fork();
		if (pid == 0)
			write_notes(&r, last + 1, pipe_fds[1]);
		close(pipe_fds[1]);
		while (read(pipe_fds[0], &told, sizeof told) == sizeof told) {
			last = told;
			if (told == stop)
				(void)kill(pid, SIGKILL);
		}
		close(pipe_fds[0]);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		open_db(&r);
		(void)snprintf(argument, sizeof argument, "{\"id\":%u}", last);
		(void)snprintf(expected, sizeof expected, "{\"n\":%u}", last);
		assert_string_equal(run(&r, "Count", argument), expected);
		/* The one that was under way may be there or not; the next round writes over it or after it.
		 */
		(void)snprintf(argument, sizeof argument, "{\"id\":%u}", last + 1);
		const char *count = run(&r, "Count", argument);
		if (strcmp(count, expected) != 0)
			last++;
	}
	running_done(&r);
}

static void the_log_stays_small(void **state)
{
	struct running r;
	struct stat st;
	char path[128];
	char argument[64];
	(void)state;
	running_init(&r, schema, queries);
	struct sql_session *other = running_session(&r, r.app.schema.query_count);
	assert_string_equal(run(&r, "Add", "{\"id\":1,\"text\":\"x\"}"), "{\"id\":1}");
	for (unsigned i = 0; i < 6000; i++) {
		(void)snprintf(argument, sizeof argument, "{\"id\":1,\"text\":\"note %u\"}", i);
		assert_string_equal(run(&r, "Put", argument), "{\"changes\":1,\"lastId\":0}");
		assert_string_equal(run_on(&r, other, "Count", "{\"id\":9}"), "{\"n\":1}");
	}
	(void)snprintf(path, sizeof path, "%s/app.db-wal", r.app.dir);
	assert_int_equal(stat(path, &st), 0);
	/* SQLite folds it back at a thousand pages. */
	assert_true(st.st_size < 5000000);
	sql_session_free(other);
	running_done(&r);
}

/* What was decided holds for connections that are opened later; SQLite alone knows whether it syncs. */
static void durability_is_the_databases(void **state)
{
	struct running r;
	enum sqlite_durability found;
	(void)state;
	running_init(&r, schema, queries);
	assert_true(is_ok(settings_read_durability(r.app.dir, &r.err, &found)));
	assert_int_equal(found, DURABLE_AGAINST_KILL);
	/* A log that begins is synced once. */
	assert_string_equal(run(&r, "Add", "{\"id\":10,\"text\":\"a\"}"), "{\"id\":10}");
	unsigned before = syncs;
	assert_string_equal(run(&r, "Add", "{\"id\":1,\"text\":\"a\"}"), "{\"id\":1}");
	assert_int_equal(syncs, before);
	assert_true(is_ok(settings_set_durability(r.app.dir, DURABLE_AGAINST_POWER, &r.err)));
	close_db(&r);
	open_db(&r);
	assert_string_equal(run(&r, "Add", "{\"id\":20,\"text\":\"a\"}"), "{\"id\":20}");
	before = syncs;
	assert_string_equal(run(&r, "Add", "{\"id\":2,\"text\":\"a\"}"), "{\"id\":2}");
	assert_true(syncs > before);
	running_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(acknowledged_writes_outlive_a_kill),
	    cmocka_unit_test(the_log_stays_small),
	    cmocka_unit_test(durability_is_the_databases),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
