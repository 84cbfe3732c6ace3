/* Countries of addresses: by databases as vendors lay them out, by broken ones, and where no country is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/manifest/countries.h"
#include "base/check.h"
#include "gateway_harness.h"
#include "ipc/watch_records.h"
#include "os/fd.h"
#include "proc/countries.h"
#include "proc/gateway/guard.h"

static const char *corpus;

static struct countries *book(const char *name)
{
	char path[1024];
	int fd = -1;
	struct countries *c = NULL;
	(void)snprintf(path, sizeof path, "%s/%s", corpus, name);
	assert_true(is_ok(countries_read(path, NULL, &fd)));
	assert_true(is_ok(countries_open(fd, NULL, &c)));
	close(fd);
	return c;
}

static const char *country(const struct countries *c, const char *address)
{
	static char code[3];
	struct net_address a;
	assert_true(net_address_parse(slice_cstr(address), &a));
	return countries_find(c, &a, code) ? code : "";
}

static void addresses_are_found_to_the_edge_of_their_networks(void **state)
{
	(void)state;
	struct countries *c = book("three");
	static const char *const cases[][2] = {{"81.2.69.0", "DE"}, {"81.2.69.255", "DE"},
	    {"81.2.68.255", ""}, {"81.2.70.0", ""}, {"::ffff:81.2.69.1", "DE"}, {"175.16.199.127", "KP"},
	    {"175.16.199.128", ""}, {"2a02:d300:ffff::1", "CH"}, {"2a02:d301::1", ""}, {"2001:218::", "JP"},
	    {"127.0.0.1", ""}, {"::", ""}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(country(c, cases[i][0]), cases[i][1]);
	countries_free(c);
}

static void a_database_of_one_level_is_read_and_nonsense_is_no_country(void **state)
{
	(void)state;
	struct countries *c = book("flat");
	assert_string_equal(country(c, "81.2.69.1"), "AT");
	assert_string_equal(country(c, "1.2.3.4"), "");
	countries_free(c);
}

static void what_is_no_database_is_refused(void **state)
{
	(void)state;
	struct error err;
	int fd = -1;
	char path[1024];
	(void)snprintf(path, sizeof path, "%s/../proof/good", corpus);
	assert_int_equal(countries_read(path, &err, &fd).code, ERR_INVALID);
	assert_false(is_ok(countries_read("/nowhere/at/all", &err, &fd)));
	struct countries *c = NULL;
	assert_true(is_ok(fd_sealed("x", SLICE("\xab\xcd\xefMaxMind.com"), NULL, &fd)));
	assert_int_equal(countries_open(fd, &err, &c).code, ERR_INVALID);
	close(fd);
	/* A tree that goes round in a circle ends. */
	c = book("circle");
	assert_string_equal(country(c, "81.2.69.1"), "");
	countries_free(c);
}

static void a_ban_by_country_is_in_force_where_the_database_says_so(void **state)
{
	(void)state;
	static struct gateway_harness h;
	harness_init(&h);
	struct guard_head ban = {.id = 1,
	    .action = GUARD_BAN,
	    .by_country = 1,
	    .prefix = "KP",
	    .until_ms = HARNESS_NOW_MS + 60000};
	const struct record record = {.payload = slice_of((const char *)&ban, sizeof ban)};
	guard_take(&h.gateway, &record);
	harness_from(&h, "175.16.199.1");
	/* Without a database nobody is in a country. */
	assert_false(guard_refuses_place(&h.conn));
	h.gateway.countries = book("three");
	assert_true(guard_refuses_place(&h.conn));
	assert_int_equal(harness_answer(&h), 403);
	assert_int_equal(guard_refuses_early(&h.conn, &h.function), OUTCOME_FORBIDDEN);
	assert_int_equal(harness_answer(&h), 403);
	harness_from(&h, "81.2.69.1");
	assert_false(guard_refuses_place(&h.conn));
	harness_from(&h, "9.9.9.9");
	assert_int_equal(guard_refuses_early(&h.conn, &h.function), OUTCOME_OK);
	countries_free(h.gateway.countries);
	harness_done(&h);
}

static void codes_are_those_of_countries(void **state)
{
	(void)state;
	assert_true(is_country(SLICE("DE")) && is_country(SLICE("XK")) && is_country(SLICE("NO")));
	static const char *const wrong[] = {"", "D", "de", "UK", "EU", "DEU", "ED", "D\xc3", "A "};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(is_country(slice_cstr(wrong[i])));
	assert_int_equal(country_number(SLICE("AA")), 0);
	assert_int_equal(country_number(SLICE("ZZ")), COUNTRY_NUMBERS - 1);
	assert_int_equal(country_number(SLICE("z]")), -1);
}

int main(int argc, char **argv)
{
	corpus = argc > 1 ? argv[1] : "tests/fuzz/corpus/countries";
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_are_found_to_the_edge_of_their_networks),
	    cmocka_unit_test(a_database_of_one_level_is_read_and_nonsense_is_no_country),
	    cmocka_unit_test(what_is_no_database_is_refused),
	    cmocka_unit_test(a_ban_by_country_is_in_force_where_the_database_says_so),
	    cmocka_unit_test(codes_are_those_of_countries),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
