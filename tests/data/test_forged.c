/*
 * A worker that the attacker owns, native code and all, has a channel to the broker and nothing else: here one is spoken on with
 * all the malice there is, to the broker's own handling code, on SQLite and on PostgreSQL. The function behind the channel may read
 * the notes of its caller; the jewel in the vault, other users' notes and the other function's queries it must not get.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/database.h"
#include "base/check.h"
#include "data/migration.h"
#include "os/clock.h"
#include "os/fd.h"
#include "postgres_server.h"
#include "proc/broker/broker.h"

#define GENERATION 1u
#define READER 1u
#define ROUNDS 30000u

static const char migration[] = "-- ward: owner who\n"
				"CREATE TABLE notes (id INTEGER PRIMARY KEY, who TEXT NOT NULL, body TEXT NOT NULL);\n"
				"CREATE TABLE vault (id INTEGER PRIMARY KEY, jewel TEXT NOT NULL);\n"
				"INSERT INTO notes VALUES (1, 'ada', 'note of ada'), (2, 'bob', 'private to bob');\n"
				"INSERT INTO vault VALUES (1, 'a jewel');\n";
static const char queries[] = "-- name: ReadNote :many\n"
			      "SELECT body FROM notes WHERE who = :auth_user AND id <> :other;\n"
			      "-- name: ReadVault :many\nSELECT jewel FROM vault;\n"
			      "-- name: Steal :exec\nUPDATE vault SET jewel = 'gone';\n";

struct scene {
	struct broker broker;
	struct child child;
	int supervisor_fd;
	char dir[64];
	char url[300];
	struct arena arena;
	struct channel attacker;
	uint32_t denials, replies, next_id;
	enum err_code code; /* of the last reply */
	struct buf said;    /* its value or message */
};

static struct postgres_server server;
static bool on_postgres;
static struct scene s;

static void must(result r, const struct error *err)
{
	if (!is_ok(r))
		fail_msg("%s", err->text);
}

