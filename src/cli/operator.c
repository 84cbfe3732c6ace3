/*
 * `ward operator key`: keys with which scripts use the operators' interface without a browser. A key belongs
 * to an operator's account and is never more than it: it may read, or act as well, and ends with the account.
 * It is shown once and kept as a hash. Like `ward user` this opens the store itself; a ward that runs notices
 * within a second.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "cli/accounts.h"
#include "cli/cli.h"
#include "identity/api_key.h"
#include "os/clock.h"

#define DAYS_MAX 3650
#define DAY_MS (24ll * 60 * 60 * 1000)
#define OPERATORS_MAX 256u

struct operator_call {
	struct identity_store *store;
	const char *words[3]; /* after the action */
	int word_count;
	long days; /* 0: without an end */
	int64_t now_ms;
};

static result do_add(struct operator_call *c, struct error *err)
{
	struct user u;
	struct api_key_text key;
	char id[API_KEY_ID_CHARS + 1];
	const struct api_key_fields fields = {.name = slice_cstr(c->words[1]),
	    .scopes = slice_cstr(c->words[2]),
	    .tenant = SLICE(""),
	    .expires_ms = c->days ? c->now_ms + c->days * DAY_MS : 0};
	TRY(accounts_find(c->store, REALM_OPERATOR, slice_cstr(c->words[0]), err, &u));
	if (u.realm != REALM_OPERATOR)
		return error_set(
		    err, ERR_INVALID, "%s is an account of the app, not an operator", c->words[0]);
	TRY(api_key_create(c->store, u.row, &fields, c->now_ms, err, &key, id));
	(void)fprintf(stderr, "key %s, shown only now; send it as \"Authorization: Bearer ...\"\n", id);
	(void)printf("%s\n", key.text);
	return RESULT_OK;
}

static void print_key(const struct user *u, const struct api_key_row *k)
{
	char created[24], used[24] = "never", ends[24] = "never";
	accounts_time(k->created_ms, created);
	if (k->used_ms)
		accounts_time(k->used_ms, used);
	if (k->expires_ms)
		accounts_time(k->expires_ms, ends);
	(void)printf("%s  %-4s  made %s  used %s  ends %s  %s  %s\n", k->id, k->scopes, created, used, ends,
	    u->email, k->name);
}

/* Each key of each operator, until one says that it is done. */
static result each_key(struct operator_call *c,
    result (*work)(struct operator_call *c, const struct user *u, const struct api_key_row *k,
	struct error *err, bool *ret_done),
    struct error *err, bool *ret_done)
{
	struct user *users = calloc(OPERATORS_MAX, sizeof *users);
	struct api_key_row *keys = calloc(API_KEYS_PER_USER, sizeof *keys);
	size_t count = 0;
	result r = users && keys ? user_list(c->store, REALM_OPERATOR, 0, users, OPERATORS_MAX, err, &count)
				 : error_set(err, ERR_MEMORY, "no memory for the list");
	for (size_t i = 0; is_ok(r) && i < count && !*ret_done; i++) {
		size_t own = 0;
		r = api_key_list(c->store, users[i].row, keys, API_KEYS_PER_USER, err, &own);
		for (size_t k = 0; is_ok(r) && k < own && !*ret_done; k++)
			r = work(c, &users[i], &keys[k], err, ret_done);
	}
	free(keys);
	free(users);
	return r;
}

static result list_one(struct operator_call *c, const struct user *u, const struct api_key_row *k,
    struct error *err, bool *ret_done)
{
	(void)c;
	(void)err;
	(void)ret_done;
	print_key(u, k);
	return RESULT_OK;
}

static result do_list(struct operator_call *c, struct error *err)
{
	bool done = false;
	return each_key(c, list_one, err, &done);
}

static result revoke_one(struct operator_call *c, const struct user *u, const struct api_key_row *k,
    struct error *err, bool *ret_done)
{
	if (strcmp(k->id, c->words[0]) != 0)
		return RESULT_OK;
	*ret_done = true;
	return api_key_revoke(c->store, u->row, slice_cstr(k->id), err);
}

static result do_revoke(struct operator_call *c, struct error *err)
{
	bool done = false;
	TRY(each_key(c, revoke_one, err, &done));
	return done ? RESULT_OK : error_set(err, ERR_NOT_FOUND, "there is no key %s", c->words[0]);
}

static const struct action {
	const char *name;
	int words;
	const char *needs;
	result (*run)(struct operator_call *c, struct error *err);
} actions[] = {
    {"add", 3, "an operator's address, a name, and read or act", do_add},
    {"list", 0, "", do_list},
    {"revoke", 1, "the id of a key, as list shows it", do_revoke},
};

static const struct action *find_action(int argc, char **argv)
{
	for (size_t i = 0; argc > 2 && strcmp(argv[1], "key") == 0 && i < ARRAY_LEN(actions); i++)
		if (strcmp(actions[i].name, argv[2]) == 0)
			return &actions[i];
	return NULL;
}

static bool read_days(const char *text, long *ret)
{
	char *end = NULL;
	long days = strtol(text, &end, 10);
	*ret = days;
	return end != text && *end == '\0' && days > 0 && days <= DAYS_MAX;
}

int command_operator(int argc, char **argv)
{
	struct error err = {0};
	struct operator_call c = {.now_ms = clock_unix_ms()};
	const char *state = ".ward/state";
	const char *days = NULL;
	const struct action *action = find_action(argc, argv);
	if (!action)
		return usage_error("operator", "say what to do: key add, key list or key revoke");
	for (int i = 3; i < argc; i++) {
		if (option_value(argc, argv, &i, "--state", &state) ||
		    option_value(argc, argv, &i, "--days", &days))
			continue;
		if (argv[i][0] == '-')
			return usage_error("operator", "unexpected option %s", argv[i]);
		if (c.word_count == action->words)
			return usage_error("operator", "unexpected argument %s", argv[i]);
		c.words[c.word_count++] = argv[i];
	}
	if (c.word_count < action->words)
		return usage_error("operator", "key %s needs %s", action->name, action->needs);
	if (days && !read_days(days, &c.days))
		return usage_error("operator", "--days takes a number from 1 to %d", DAYS_MAX);
	result r = accounts_open(state, REALM_OPERATOR, "ward operator", c.now_ms, &err, &c.store);
	if (is_ok(r)) {
		r = action->run(&c, &err);
		identity_close(c.store);
	}
	if (is_ok(r))
		return 0;
	(void)fprintf(stderr, "ward: %s\n", err.text);
	return 1;
}
