/* `ward top`: what the functions of a running ward do, and what is not as it should be, from its monitor. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/cli.h"

#define ANSWER_BYTES_MAX (64u << 20)
#define REFRESH_S 2
#define WORDS_WIDTH 100

static json_int_t number(const json_t *of, const char *name)
{
	return json_integer_value(json_object_get(of, name));
}

static const char *text(const json_t *of, const char *name)
{
	const char *found = json_string_value(json_object_get(of, name));
	return found ? found : "";
}

static void time_text(json_int_t us, char *to, size_t size)
{
	if (us < 1000)
		(void)snprintf(to, size, "%lldus", (long long)us);
	else if (us < 1000000)
		(void)snprintf(to, size, "%.1fms", (double)us / 1e3);
	else
		(void)snprintf(to, size, "%.2fs", (double)us / 1e6);
}

static void print_function(const json_t *f, json_int_t window_s)
{
	const json_t *minute = json_object_get(f, "minute");
	const json_int_t calls = number(minute, "calls");
	char p50[32], p99[32], cpu[32];
	time_text(number(minute, "p50_us"), p50, sizeof p50);
	time_text(number(minute, "p99_us"), p99, sizeof p99);
	time_text(number(minute, "cpu_us"), cpu, sizeof cpu);
	(void)printf("%-24.24s %9.2f %9s %9s %7.2f %8lld %9s %9.1f %7lld %10lld\n", text(f, "function"),
	    (double)calls / (double)(window_s ? window_s : 1), calls ? p50 : "-", calls ? p99 : "-",
	    calls ? 100.0 * (double)number(minute, "failures") / (double)calls : 0.0,
	    (long long)number(minute, "refused"), calls ? cpu : "-",
	    (double)number(minute, "memory_kib") / 1024.0, (long long)number(minute, "denials"),
	    (long long)number(f, "calls"));
}

/* Words, broken at blanks, under two columns of space. */
static void print_words(const char *words)
{
	while (*words) {
		size_t n = strlen(words);
		if (n > WORDS_WIDTH) {
			n = WORDS_WIDTH;
			while (n > 0 && words[n] != ' ')
				n--;
			n = n ? n : WORDS_WIDTH;
		}
		(void)printf("  %.*s\n", (int)n, words);
		words += n;
		words += strspn(words, " ");
	}
}

static void print_incident(const json_t *i)
{
	(void)printf("\n%lld  %s  %s  (%s, %lld times)\n", (long long)number(i, "id"), text(i, "kind"),
	    text(i, "function"), text(i, "action"), (long long)number(i, "signals"));
	print_words(text(i, "words"));
	if (*text(i, "evidence"))
		(void)printf("  The newest: %s.\n", text(i, "evidence"));
}

/* Busiest first; those of equal rate in the order of their names. */
static int busier(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;
	const json_int_t left = number(json_object_get(*x, "minute"), "calls"),
			 right = number(json_object_get(*y, "minute"), "calls");
	return left > right ? -1 : left < right ? 1 : strcmp(text(*x, "function"), text(*y, "function"));
}

static void print_functions(const json_t *root)
{
	const json_t *functions = json_object_get(root, "functions");
	const size_t count = json_array_size(functions);
	json_t **sorted = calloc(count + 1, sizeof *sorted);
	if (!sorted)
		return;
	for (size_t i = 0; i < count; i++)
		sorted[i] = json_array_get(functions, i);
	qsort(sorted, count, sizeof *sorted, busier);
	(void)printf("%-24s %9s %9s %9s %7s %8s %9s %9s %7s %10s\n", "FUNCTION", "CALLS/S", "P50", "P99",
	    "FAIL %", "REFUSED", "CPU", "MEM MiB", "DENIED", "CALLS");
	for (size_t i = 0; i < count; i++)
		print_function(sorted[i], number(root, "window_s"));
	free(sorted);
}

static void print_budget(const json_t *b)
{
	static const struct {
		const char *member, *words;
		double unit;
	} units[] = {{"calls", "calls", 1}, {"cpu_us", "s of cpu", 1e6}, {"response_bytes", "MiB of answers", 1024.0 * 1024},
	    {"fetches", "requests to other hosts", 1}};
	const char *function = text(b, "function"), *between = "";
	(void)printf("%-24.24s %5.1f %%  %-6s", *function ? function : "(the app)",
	    100 * json_number_value(json_object_get(b, "used")), text(b, "state"));
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		const json_t *unit = json_object_get(b, units[i].member);
		if (!unit)
			continue;
		(void)printf("%s %.6g of %.6g %s", between, (double)number(unit, "spent") / units[i].unit,
		    (double)number(unit, "limit") / units[i].unit, units[i].words);
		between = ",";
	}
	(void)putchar('\n');
}

static void print_budgets(const json_t *budgets)
{
	if (json_array_size(budgets))
		(void)printf("\nBUDGETS OF TODAY (UTC)\n");
	for (size_t i = 0; i < json_array_size(budgets); i++)
		print_budget(json_array_get(budgets, i));
}

static void print_all(const json_t *root)
{
	const json_t *incidents = json_object_get(root, "incidents");
	print_functions(root);
	print_budgets(json_object_get(root, "budgets"));
	if (number(root, "dropped"))
		(void)printf("\n%lld records were lost because the monitor was behind.\n",
		    (long long)number(root, "dropped"));
	(void)printf("\n%s\n", json_array_size(incidents) ? "INCIDENTS" : "No open incidents.");
	for (size_t i = 0; i < json_array_size(incidents); i++)
		print_incident(json_array_get(incidents, i));
}

enum form { FORM_TABLE, FORM_JSON, FORM_METRICS };

static bool show(const char *state, enum form form, bool clear)
{
	struct error err = {0};
	CLEANUP_BUF struct buf answer = BUF_INIT(ANSWER_BYTES_MAX);
	if (!is_ok(state_socket_ask(state, "monitor.sock", "TOP\n", &answer, &err))) {
		(void)fprintf(stderr, "ward: %s; name its state directory with --state\n", err.text);
		return false;
	}
	json_t *root = json_loadb(answer.ptr, answer.len, 0, NULL);
	if (!root) {
		(void)fprintf(stderr, "ward: the monitor is being restarted\n");
		return false;
	}
	if (clear)
		(void)fputs("\033[H\033[2J", stdout);
	if (form == FORM_JSON)
		(void)fwrite(answer.ptr, 1, answer.len, stdout);
	else if (form == FORM_METRICS)
		(void)fputs(text(root, "metrics"), stdout);
	else
		print_all(root);
	(void)fflush(stdout);
	json_decref(root);
	return true;
}

int command_top(int argc, char **argv)
{
	const char *state = ".ward/state";
	enum form form = FORM_TABLE;
	bool once = !isatty(STDOUT_FILENO);
	for (int i = 1; i < argc; i++) {
		if (option_value(argc, argv, &i, "--state", &state))
			continue;
		if (strcmp(argv[i], "--json") == 0)
			form = FORM_JSON;
		else if (strcmp(argv[i], "--metrics") == 0)
			form = FORM_METRICS;
		else if (strcmp(argv[i], "--once") == 0)
			once = true;
		else
			return usage_error("top", "unexpected argument %s", argv[i]);
	}
	if (once || form != FORM_TABLE)
		return show(state, form, false) ? 0 : 1;
	while (show(state, form, true))
		(void)sleep(REFRESH_S);
	return 1;
}