static void write_text(const char *name, const char *text)
{
	FILE *f = fopen(name, "we");
	assert_true(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void on_finding(void *context, struct slice file, uint32_t line, uint32_t column, uint32_t length, const char *code,
    const char *message, const char *hint)
{
	(void)context, (void)column, (void)length, (void)hint;
	print_message("%.*s:%u %s %s\n", SLICE_ARG(file), line, code, message);
}

static struct sql_query *query_named(struct sql_schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->query_count; i++)
		if (slice_eq_cstr(schema->queries[i].name, name))
			return &schema->queries[i];
	fail_msg("no query %s", name);
	return NULL;
}

/* Functions "keeper" (0) with the vault and "reader" (1) with the notes. */
static void make_contract(struct sql_schema *schema, struct app_contract *ret)
{
	static struct slice keeps[] = {{"ReadVault", 9}, {"Steal", 5}};
	static struct slice reads[] = {{"ReadNote", 8}};
	static struct app_function functions[2];
	struct error err = {0};
	functions[0] = (struct app_function){.contract = {.name = SLICE("keeper"), .queries = {keeps, 2}}, .bundle = SLICE("k.js")};
	functions[1] = (struct app_function){.contract = {.name = SLICE("reader"), .queries = {reads, 1}}, .bundle = SLICE("r.js")};
	for (size_t i = 0; i < 2; i++) {
		functions[i].contract.auth.kind = AUTH_USER;
		functions[i].contract.source = SLICE("f.ts");
		functions[i].contract.limits = (struct manifest_limits){.cpu_us = 1000, .wall_us = 1000, .memory_bytes = 65536};
		functions[i].contract.export_name = functions[i].contract.name;
	}
	*ret = (struct app_contract){.app = SLICE("forged"),
	    .database = {.kind = on_postgres ? DATABASE_POSTGRES : DATABASE_SQLITE,
		.url_secret = on_postgres ? SLICE("DATABASE_URL") : SLICE_NONE},
	    .queries = schema->queries,
	    .query_count = schema->query_count,
	    .functions = functions,
	    .function_count = 2};
	must(app_contract_link(ret, &s.arena, &err), &err);
	(void)query_named(schema, "ReadNote");
}

static void open_database(const struct app_contract *contract)
{
	struct error err = {0};
	struct app_database database = {.remote = true};
	struct sql_authority all[2];
	int fd;
	if (!on_postgres) {
		must(migrations_apply(".", ".", &err, NULL), &err);
		must(sql_db_open("app.db", &err, &s.broker.db), &err);
		return;
	}
	for (size_t i = 0; i < 2; i++)
		all[i] = (struct sql_authority){contract->functions[i].queries, contract->functions[i].query_count};
	must(migrations_apply_to(".", s.url, &err, NULL), &err);
	must(sql_place_read(s.url, false, &err, &database.place), &err);
	must(sql_roles_prepare(s.url, all, 2, &err, database.secret), &err);
	must(fd_sealed("database", slice_of((const char *)&database, sizeof database), &err, &fd), &err);
	remote_start(&s.broker);
	must(remote_open(&s.broker, fd, NULL, &err), &err);
	close(fd);
}

static void open_channel(void)
{
	struct error err = {0};
	int memory, to_broker, to_attacker;
	struct broker_function *f = broker_function_of(&s.broker, function_ref(GENERATION, READER));
	must(channel_memory(&err, &memory), &err);
	must(doorbell_new(&err, &to_broker), &err);
	must(doorbell_new(&err, &to_attacker), &err);
	f->workers[0] = calloc(1, sizeof *f->workers[0]);
	must(channel_open(f->workers[0], memory, 0, to_attacker, &err), &err);
	must(channel_open(&s.attacker, memory, 1, to_broker, &err), &err);
	close(memory);
}

static int setup(void **state)
{
	struct error err = {0};
	struct sql_schema schema;
	struct app_contract contract;
	CLEANUP_BUF struct buf text = BUF_INIT(4u << 20);
	int control[2];
	int fd;
	(void)state;
	(void)snprintf(s.dir, sizeof s.dir, "/tmp/ward-forged-XXXXXX");
	assert_true(mkdtemp(s.dir) && chdir(s.dir) == 0 && mkdir("migrations", 0700) == 0 && mkdir("queries", 0700) == 0);
	write_text("migrations/0001_init.sql", migration);
	write_text("queries/all.sql", queries);
	arena_init(&s.arena, 64u << 20);
	(void)snprintf(s.url, sizeof s.url, "%s", server.url);
	must(on_postgres ? sql_derive_postgres(".", s.url, on_finding, NULL, &s.arena, &err, &schema)
			 : sql_derive(".", on_finding, NULL, &s.arena, &err, &schema),
	    &err);
	make_contract(&schema, &contract);
	app_contract_json(&contract, &text);
	must(fd_sealed("app", buf_slice(&text), &err, &fd), &err);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, control), 0);
	s.child.control_fd = control[0];
	s.supervisor_fd = control[1];
	must(loop_init(&s.child.loop, &err), &err);
	s.broker.child = &s.child;
	s.broker.value = BUF_INIT(REPLY_VALUE_MAX);
	s.broker.waiting_end = &s.broker.waiting;
	s.broker.unix_ms = clock_unix_ms();
	memcpy(s.broker.ticket_key, "0123456789abcdef", TICKET_KEY_BYTES);
	s.said = BUF_INIT(1u << 20);
	open_database(&contract);
	const struct app_contract *taken;
	must(broker_take_app(&s.broker, GENERATION, fd, &err, &taken), &err);
	close(fd);
	open_channel();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	broker_drop_app(&s.broker, GENERATION);
	sql_db_close(s.broker.db);
	channel_done(&s.attacker);
	arena_done(&s.arena);
	buf_done(&s.said);
	buf_done(&s.broker.value);
	return 0;
}

/* What the dialer does: the only place there is. */
static void give_socket(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	(void)snprintf(at.sun_path, sizeof at.sun_path, "%s/.s.PGSQL.5432", server.dir);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) == 0);
	remote_socket(&s.broker, fd, NULL);
}

