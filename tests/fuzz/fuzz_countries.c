/* A database of countries from arbitrary bytes: an address is in a country of two upper-case letters, or in
 * none. */
#include <stdint.h>
#include <unistd.h>

#include "base/check.h"
#include "os/fd.h"
#include "proc/countries.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* libmaxminddb 1.7 leaks when it refuses a file, which a gateway does once and then ends. */
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const addresses[] = {"81.2.69.160", "175.16.199.1", "0.0.0.0", "255.255.255.255",
	    "2a02:d300::1", "::", "::ffff:1.2.3.4", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
	struct countries *c = NULL;
	struct net_address a;
	char code[2];
	CLEANUP_FD int fd = -1;
	if (size == 0 || !is_ok(fd_sealed("countries", slice_of((const char *)data, size), NULL, &fd)) ||
	    !is_ok(countries_open(fd, NULL, &c)))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		ASSERT(net_address_parse(slice_cstr(addresses[i]), &a));
		if (countries_find(c, &a, code))
			ASSERT(code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z');
	}
	countries_free(c);
	return 0;
}
