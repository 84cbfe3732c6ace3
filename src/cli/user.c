/*
 * `ward user`: the accounts of an app, or of ward's operators, from the command line. It opens the store in
 * the state directory itself and needs no running ward; one that runs notices within a second and keeps
 * nothing about a session from before.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "cli/accounts.h"
#include "cli/cli.h"
#include "identity/factor.h"
#include "identity/password_import.h"
#include "identity/reset.h"
#include "os/clock.h"

#define LIST_PAGE 256u
#define IMPORT_LINE_MAX 4096
#define IMPORT_ERRORS_SHOWN 20u

struct user_call {
	struct identity_store *store;
	enum user_realm realm;
	bool json;
	bool password_stdin;
	bool end;
	bool factors;
	bool leave;
	const char *words[3]; /* after the action */
	int word_count;
	int64_t now_ms;
};

static result find(struct user_call *c, struct error *err, struct user *ret)
{
	return accounts_find(c->store, c->realm, slice_cstr(c->words[0]), err, ret);
}

static json_t *user_json(const struct user *u)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:b,s:b,s:b,s:i,s:I}", "id", u->id, "email", u->email, "status",
	    user_status_name(u->status), "roles", u->roles, "emailVerified", u->email_verified, "password",
	    u->has_password, "totp", u->has_totp, "passkeys", (int)u->passkeys, "created",
	    (json_int_t)u->created_ms);
}

static void print_user(const struct user_call *c, const struct user *u)
{
	char created[24];
	if (c->json) {
		json_t *row = user_json(u);
		(void)json_dumpf(row, stdout, JSON_COMPACT);
		(void)putchar('\n');
		json_decref(row);
		return;
	}
	accounts_time(u->created_ms, created);
	(void)printf("%-26s  %-10s %-16s  %s%s%s  %s\n", u->id, user_status_name(u->status), created,
	    u->has_password ? "p" : "-", u->has_totp ? "t" : "-", u->passkeys ? "k" : "-",
	    u->email[0] ? u->email : "(no address)");
	if (u->roles[0])
		(void)printf("%-26s  roles: %s\n", "", u->roles);
}

/* The line that standard input begins with, without its end. */
static result read_password(char *password, size_t size, struct error *err)
{
	if (!fgets(password, (int)size, stdin))
		return error_set(err, ERR_INVALID, "no password on standard input");
	password[strcspn(password, "\r\n")] = '\0';
	return RESULT_OK;
}

static result hash_new(
    struct user_call *c, const char *email, struct error *err, char hash[PASSWORD_HASH_MAX])
{
	char password[PASSWORD_BYTES_MAX + 2];
	const struct slice context[] = {slice_cstr(email)};
	const struct password_cost cost = identity_password_cost(c->store);
	TRY(read_password(password, sizeof password, err));
	TRY(password_check_policy(slice_cstr(password), context, 1, err));
	result r = password_hash(slice_cstr(password), &cost, err, hash);
	explicit_bzero(password, sizeof password);
	return r;
}

static result print_reset(struct user_call *c, const struct user *u, struct error *err)
{
	struct session_token token;
	TRY(reset_begin(c->store, u->row, c->now_ms, err, &token));
	(void)printf("to choose a password within half an hour: <your site>/_ward/%s/reset#token=%s\n",
	    u->realm == REALM_OPERATOR ? "operator" : "account", token.text);
	return RESULT_OK;
}

static result do_add(struct user_call *c, struct error *err)
{
	struct user u;
	char email[EMAIL_BYTES_MAX + 1], hash[PASSWORD_HASH_MAX] = "";
	TRY(email_normalise(slice_cstr(c->words[0]), err, email));
	if (c->password_stdin)
		TRY(hash_new(c, email, err, hash));
	const struct new_user fields = {.realm = c->realm,
	    .email = email,
	    .password_hash = hash[0] ? hash : NULL,
	    .status = USER_ACTIVE,
	    .roles = slice_cstr(c->words[1]),
	    .email_verified = true};
	TRY(user_create(c->store, &fields, c->now_ms, err, &u));
	print_user(c, &u);
	return hash[0] ? RESULT_OK : print_reset(c, &u, err);
}

static result do_list(struct user_call *c, struct error *err)
{
	struct user *users = calloc(LIST_PAGE, sizeof *users);
	int64_t after = 0;
	size_t count = LIST_PAGE;
	result r = users ? RESULT_OK : error_set(err, ERR_MEMORY, "no memory for the list");
	while (is_ok(r) && count == LIST_PAGE) {
		r = user_list(c->store, c->realm, after, users, LIST_PAGE, err, &count);
		for (size_t i = 0; is_ok(r) && i < count; i++) {
			print_user(c, &users[i]);
			after = users[i].row;
		}
	}
	free(users);
	return r;
}