static void hear_supervisor(void)
{
	struct control_message m;
	int fds[CONTROL_FDS_MAX];
	while (is_ok(control_receive(s.supervisor_fd, NULL, &m, fds))) {
		s.denials += m.type == CONTROL_DENIED;
		if (m.type == CONTROL_SOCKET_WANTED)
			give_socket();
	}
}

static void hear_replies(void)
{
	struct record record;
	struct host_reply_head head;
	while (is_ok(channel_next(&s.attacker, NULL, &record))) {
		assert_int_equal(record.type, RECORD_HOST_REPLY);
		assert_true(record.payload.len >= sizeof head);
		memcpy(&head, record.payload.ptr, sizeof head);
		s.code = (enum err_code)head.code;
		s.replies++;
		buf_clear(&s.said);
		buf_add(&s.said, record.payload.ptr + sizeof head, record.payload.len - sizeof head);
		/* Whatever was asked: no byte of what the function may not have. */
		assert_null(memmem(s.said.ptr, s.said.len, "jewel", 5));
		assert_null(memmem(s.said.ptr, s.said.len, "private to bob", 14));
	}
}

static void turn(int ms)
{
	loop_turn(&s.child.loop, ms);
	remote_turn(&s.broker);
	waiting_retry(&s.broker);
	hear_supervisor();
	for (uint32_t t = 0; t < 1; t++) {
		struct broker_function *f = broker_function_of(&s.broker, function_ref(GENERATION, READER));
		if (f->workers[t])
			channel_flush(f->workers[t]);
	}
	hear_replies();
}

/* The bytes to the code that takes a worker's calls; whatever answer there is, is heard. */
static void say(struct slice payload)
{
	struct broker_function *f = broker_function_of(&s.broker, function_ref(GENERATION, READER));
	const struct record record = {.type = RECORD_HOST_CALL, .id = ++s.next_id, .payload = payload};
	const uint32_t denials = s.denials, replies = s.replies;
	host_call_take(&s.broker, f, 0, &record);
	turn(0);
	/* What has no form is denied without an answer: nobody knows to whom. */
	for (int i = 0; i < 2000 && s.replies == replies && s.denials == denials; i++)
		turn(5);
	assert_true(s.replies != replies || s.denials != denials);
}

static size_t ticket_for(uint32_t function, const char *user, char bytes[TICKET_BYTES_MAX])
{
	size_t n = 0;
	const struct ticket_claims claims = {
	    .request = 7, .expires_ms = s.broker.unix_ms + 3600000, .function = function_ref(GENERATION, function), .user = slice_cstr(user)};
	assert_true(is_ok(ticket_seal(&claims, s.broker.ticket_key, bytes, NULL, &n)));
	return n;
}

static void put(struct buf *out, enum host_verb verb, struct slice ticket, struct slice name, struct slice argument)
{
	const struct host_call_head head = {.verb = (uint8_t)verb,
	    .ticket_bytes = (uint32_t)ticket.len,
	    .name_bytes = (uint32_t)name.len,
	    .argument_bytes = (uint32_t)argument.len};
	buf_clear(out);
	buf_add(out, &head, sizeof head);
	buf_add_slice(out, ticket);
	buf_add_slice(out, name);
	buf_add_slice(out, argument);
}

static void argument_of(const char *json, struct buf *out)
{
	struct problems problems = {0};
	const struct broker_function *f = broker_function_of(&s.broker, function_ref(GENERATION, READER));
	buf_clear(out);
	assert_true(is_ok(value_from_json(
	    type_set_find(f->types, SLICE("query:ReadNote:params")), slice_cstr(json), out, &problems)));
}

/* A call of the reader's worker with a ticket as given, under the name. */
static void call(struct slice ticket, enum host_verb verb, const char *name)
{
	CLEANUP_BUF struct buf payload = BUF_INIT(1u << 20);
	CLEANUP_BUF struct buf argument = BUF_INIT(4096);
	argument_of("{\"other\":9}", &argument);
	put(&payload, verb, ticket, slice_cstr(name), buf_slice(&argument));
	say(buf_slice(&payload));
}

static void its_own_query_answers(void **state)
{
	char ticket[TICKET_BYTES_MAX];
	(void)state;
	size_t n = ticket_for(READER, "ada", ticket);
	call(slice_of(ticket, n), HOST_QUERY, "ReadNote");
	assert_int_equal(s.code, ERR_NONE);
	assert_non_null(memmem(s.said.ptr, s.said.len, "note of ada", 11));
}

