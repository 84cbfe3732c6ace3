/* `ward secret`: set, rotate, list, rm, rekey. A value comes from standard input, so that no process list
 * shows it. */
#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "app/secrets/secret_store.h"
#include "cli/contract.h"

struct secret_options {
	const char *action;
	const char *name;
	const char *app;
	const char *state;
};

static int64_t now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until its end from a pipe, one line without echo from a terminal; without the line's end. */
static ssize_t read_value(char *value, size_t size)
{
	struct termios before, quiet;
	bool terminal = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &before) == 0;
	size_t length = 0;
	ssize_t n = 1;
	if (terminal) {
		(void)fputs("Value (it is not shown): ", stderr);
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	while (length < size && (n = read(STDIN_FILENO, value + length, size - length)) > 0) {
		length += (size_t)n;
		if (terminal && value[length - 1] == '\n')
			break;
	}
	if (terminal) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		(void)fputc('\n', stderr);
	}
	if (n < 0)
		return -1;
	if (length > 0 && value[length - 1] == '\n')
		length--;
	return (ssize_t)length;
}

static result put(struct secret_store *store, const char *name, bool replace, struct error *err)
{
	char *value = sodium_malloc(SECRET_VALUE_MAX + 2);
	if (!value)
		return error_set(err, ERR_MEMORY, "no locked memory for a secret");
	ssize_t n = read_value(value, SECRET_VALUE_MAX + 2);
	result r = n < 0 ? error_errno(err, "cannot read standard input")
			 : secret_store_put(
			       store, slice_cstr(name), slice_of(value, (size_t)n), replace, now_ms(), err);
	sodium_free(value);
	return r;
}

static result set(struct secret_store *store, const struct secret_options *o, struct error *err)
{
	return put(store, o->name, false, err);
}

static result rotate(struct secret_store *store, const struct secret_options *o, struct error *err)
{
	return put(store, o->name, true, err);
}

static result take_out(struct secret_store *store, const struct secret_options *o, struct error *err)
{
	return secret_store_remove(store, slice_cstr(o->name), err);
}

static result rekey(struct secret_store *store, const struct secret_options *o, struct error *err)
{
	(void)o;
	return secret_store_rekey(store, err);
}

/* The functions that hold the secret or have it added to their requests. */
static void print_users(const struct app_contract *contract, struct slice name)
{
	for (size_t i = 0; i < contract->function_count; i++) {
		const struct manifest_function *f = &contract->functions[i].contract;
		for (size_t k = 0; k < f->egress_count; k++)
			if (slice_eq(f->egress[k].secret, name))
				(void)printf(
				    "  %.*s to %.*s", SLICE_ARG(f->name), SLICE_ARG(f->egress[k].host));
		for (size_t k = 0; k < f->secrets.count; k++)
			if (slice_eq(f->secrets.items[k], name))
				(void)printf("  %.*s holds it", SLICE_ARG(f->name));
	}
}

static result list(struct secret_store *store, const struct secret_options *o, struct error *err)
{
	struct app_contract contract = {0};
	struct error unbuilt = {0};
	CLEANUP_ARENA struct arena arena = ARENA_INIT(256u << 20);
	(void)err;
	/* An app that is not built has no users to show; its secrets are there all the same. */
	ignore_result(app_contract_read(o->app, &arena, &unbuilt, &contract));
	for (size_t i = 0; i < secret_store_count(store); i++) {
		struct secret_info s = secret_store_info(store, i);
		char when[32] = "?";
		time_t seconds = (time_t)(s.set_ms / 1000);
		struct tm utc;
		if (gmtime_r(&seconds, &utc))
			(void)strftime(when, sizeof when, "%Y-%m-%d %H:%M", &utc);
		(void)printf(
		    "%-32.*s version %-4llu %s", SLICE_ARG(s.name), (unsigned long long)s.version, when);
		print_users(&contract, s.name);
		(void)putchar('\n');
	}
	return RESULT_OK;
}