static result set_status(struct user_call *c, enum user_status status, struct error *err)
{
	struct user u;
	TRY(find(c, err, &u));
	TRY(user_set_status(c->store, u.row, status, err));
	TRY(user_by_row(c->store, u.row, err, &u));
	print_user(c, &u);
	return RESULT_OK;
}

static result do_disable(struct user_call *c, struct error *err)
{
	return set_status(c, USER_DISABLED, err);
}

static result do_enable(struct user_call *c, struct error *err)
{
	return set_status(c, USER_ACTIVE, err);
}

static result do_reset(struct user_call *c, struct error *err)
{
	struct user u;
	char hash[PASSWORD_HASH_MAX] = "";
	TRY(find(c, err, &u));
	if (c->factors)
		TRY(factors_remove(c->store, u.row, err));
	/* Whoever knows the old password is shut out now, not when the new one is chosen. */
	if (!c->password_stdin) {
		TRY(user_set_password(c->store, u.row, NULL, NULL, c->now_ms, err));
		return print_reset(c, &u, err);
	}
	TRY(hash_new(c, u.email, err, hash));
	return user_set_password(c->store, u.row, hash, NULL, c->now_ms, err);
}

static result do_roles(struct user_call *c, struct error *err)
{
	struct user u;
	TRY(find(c, err, &u));
	if (c->word_count > 1)
		TRY(user_set_roles(c->store, u.row, slice_cstr(c->words[1]), err));
	TRY(user_by_row(c->store, u.row, err, &u));
	print_user(c, &u);
	return RESULT_OK;
}

static result do_sessions(struct user_call *c, struct error *err)
{
	struct user u;
	size_t count = 0;
	struct session_row rows[100];
	TRY(find(c, err, &u));
	if (c->end) {
		TRY(session_end_all(c->store, u.row, NULL, err, &count));
		(void)printf("%zu sessions ended\n", count);
		return RESULT_OK;
	}
	TRY(session_list(c->store, u.row, c->now_ms, rows, ARRAY_LEN(rows), err, &count));
	for (size_t i = 0; i < count; i++) {
		char created[24], seen[24];
		accounts_time(rows[i].created_ms, created);
		accounts_time(rows[i].seen_ms, seen);
		(void)printf("%s  since %s  seen %s  %s%s  %s\n", rows[i].id, created, seen, rows[i].address,
		    rows[i].mfa ? " mfa" : "", rows[i].agent);
	}
	return RESULT_OK;
}

/* WHO TENANT [ROLE]: without a role one's own hold there. */
static result do_tenant(struct user_call *c, struct error *err)
{
	struct user u;
	const struct slice tenant = slice_cstr(c->words[1]);
	TRY(find(c, err, &u));
	if (c->leave)
		TRY(tenant_leave(c->store, u.row, tenant, err));
	else
		TRY(tenant_join(c->store, u.row, tenant, slice_cstr(c->words[2]), err));
	(void)printf("%s %s %s\n", u.email[0] ? u.email : u.id, c->leave ? "has left" : "is in", c->words[1]);
	return RESULT_OK;
}

static result do_delete(struct user_call *c, struct error *err)
{
	struct user u;
	TRY(find(c, err, &u));
	return user_delete(c->store, u.row, err);
}

static struct slice text_of(const json_t *row, const char *name)
{
	const json_t *value = json_object_get(row, name);
	return json_is_string(value) ? slice_of(json_string_value(value), json_string_length(value))
				     : SLICE_NONE;
}

/* {"email":..,"hash":..,"roles":..}: hash and roles may be left out. */
static result import_line(struct user_call *c, const char *line, struct error *err)
{
	struct user u;
	char email[EMAIL_BYTES_MAX + 1], hash[PASSWORD_HASH_MAX] = "";
	json_t *row = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	struct slice stored = text_of(row, "hash");
	result r = !json_is_object(row)	       ? error_set(err, ERR_INVALID, "not a JSON object")
		   : stored.len >= sizeof hash ? error_set(err, ERR_INVALID, "the hash is too long")
					       : email_normalise(text_of(row, "email"), err, email);
	if (is_ok(r) && stored.len) {
		(void)snprintf(hash, sizeof hash, "%.*s", SLICE_ARG(stored));
		r = password_import_check(hash, err);
	}
	if (is_ok(r)) {
		const struct new_user fields = {.realm = c->realm,
		    .email = email,
		    .password_hash = hash[0] ? hash : NULL,
		    .status = USER_ACTIVE,
		    .roles = text_of(row, "roles"),
		    .email_verified = json_is_true(json_object_get(row, "verified"))};
		r = user_create(c->store, &fields, c->now_ms, err, &u);
	}
	json_decref(row);
	return r;
}