/* The broker's own copy of a contract, changed as a hole in what checks contracts might let it be. */
static void hold(struct slice *secrets, size_t count)
{
	struct broker_function *f = broker_function_of(&s.broker, function_ref(GENERATION, READER));
	union {
		const struct app_function *constant;
		struct app_function *changed;
	} view = {.constant = f->contract};
	view.changed->contract.secrets = (struct slice_list){secrets, count};
}

static void the_databases_url_is_given_to_nobody(void **state)
{
	static struct slice names[] = {{"DATABASE_URL", 12}, {"SIGNING_KEY", 11}};
	struct error err = {0};
	struct secret_store *store = NULL;
	char ticket[TICKET_BYTES_MAX];
	(void)state;
	must(secret_store_open(".", true, &err, &store), &err);
	must(secret_store_put(store, names[0], SLICE("postgres://owner:harbour@db/shop"), false, 1, &err), &err);
	must(secret_store_put(store, names[1], SLICE("signing lantern"), false, 1, &err), &err);
	secret_store_free(store);
	size_t n = ticket_for(READER, "ada", ticket);
	call(slice_of(ticket, n), HOST_SECRET, "DATABASE_URL"); /* not in the contract at all */
	assert_int_equal(s.code, ERR_DENIED);
	hold(names, 2);
	call(slice_of(ticket, n), HOST_SECRET, "SIGNING_KEY");
	assert_int_equal(s.code, ERR_NONE);
	assert_non_null(memmem(s.said.ptr, s.said.len, "signing lantern", 15));
	call(slice_of(ticket, n), HOST_SECRET, "DATABASE_URL");
	assert_int_equal(s.code, on_postgres ? ERR_DENIED : ERR_NONE);
	assert_true(!on_postgres == (memmem(s.said.ptr, s.said.len, "harbour", 7) != NULL));
	hold(NULL, 0);
}

/* What a contract that says so meets: it is not taken. */
static void a_contract_that_gives_the_url_is_refused(void **state)
{
	static struct slice names[] = {{"DATABASE_URL", 12}};
	CLEANUP_BUF struct buf text = BUF_INIT(4u << 20);
	struct error err = {0};
	const struct app_contract *taken;
	int fd;
	(void)state;
	hold(names, 1);
	for (size_t i = 0; i < ARRAY_LEN(s.broker.apps); i++)
		if (s.broker.apps[i])
			app_contract_json(&s.broker.apps[i]->contract, &text);
	hold(NULL, 0);
	must(fd_sealed("app", buf_slice(&text), &err, &fd), &err);
	result r = broker_take_app(&s.broker, GENERATION + 1, fd, &err, &taken);
	close(fd);
	assert_int_equal(r.code, on_postgres ? ERR_INVALID : ERR_NONE);
	if (is_ok(r))
		broker_drop_app(&s.broker, GENERATION + 1);
	else
		assert_non_null(strstr(err.text, "the database's URL is a secret"));
}

static void another_functions_query_is_denied(void **state)
{
	static const char *const names[] = {"ReadVault", "Steal", "readvault", "", "ReadNote\0ReadVault", "SELECT jewel FROM vault",
	    "ReadNote;ReadVault", "../keeper/ReadVault"};
	char ticket[TICKET_BYTES_MAX];
	(void)state;
	size_t n = ticket_for(READER, "ada", ticket);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		uint32_t before = s.denials, replies = s.replies;
		if (strcmp(names[i], "ReadNote") == 0)
			continue;
		call(slice_of(ticket, n), HOST_QUERY, names[i]);
		assert_int_equal(s.replies, replies + 1);
		assert_int_equal(s.code, ERR_DENIED);
		assert_int_equal(s.denials, before + 1);
	}
}

