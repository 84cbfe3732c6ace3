/* Copies: whole, taken while writers go on, and put back in one step with what was there kept. */
#include "running.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/sqlite/backup.h"

static const char schema[] = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;";
static const char queries[] = "-- name: Add :exec\nINSERT INTO notes (text) VALUES (:text);\n"
			      "-- name: Count :one\nSELECT count(*) AS n FROM notes;\n";

static void path_of(const struct running *r, const char *name, char path[128])
{
	(void)snprintf(path, 128, "%s/%s", r->app.dir, name);
}

static void a_copy_can_be_put_back_while_sessions_read(void **state)
{
	struct running r;
	char copy[128];
	CLEANUP_BUF struct buf replaced = BUF_INIT(4096);
	(void)state;
	running_init(&r, schema, queries);
	path_of(&r, "copy.db", copy);
	for (int i = 0; i < 10; i++)
		assert_string_equal(run(&r, "Add", "{\"text\":\"a\"}")[0] == '{' ? "" : "!", "");
	assert_true(is_ok(sql_session_begin(r.session, 0, &r.err)));
	(void)run(&r, "Add", "{\"text\":\"not committed\"}");
	assert_true(is_ok(database_backup(r.app.dir, copy, &r.err)));
	assert_true(is_ok(sql_session_commit(r.session, &r.err)));
	assert_string_equal(run(&r, "Count", NULL), "{\"n\":11}");
	assert_int_equal(database_backup(r.app.dir, copy, &r.err).code, ERR_CONFLICT);
	result got = database_restore(r.app.dir, copy, &replaced, &r.err);
	if (!is_ok(got))
		fail_msg("%s", r.err.text);
	assert_string_equal(run(&r, "Count", NULL), "{\"n\":10}");
	assert_string_equal(run(&r, "Add", "{\"text\":\"goes on\"}")[0] == '{' ? "" : "!", "");
	assert_int_equal(access(buf_cstr(&replaced), F_OK), 0);
	struct stat st;
	assert_int_equal(stat(copy, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	running_done(&r);
}

static void a_damaged_copy_is_refused(void **state)
{
	struct running r;
	char copy[128];
	CLEANUP_BUF struct buf replaced = BUF_INIT(4096);
	(void)state;
	running_init(&r, schema, queries);
	(void)run(&r, "Add", "{\"text\":\"a\"}");
	path_of(&r, "copy.db", copy);
	assert_true(is_ok(database_backup(r.app.dir, copy, &r.err)));
	int fd = open(copy, O_WRONLY);
	static const char rubbish[3000] = {1, 2, 3};
	assert_int_equal(pwrite(fd, rubbish, sizeof rubbish, 4096), sizeof rubbish);
	close(fd);
	assert_false(is_ok(database_restore(r.app.dir, copy, &replaced, &r.err)));
	assert_int_equal(replaced.len, 0);
	assert_string_equal(run(&r, "Count", NULL), "{\"n\":1}");
	test_app_write(&r.app, "text.db",
	    "this is no database, whatever its name says, and long enough to be read as one");
	path_of(&r, "text.db", copy);
	assert_false(is_ok(database_restore(r.app.dir, copy, &replaced, &r.err)));
	running_done(&r);
}

static void the_state_is_told(void **state)
{
	struct running r;
	CLEANUP_BUF struct buf text = BUF_INIT(4096);
	(void)state;
	running_init(&r, schema, queries);
	(void)run(&r, "Add", "{\"text\":\"a\"}");
	assert_true(is_ok(database_status(r.app.dir, &text, &r.err)));
	assert_non_null(strstr(buf_cstr(&text), "notes                                    1 rows\n"));
	running_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_copy_can_be_put_back_while_sessions_read),
	    cmocka_unit_test(a_damaged_copy_is_refused),
	    cmocka_unit_test(the_state_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
