/* `ward`: one program, many commands; `ward __process NAME` is how the supervisor starts its processes. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/cli.h"
#include "proc/process.h"

const struct command commands[] = {
    {"dev", "DIR [--listen HOST:PORT] [--origin URL] [--warm N] [--trust-proxy CIDR,...] [--countries FILE] [--state DIR]", "serve an app, rebuild it when its files change",
	command_dev},
    {"serve", "DIR [--listen HOST:PORT] [--origin URL] [--warm N] [--trust-proxy CIDR,...] [--countries FILE] [--state DIR]", "build and serve an app", command_serve},
    {"build", "DIR [--json] [--state DIR]", "build an app into DIR/.ward without serving it", command_build},
    {"check", "[DIR] [--frozen] [--format json|sarif|junit] [--severity LEVEL] [--fix] [--watch]",
	"check any project before it is deployed", command_check},
    {"advisories", "update FILE|URL [--key KEY] | info", "fetch published vulnerabilities for check",
	command_advisories},
    {"lock", "DIR [--yes] [--state DIR]", "show how authority differs from ward.lock and write it on consent", command_lock},
    {"explain", "DIR FUNCTION [--state DIR]", "print the contract of a function", command_explain},
    {"who", "DIR TABLE[.COLUMN] [--state DIR]", "list the functions that touch a table or column", command_who},
    {"why", "[ID] [--app DIR] [--state DIR]", "say why a call was denied and what would allow it", command_why},
    {"tighten", "DIR [--days N] [--state DIR] [--yes]", "show authority that nothing uses and take it back", command_tighten},
    {"secret", "set|rotate|rm NAME | list | rekey [--app DIR] [--state DIR]", "keep secrets sealed; values from standard input",
	command_secret},
    {"new", "DIR", "write a small app that runs", command_new},
    {"reference", "ward-yaml|processes", "print a reference page", command_reference},
    {"db", "status|migrate|shell|backup|restore|durability DIR [FILE]", "look after the database of an app", command_db},
    {"ps", "[--state DIR] [--json]", "list the processes of a running ward", command_ps},
    {"top", "[--state DIR] [--once] [--json | --metrics]", "what the functions of a running ward do, and what is strange", command_top},
    {"logs", "[-f] [--function F] [--request ID] [--level LEVEL] [--json] [--state DIR]", "what the functions of a running ward log",
	command_logs},
    {"trace", "ID [--json] [--state DIR]", "one request, or those of a trace: how long, what it asked for, how it ended", command_trace},
    {"requests", "[--function F] [--outcome O|failures|refused] [--caller C] [--address A] [--slow_us N] [--limit N] [--before ID] [--json] [--state DIR]",
	"the newest requests, by a filter", command_requests},
    {"errors", "[--function F] [--json] [--state DIR]", "what functions threw, those of one stack as one", command_errors},
    {"incidents", "[ID] [--all] [--json] [--state DIR]", "what is strange, since when, by which evidence", command_incidents},
    {"audit", "[--limit N] [--before ID] [--json] [--state DIR]", "what happened to accounts and what operators did", command_audit},
    {"act", "[quarantine|throttle|challenge|ban [--function F] [--caller C | --address A | --prefix P | --country CC] [--minutes N] [--why TEXT] | release ID | close INCIDENT | renew [--function F]] [--state DIR]",
	"what is in force against calls; begin it or end it", command_act},
    {"profile", "write|show|diff DIR [FUNCTION] [--state DIR] [--all]",
	"what each function was seen to do: commit it, print it in words, hold a running ward against it", command_profile},
    {"deployments", "[--json] [--state DIR]", "what was deployed when, and which incidents came right after", command_deployments},
    {"deliveries", "[retry ID] [--json] [--state DIR]", "what webhooks were told of incidents; try again what one did not take",
	command_deliveries},
    {"operator", "key add EMAIL NAME read|act [--days N] | key list | key revoke ID [--state DIR]",
     "keys with which scripts use the operators' interface", command_operator},
    {"user", "add|list|disable|enable|reset|roles|sessions|tenant|delete|import [WHO] [--state DIR]", "the accounts of an app or, with --operator, of ward",
     command_user},
    {NULL, NULL, NULL, NULL},
};

static int help(FILE *to)
{
	(void)fprintf(to, "ward %s: functions that can only do what their contract says\n\n", WARD_VERSION);
	for (const struct command *c = commands; c->name; c++)
		(void)fprintf(to, "  ward %-10s %-44s %s\n", c->name, c->usage, c->summary);
	return to == stdout ? 0 : 2;
}

int usage_error(const char *command, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	(void)fputs("ward: ", stderr);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, command) == 0)
			(void)fprintf(stderr, "\nusage: ward %s %s\n", c->name, c->usage);
	return 2;
}

bool option_value(int argc, char **argv, int *i, const char *name, const char **ret_value)
{
	size_t n = strlen(name);
	if (strncmp(argv[*i], name, n) != 0)
		return false;
	if (argv[*i][n] == '=') {
		*ret_value = argv[*i] + n + 1;
		return true;
	}
	if (argv[*i][n] != '\0' || *i + 1 >= argc)
		return false;
	*ret_value = argv[++*i];
	return true;
}

int main(int argc, char **argv)
{
	log_init("ward", LOG_LEVEL_INFO);
	if (argc == 3 && strcmp(argv[1], "__process") == 0)
		return process_main(argv[2]);
	if (argc < 2)
		return help(stderr);
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help(stdout);
	if (strcmp(argv[1], "--version") == 0) {
		(void)printf("ward %s\n", WARD_VERSION);
		return 0;
	}
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, argv[1]) == 0)
			return c->run(argc - 1, argv + 1);
	(void)fprintf(stderr, "ward: there is no command \"%s\"; `ward help` lists them\n", argv[1]);
	return 2;
}