static void a_forged_ticket_is_denied(void **state)
{
	char ticket[TICKET_BYTES_MAX];
	char forged[TICKET_BYTES_MAX];
	(void)state;
	/* Of the other function, as it might be stolen from another worker. */
	size_t n = ticket_for(0, "ada", ticket);
	call(slice_of(ticket, n), HOST_QUERY, "ReadNote");
	assert_int_equal(s.code, ERR_DENIED);
	n = ticket_for(READER, "ada", ticket);
	/* Each byte changed, the user among them; each length. */
	for (size_t i = 0; i < n; i++) {
		memcpy(forged, ticket, n);
		forged[i] = (char)(forged[i] ^ 0x41);
		s.code = ERR_NONE;
		call(slice_of(forged, n), HOST_QUERY, "ReadNote");
		assert_int_not_equal(s.code, ERR_NONE);
		s.code = ERR_NONE;
		call(slice_of(ticket, i), HOST_QUERY, "ReadNote");
		assert_int_not_equal(s.code, ERR_NONE);
	}
	memcpy(forged, ticket, n);
	memcpy(forged + n - 3, "bob", 3);
	call(slice_of(forged, n), HOST_QUERY, "ReadNote");
	assert_int_equal(s.code, ERR_DENIED);
}

static void what_the_host_binds_cannot_be_passed(void **state)
{
	/* The name ids of a value are the type set's; here every one there could be is tried beside the real parameter. */
	char ticket[TICKET_BYTES_MAX];
	(void)state;
	size_t n = ticket_for(READER, "ada", ticket);
	for (uint16_t name = 0; name < 64; name++) {
		CLEANUP_BUF struct buf argument = BUF_INIT(4096);
		CLEANUP_BUF struct buf payload = BUF_INIT(1u << 16);
		struct value_writer w;
		value_writer_init(&w, &argument);
		value_write_object_begin(&w);
		value_write_key(&w, name);
		value_write_string(&w, SLICE("bob"));
		value_write_key_text(&w, SLICE("auth_user"));
		value_write_string(&w, SLICE("bob"));
		value_write_object_end(&w);
		put(&payload, HOST_QUERY, slice_of(ticket, n), SLICE("ReadNote"), buf_slice(&argument));
		s.code = ERR_NONE;
		say(buf_slice(&payload));
		assert_int_not_equal(s.code, ERR_NONE);
	}
}

static void absurd_lengths_are_denied(void **state)
{
	static const uint32_t lengths[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, 65536};
	char ticket[TICKET_BYTES_MAX];
	(void)state;
	size_t n = ticket_for(READER, "ada", ticket);
	CLEANUP_BUF struct buf payload = BUF_INIT(1u << 20);
	for (size_t field = 0; field < 3; field++)
		for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
			put(&payload, HOST_QUERY, slice_of(ticket, n), SLICE("ReadNote"), SLICE_NONE);
			memcpy(payload.ptr + offsetof(struct host_call_head, ticket_bytes) + 4 * field, &lengths[i], 4);
			uint32_t before = s.denials;
			s.code = ERR_DENIED;
			say(buf_slice(&payload));
			assert_true(s.denials > before || s.code != ERR_NONE);
		}
	for (size_t cut = 0; cut < sizeof(struct host_call_head) + n; cut++) {
		uint32_t before = s.denials;
		put(&payload, HOST_QUERY, slice_of(ticket, n), SLICE("ReadNote"), SLICE_NONE);
		say(slice_of(payload.ptr, cut));
		assert_int_equal(s.denials, before + 1);
	}
}

