/* Which addresses egress may connect to: whatever a name resolves to, nothing but the public internet. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "proc/address.h"

static enum address_kind kind_of(const char *text)
{
	const char *what = NULL;
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const struct sockaddr *address = (const struct sockaddr *)&v4;
	if (inet_pton(AF_INET, text, &v4.sin_addr) != 1) {
		assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
		address = (const struct sockaddr *)&v6;
	}
	const enum address_kind kind = address_kind(address, &what);
	assert_non_null(what);
	return kind;
}

static bool is_public(const char *text)
{
	return kind_of(text) == ADDRESS_PUBLIC;
}

/* `private: true` opens a private network, and not what a cloud tells its machines. */
static void some_are_for_nobody(void **state)
{
	(void)state;
	static const char *const private[] = {"10.0.0.1", "127.0.0.1", "192.168.1.1", "172.20.0.1", "::1", "fd12::1", "::ffff:10.0.0.1"};
	static const char *const nobody[] = {"169.254.169.254", "169.254.170.2", "fd00:ec2::254", "fd20:ce::254", "168.63.129.16",
	    "100.100.100.200", "192.0.0.192", "::ffff:169.254.169.254", "64:ff9b::a00:1", "2002:a00:1::1", "fe80::1", "0.0.0.0", "::",
	    "224.0.0.1", "255.255.255.255"};
	for (size_t i = 0; i < sizeof private / sizeof *private; i++)
		assert_int_equal(kind_of(private[i]), ADDRESS_PRIVATE);
	for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++)
		assert_int_equal(kind_of(nobody[i]), ADDRESS_FORBIDDEN);
}

static void special_blocks_are_refused(void **state)
{
	(void)state;
	static const char *const refused[] = {"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255",
	    "127.0.0.1", "127.255.255.254", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1",
	    "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
	    "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "100::1",
	    "fec0::1", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd20:ce::254", "2606:4700::5efe:127.0.0.1",
	    "2606:4700::200:5efe:10.0.0.1", "64:ff9b:1::1"};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		if (is_public(refused[i]))
			print_message("allowed: %s\n", refused[i]);
		assert_false(is_public(refused[i]));
	}
}

static void an_ipv4_address_inside_ipv6_is_looked_at(void **state)
{
	(void)state;
	static const char *const refused[] = {"::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
	    "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:4136:e378:8000:63bf:80ff:fffe"};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		if (is_public(refused[i]))
			print_message("allowed: %s\n", refused[i]);
		assert_false(is_public(refused[i]));
	}
}

static void the_public_internet_is_allowed(void **state)
{
	(void)state;
	static const char *const allowed[] = {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "128.0.0.1",
	    "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255", "223.255.255.255", "2606:4700:4700::1111",
	    "2a00:1450:4001:830::200e"};
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
		if (!is_public(allowed[i]))
			print_message("refused: %s\n", allowed[i]);
		assert_true(is_public(allowed[i]));
	}
}

static void other_families_are_refused(void **state)
{
	(void)state;
	const struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/run/x"};
	assert_false(address_is_public((const struct sockaddr *)&local));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(special_blocks_are_refused),
	    cmocka_unit_test(an_ipv4_address_inside_ipv6_is_looked_at),
	    cmocka_unit_test(the_public_internet_is_allowed),
	    cmocka_unit_test(some_are_for_nobody),
	    cmocka_unit_test(other_families_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
