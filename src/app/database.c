#include "app/database.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/secrets/secret_store.h"
#include "data/migration.h"

static result read_secret(
    const char *state_dir, const char *key_text, struct slice name, struct error *err, char **ret)
{
	struct secret_store *store = NULL;
	struct secret_value value = {0};
	if (key_text && key_text[0])
		TRY(secret_store_open_with(state_dir, key_text, err, &store));
	else
		TRY(secret_store_open(state_dir, false, err, &store));
	result r = secret_store_get(store, name, err, &value);
	char *text = is_ok(r) ? strndup(value.bytes.ptr, value.bytes.len) : NULL;
	if (is_ok(r) && !text)
		r = error_set(err, ERR_MEMORY, "no memory for the database's URL");
	secret_value_done(&value);
	secret_store_free(store);
	*ret = text;
	return r;
}

result app_database_url(const struct manifest_database *database, const char *state_dir, const char *key_text,
    struct error *err, char **ret_url)
{
	struct sql_place place;
	char *url = NULL;
	TRY(read_secret(state_dir, key_text, database->url_secret, err, &url));
	/* A new line at the end is what a shell puts there. */
	url[strcspn(url, "\r\n")] = '\0';
	result r = sql_place_read(url, database->unverified, err, &place);
	if (is_ok(r))
		*ret_url = url;
	else
		app_database_url_free(url);
	return r;
}

void app_database_url_free(char *url)
{
	if (!url)
		return;
	explicit_bzero(url, strlen(url));
	free(url);
}

static result prepare_server(const char *app_dir, const char *url, const struct app_contract *contract,
    struct error *err, struct app_database *ret)
{
	struct sql_authority *functions = calloc(contract->function_count + 1, sizeof *functions);
	if (!functions)
		return error_set(err, ERR_MEMORY, "no memory for roles");
	for (size_t i = 0; i < contract->function_count; i++)
		functions[i] = (struct sql_authority){
		    contract->functions[i].queries, contract->functions[i].query_count};
	result r = sql_place_read(url, contract->database.unverified, err, &ret->place);
	if (is_ok(r))
		r = migrations_apply_to(app_dir, url, err, NULL);
	if (is_ok(r))
		r = sql_roles_prepare(url, functions, contract->function_count, err, ret->secret);
	free(functions);
	ret->remote = true;
	return r;
}

/* What a child found, in memory that it shares with its parent. */
struct prepared {
	bool ended;
	result result;
	struct error err;
	struct app_database database;
};

static void prepare_in_child(const char *app_dir, const char *state_dir, const struct app_contract *contract,
    const char *key_text, struct prepared *ret)
{
	char *url = NULL;
	ret->result = app_database_url(&contract->database, state_dir, key_text, &ret->err, &url);
	if (is_ok(ret->result))
		ret->result = prepare_server(app_dir, url, contract, &ret->err, &ret->database);
	ret->ended = true;
}

/*
 * In a process that ends with it: the owner's password has been in libpq's memory, which is not wiped, and whoever serves
 * must not have it.
 */
static result prepare_apart(const char *app_dir, const char *state_dir, const struct app_contract *contract,
    const char *key_text, struct error *err, struct app_database *ret)
{
	struct prepared *p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return error_errno(err, "no memory for the database");
	pid_t pid = fork();
	if (pid == 0) {
		prepare_in_child(app_dir, state_dir, contract, key_text, p);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	result r = p->ended ? p->result : error_set(err, ERR_SYSTEM, "the database could not be prepared");
	if (p->ended && !is_ok(r) && err)
		*err = p->err;
	if (is_ok(r))
		*ret = p->database;
	explicit_bzero(p, sizeof *p);
	(void)munmap(p, sizeof *p);
	return r;
}

result app_database_prepare(const char *app_dir, const char *state_dir, const struct app_contract *contract,
    const char *key_text, struct error *err, struct app_database *ret)
{
	if (contract->database.kind != DATABASE_POSTGRES)
		return migrations_apply(app_dir, state_dir, err, NULL);
	return prepare_apart(app_dir, state_dir, contract, key_text, err, ret);
}