static void every_verb_in_every_order_learns_nothing(void **state)
{
	unsigned seed = 1;
	char ticket[TICKET_BYTES_MAX];
	CLEANUP_BUF struct buf payload = BUF_INIT(1u << 20);
	CLEANUP_BUF struct buf argument = BUF_INIT(4096);
	static const char *const names[] = {"ReadNote", "ReadVault", "Steal", "DATABASE_URL", "keeper"};
	uint32_t answered = 0;
	(void)state;
	argument_of("{\"other\":9}", &argument);
	for (unsigned round = 0; round < ROUNDS / (on_postgres ? 20 : 1); round++) {
		size_t n = ticket_for((uint32_t)rand_r(&seed) % 2, rand_r(&seed) % 2 ? "ada" : "eve", ticket);
		put(&payload, (enum host_verb)(rand_r(&seed) % (HOST_VERB_COUNT + 2)), slice_of(ticket, n),
		    slice_cstr(names[(unsigned)rand_r(&seed) % ARRAY_LEN(names)]), rand_r(&seed) % 3 ? buf_slice(&argument) : SLICE_NONE);
		((struct host_call_head *)(void *)payload.ptr)->request_slot = (uint32_t)rand_r(&seed) % 3;
		for (int flips = rand_r(&seed) % 3; flips > 0; flips--)
			payload.ptr[(unsigned)rand_r(&seed) % payload.len] = (char)rand_r(&seed);
		if (((struct host_call_head *)(void *)payload.ptr)->verb == HOST_HTTP)
			continue; /* its half is tests/unit/proc */
		say(buf_slice(&payload));
		answered += s.code == ERR_NONE;
		if (rand_r(&seed) % 16 == 0)
			transaction_end(broker_function_of(&s.broker, function_ref(GENERATION, READER)), 0, (uint32_t)rand_r(&seed) % 3);
	}
	/* Among so much malice its own calls were still served. */
	assert_true(answered > 50);
	for (uint32_t slot = 0; slot < 3; slot++)
		transaction_end(broker_function_of(&s.broker, function_ref(GENERATION, READER)), 0, slot);
	turn(50);
	its_own_query_answers(state);
}

static void a_flood_is_bounded(void **state)
{
	char ticket[TICKET_BYTES_MAX];
	CLEANUP_BUF struct buf payload = BUF_INIT(1u << 20);
	CLEANUP_BUF struct buf argument = BUF_INIT(4096);
	struct broker_function *f = broker_function_of(&s.broker, function_ref(GENERATION, READER));
	(void)state;
	size_t n = ticket_for(READER, "ada", ticket);
	argument_of("{\"other\":9}", &argument);
	put(&payload, HOST_QUERY, slice_of(ticket, n), SLICE("ReadNote"), buf_slice(&argument));
	uint32_t before = s.replies;
	for (unsigned i = 0; i < 6000; i++) {
		const struct record record = {.type = RECORD_HOST_CALL, .id = ++s.next_id, .payload = buf_slice(&payload)};
		host_call_take(&s.broker, f, 0, &record);
	}
	turn(0);
	for (int i = 0; i < 20000 && (remote_is_busy(&s.broker) || s.replies - before < 6000); i++)
		turn(2);
	/* Each was answered, served or refused. */
	assert_int_equal(s.replies - before, 6000);
}

static void nothing_was_changed(void **state)
{
	struct error err = {0};
	(void)state;
	if (!on_postgres)
		return; /* the SQLite half is judged by its authorizer's own tests */
	const struct sql_query *all[1];
	(void)all;
	char command[600];
	(void)snprintf(command, sizeof command, "psql -X -A -t '%s' -c 'SELECT jewel FROM vault' 2>/dev/null", s.url);
	FILE *f = popen(command, "re");
	char line[64] = "";
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof line, f));
	assert_int_equal(pclose(f), 0);
	assert_string_equal(line, "a jewel\n");
	(void)err;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(its_own_query_answers),
	    cmocka_unit_test(the_databases_url_is_given_to_nobody),
	    cmocka_unit_test(a_contract_that_gives_the_url_is_refused),
	    cmocka_unit_test(another_functions_query_is_denied),
	    cmocka_unit_test(a_forged_ticket_is_denied),
	    cmocka_unit_test(what_the_host_binds_cannot_be_passed),
	    cmocka_unit_test(absurd_lengths_are_denied),
	    cmocka_unit_test(every_verb_in_every_order_learns_nothing),
	    cmocka_unit_test(a_flood_is_bounded),
	    cmocka_unit_test(nothing_was_changed),
	};
	on_postgres = argc == 2 && strcmp(argv[1], "postgres") == 0;
	if (on_postgres && !postgres_server_start(&server)) {
		(void)printf("skipped: PostgreSQL is not installed\n");
		return 77;
	}
	int failed = cmocka_run_group_tests(tests, setup, teardown);
	if (on_postgres)
		postgres_server_stop(&server);
	return failed;
}
