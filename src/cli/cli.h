/*
 * Commands. One file each; a row in commands[] names it, says what it does and how it is called. Exit codes:
 * 0 done, 1 the answer is no (findings, a failed build), 2 the call was wrong.
 */
#ifndef WARD_CLI_CLI_H
#define WARD_CLI_CLI_H

#include <stdbool.h>

#include "app/lock/lock.h"
#include "base/buf.h"
#include "base/result.h"

struct command {
	const char *name;
	const char *usage; /* arguments as a person types them */
	const char *summary;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

extern const struct command commands[]; /* ended by name NULL */

int command_serve(int argc, char **argv);
int command_dev(int argc, char **argv);
int command_build(int argc, char **argv);
int command_check(int argc, char **argv);
int command_advisories(int argc, char **argv);
int command_new(int argc, char **argv);
int command_ps(int argc, char **argv);
int command_top(int argc, char **argv);
int command_logs(int argc, char **argv);
int command_trace(int argc, char **argv);
int command_act(int argc, char **argv);
int command_profile(int argc, char **argv);
int command_requests(int argc, char **argv);
int command_errors(int argc, char **argv);
int command_incidents(int argc, char **argv);
int command_audit(int argc, char **argv);
int command_deployments(int argc, char **argv);
int command_deliveries(int argc, char **argv);
int command_user(int argc, char **argv);
int command_operator(int argc, char **argv);
int command_lock(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_who(int argc, char **argv);
int command_why(int argc, char **argv);
int command_db(int argc, char **argv);
int command_tighten(int argc, char **argv);
int command_secret(int argc, char **argv);
int command_reference(int argc, char **argv);

/* Prints the command's usage on standard error and returns 2. */
int usage_error(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* An option with a value, "--listen X" or "--listen=X": true and *i moved past it when argv[*i] is it. */
bool option_value(int argc, char **argv, int *i, const char *name, const char **ret_value);

/* What a running ward says on a socket of its state directory, up to its end. */
result state_socket_read(const char *state, const char *name, struct buf *out, struct error *err);
/* The same after one line, with its end, has been asked. */
result state_socket_ask(
    const char *state, const char *name, const char *request, struct buf *out, struct error *err);

struct build_options {
	const char *dir;
	const char *state; /* the state directory; NULL: dir/.ward/state */
	bool json; /* findings as JSON lines on standard output instead of for people on standard error */
	enum lock_hold hold; /* how strictly the app is held to its ward.lock */
	bool compare; /* tell what breaks callers of the app that is deployed in the state directory, as
			 warnings */
};

/*
 * Builds an app into its .ward: manifest, migrations, queries, TypeScript, contract. Findings are printed and
 * kept in .ward/build/findings.json. True when there are no errors among them. Needs node on the PATH.
 */
bool build_app(const struct build_options *o, struct error *err);
/* The same in a process of its own, for one that goes on to serve: nothing that the build opened stays in its memory. */
bool build_apart(const struct build_options *o);

/* Where ward's own files are (sdk/, rules/ ...): beside the program or installed. Static storage. */
const char *ward_home(void);

#endif
