/* The payload sensor: what must be seen, what must not, and how long it may take. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "observe/payload_sensor.h"
#include "os/clock.h"

static enum payload_class sense(const char *text)
{
	return payload_sense(slice_cstr(text)).class;
}

static void attempts_are_seen_in_every_place(void **state)
{
	(void)state;
	static const struct {
		enum payload_class class;
		const char *text;
	} cases[] = {
	    {PAYLOAD_SQLI, "' OR 1=1--"},
	    {PAYLOAD_SQLI, "\" or \"\"=\""},
	    {PAYLOAD_SQLI, "x') or sleep(5)#"},
	    {PAYLOAD_SQLI, "1 union select 1,2,3"},
	    {PAYLOAD_SQLI, "1;drop table users"},
	    {PAYLOAD_SQLI, "1'/*!50000or*/1=1#"},
	    {PAYLOAD_SQLI, "%2527%20or%201=1--"},
	    {PAYLOAD_SQLI, "a long and friendly text' or 'a'='a"},
	    {PAYLOAD_XSS, "<ScRiPt>alert(1)</script>"},
	    {PAYLOAD_XSS, "nice <img src=x onerror=alert(1)> site"},
	    {PAYLOAD_XSS, "java\tscript:alert(1)"},
	    {PAYLOAD_XSS, "\" onmouseover=\"alert(1)"},
	    {PAYLOAD_XSS, "';alert(1)//"},
	    {PAYLOAD_TRAVERSAL, "../../etc/passwd"},
	    {PAYLOAD_TRAVERSAL, "..%c0%af..%c0%afetc/passwd"},
	    {PAYLOAD_TRAVERSAL, "C:\\boot.ini"},
	    {PAYLOAD_COMMAND, "; cat /etc/passwd"},
	    {PAYLOAD_COMMAND, "$(id)"},
	    {PAYLOAD_COMMAND, "8.8.8.8 && ping -c 10 127.0.0.1"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (sense(cases[i].text) != cases[i].class)
			fail_msg("%s is seen as %s", cases[i].text, payload_class_name(sense(cases[i].text)));
	}
}

static void text_about_them_is_not(void **state)
{
	(void)state;
	static const char *const cases[] = {
	    "",
	    " ",
	    "O'Brien",
	    "Rock 'n' roll",
	    "SELECT * FROM users WHERE name = 'bob' OR name = 'al' -- both",
	    "The query `SELECT * FROM t WHERE a = 'x' OR b = 'y'` is slow",
	    "BEGIN; UPDATE t SET a = 'x'; COMMIT;",
	    "students' union select committee met",
	    "on time; drop by the office",
	    "How do I add a <script> tag?",
	    "import x from '../../lib/x'",
	    "see /etc/hosts, line 3",
	    "cats; dogs; birds",
	    "run `id` and `whoami`",
	    "a < b && c > d",
	    "the players' #1 choice",
	    "1 or 2 people",
	    "2 + 2 = 4",
	    "50% off; 2 for 1",
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (sense(cases[i]) != PAYLOAD_NONE)
			fail_msg("%s is seen as %s", cases[i], payload_class_name(sense(cases[i])));
	}
}

static void a_finding_says_why(void **state)
{
	(void)state;
	struct payload_finding f = payload_sense(SLICE("1' UNION ALL SELECT NULL,NULL--"));
	assert_string_equal(f.why, "adds a second SELECT by UNION");
	assert_string_equal(f.token, "UNION");
	f = payload_sense(SLICE("fine"));
	assert_string_equal(f.why, "");
}

/* Texts that make backtracking parsers slow; each at two lengths, of which the longer may take 16 times the
 * shorter. */
static void time_is_linear(void **state)
{
	(void)state;
	static const char *const units[] = {"'", "\"'", "/*", "/*!", "<a ", "<", "((((", "1 or ", "../", "$(",
	    "`", ";cat ", "&#x", "%25", "on", "java\t", "<!--", "ex/*", "' or ", "\\", "a b ", "e", "@",
	    "case when 1=1 then ", "..."};
	enum { SHORT = 1 << 16, TIMES = 8 };
	char *text = malloc(SHORT * TIMES);
	for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
		size_t n = strlen(units[u]);
		for (size_t i = 0; i < SHORT * TIMES; i++)
			text[i] = units[u][i % n];
		uint64_t took[2];
		for (int round = 0; round < 2; round++) {
			uint64_t best = UINT64_MAX;
			for (int again = 0; again < 3; again++) {
				uint64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
				(void)payload_sense(slice_of(text, round ? SHORT * TIMES : SHORT));
				uint64_t t = clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
				best = t < best ? t : best;
			}
			took[round] = best;
		}
		if (took[1] > 2 * TIMES * took[0] + 1000000)
			fail_msg("'%s': %llu ns, then %llu ns", units[u], (unsigned long long)took[0],
			    (unsigned long long)took[1]);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(attempts_are_seen_in_every_place),
	    cmocka_unit_test(text_about_them_is_not),
	    cmocka_unit_test(a_finding_says_why),
	    cmocka_unit_test(time_is_linear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