static result import_lines(struct user_call *c, FILE *in, struct error *err)
{
	static char line[IMPORT_LINE_MAX];
	unsigned long number = 0, made = 0, wrong = 0;
	while (fgets(line, sizeof line, in)) {
		struct error why = {0};
		number++;
		if (line[strspn(line, " \t\r\n")] == '\0')
			continue;
		const bool whole = strchr(line, '\n') || feof(in);
		result r =
		    whole ? import_line(c, line, &why) : error_set(&why, ERR_LIMIT, "the line is too long");
		made += is_ok(r);
		wrong += !is_ok(r);
		if (!is_ok(r) && wrong <= IMPORT_ERRORS_SHOWN)
			(void)fprintf(stderr, "line %lu: %s\n", number, why.text);
		if (!whole)
			break;
	}
	if (wrong)
		return error_set(err, ERR_INVALID, "%lu lines are wrong: nothing was imported", wrong);
	(void)printf("%lu users imported\n", made);
	return RESULT_OK;
}

/* All or nothing. */
static result do_import(struct user_call *c, struct error *err)
{
	const bool standard = strcmp(c->words[0], "-") == 0;
	FILE *in = standard ? stdin : fopen(c->words[0], "re");
	if (!in)
		return error_errno(err, "cannot open %s", c->words[0]);
	result r = identity_batch_begin(c->store, err);
	if (is_ok(r))
		r = identity_batch_end(c->store, import_lines(c, in, err), err);
	if (!standard)
		(void)fclose(in);
	return r;
}

static const struct action {
	const char *name;
	int least, most; /* words */
	result (*run)(struct user_call *c, struct error *err);
} actions[] = {
    {"add", 1, 2, do_add},
    {"list", 0, 0, do_list},
    {"disable", 1, 1, do_disable},
    {"enable", 1, 1, do_enable},
    {"reset", 1, 1, do_reset},
    {"roles", 1, 2, do_roles},
    {"sessions", 1, 1, do_sessions},
    {"tenant", 2, 3, do_tenant},
    {"delete", 1, 1, do_delete},
    {"import", 1, 1, do_import},
};

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_LEN(actions); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

static result open_and_run(
    struct user_call *c, const char *state, const struct action *action, struct error *err)
{
	TRY(accounts_open(state, c->realm, "ward user", c->now_ms, err, &c->store));
	result r = action->run(c, err);
	identity_close(c->store);
	return r;
}

static bool is_flag(const char *word, const char *name, bool *ret)
{
	if (strcmp(word, name) != 0)
		return false;
	*ret = true;
	return true;
}

int command_user(int argc, char **argv)
{
	struct error err = {0};
	struct user_call c = {.realm = REALM_APP, .now_ms = clock_unix_ms()};
	const char *state = ".ward/state";
	const struct action *action = argc > 1 ? find_action(argv[1]) : NULL;
	if (!action)
		return usage_error("user", "say what to do: add, list, disable, enable, reset, roles, "
					   "sessions, tenant, delete or import");
	for (int i = 2; i < argc; i++) {
		bool operators = false;
		if (option_value(argc, argv, &i, "--state", &state) || is_flag(argv[i], "--json", &c.json) ||
		    is_flag(argv[i], "--password-stdin", &c.password_stdin) ||
		    is_flag(argv[i], "--end", &c.end) || is_flag(argv[i], "--factors", &c.factors) ||
		    is_flag(argv[i], "--leave", &c.leave))
			continue;
		if (is_flag(argv[i], "--operator", &operators) || is_flag(argv[i], "--operators", &operators))
			c.realm = REALM_OPERATOR;
		else if (argv[i][0] == '-' && argv[i][1] != '\0')
			return usage_error("user", "unexpected option %s", argv[i]);
		else if (c.word_count < action->most)
			c.words[c.word_count++] = argv[i];
		else
			return usage_error("user", "unexpected argument %s", argv[i]);
	}
	if (c.word_count < action->least)
		return usage_error(
		    "user", "%s needs to know whom%s", action->name, action->least > 1 ? " and where" : "");
	if (is_ok(open_and_run(&c, state, action, &err)))
		return 0;
	(void)fprintf(stderr, "ward: %s\n", err.text);
	return 1;
}