static void warn_unset(const struct secret_store *store, struct slice who, struct slice name)
{
	if (!name.len)
		return;
	for (size_t i = 0; i < (store ? secret_store_count(store) : 0); i++)
		if (slice_eq(secret_store_info(store, i).name, name))
			return;
	(void)fprintf(stderr, "ward: %.*s needs the secret %.*s, which is not set: `ward secret set %.*s`\n",
	    SLICE_ARG(who), SLICE_ARG(name), SLICE_ARG(name));
}

void warn_unset_secrets(const struct app_contract *contract, const char *state)
{
	struct error err = {0};
	struct secret_store *store = NULL;
	result r = secret_store_open(state, false, &err, &store);
	if (!is_ok(r) && r.code != ERR_NOT_FOUND)
		(void)fprintf(stderr, "ward: %s\n", err.text);
	for (size_t i = 0; i < contract->function_count; i++) {
		const struct manifest_function *f = &contract->functions[i].contract;
		for (size_t k = 0; k < f->egress_count; k++)
			warn_unset(store, f->name, f->egress[k].secret);
		for (size_t k = 0; k < f->secrets.count; k++)
			warn_unset(store, f->name, f->secrets.items[k]);
	}
	for (size_t i = 0; i < contract->identity.issuer_count; i++)
		warn_unset(store, contract->identity.issuers[i].name, contract->identity.issuers[i].secret);
	warn_unset(store, SLICE("mail"), contract->mail.secret);
	const struct manifest_hosts *hosts[] = {&contract->watch.webhooks, &contract->watch.otlp};
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < hosts[i]->count; k++) {
			warn_unset(store, SLICE("watch"), hosts[i]->items[k].secret);
			warn_unset(store, SLICE("watch"), hosts[i]->items[k].sign);
		}
	secret_store_free(store);
}

static const struct action {
	const char *name;
	bool takes_name;
	bool creates;
	result (*run)(struct secret_store *store, const struct secret_options *o, struct error *err);
	const char *done;
} actions[] = {
    {"set", true, true, set, "It is sealed; functions get it by what their contract says."},
    {"rotate", true, false, rotate, "The next request uses the new value."},
    {"rm", true, false, take_out, "It is gone."},
    {"rekey", false, false, rekey, "Everything is sealed under a new master key. Start ward again."},
    {"list", false, false, list, NULL},
};

static result run(const struct action *action, const struct secret_options *o, struct error *err)
{
	struct secret_store *store = NULL;
	if (action->creates && mkdir(o->state, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make the state directory %s", o->state);
	result r = secret_store_open(o->state, action->creates, err, &store);
	if (r.code == ERR_NOT_FOUND)
		return error_set(err, ERR_NOT_FOUND, "no secret has been set in %s", o->state);
	TRY(r);
	r = action->run(store, o, err);
	secret_store_free(store);
	return r;
}

static const struct action *parse(int argc, char **argv, struct secret_options *o)
{
	const struct action *action = NULL;
	for (int i = 1; i < argc; i++) {
		if (option_value(argc, argv, &i, "--app", &o->app) ||
		    option_value(argc, argv, &i, "--state", &o->state))
			continue;
		if (!o->action)
			o->action = argv[i];
		else if (!o->name && argv[i][0] != '-')
			o->name = argv[i];
		else
			return NULL;
	}
	for (size_t i = 0; o->action && i < sizeof actions / sizeof *actions; i++)
		if (strcmp(o->action, actions[i].name) == 0)
			action = &actions[i];
	return action && action->takes_name == (o->name != NULL) ? action : NULL;
}

int command_secret(int argc, char **argv)
{
	char state[PATH_MAX];
	struct error err = {0};
	struct secret_options o = {.app = "."};
	const struct action *action = parse(argc, argv, &o);
	if (!action)
		return usage_error("secret", "values are read from standard input, never from arguments");
	if (!o.state) {
		/* .ward is made by the first build; a secret may come before it. */
		(void)snprintf(state, sizeof state, "%s/.ward", o.app);
		if (action->creates)
			(void)mkdir(state, 0755);
		(void)snprintf(state, sizeof state, "%s/.ward/state", o.app);
		o.state = state;
	}
	if (!is_ok(run(action, &o, &err))) {
		(void)fprintf(stderr, "ward: %s\n", err.text);
		return 1;
	}
	if (action->done)
		(void)puts(action->done);
	return 0;
}
