#include "proc/address.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"

#define METADATA "where a cloud tells machines about themselves"

/* IANA IPv4 Special-Purpose Address Registry: blocks that are not globally reachable. The first that fits counts. */
static const struct {
	uint32_t net;
	uint32_t mask;
	enum address_kind kind;
	const char *what;
} special4[] = {
#define BLOCK(a, b, c, d, bits, kind, what)                                                                  \
	{(uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d),                    \
	    (bits) ? ~0u << (32 - (bits)) : 0, kind, what}
    BLOCK(100, 100, 100, 200, 32, ADDRESS_FORBIDDEN, METADATA), /* Alibaba Cloud */
    BLOCK(168, 63, 129, 16, 32, ADDRESS_FORBIDDEN, METADATA),	 /* Azure, in a public block */
    BLOCK(192, 0, 0, 192, 32, ADDRESS_FORBIDDEN, METADATA),	 /* Oracle Cloud */
    BLOCK(0, 0, 0, 0, 8, ADDRESS_FORBIDDEN, "this host, unspecified"),
    BLOCK(10, 0, 0, 0, 8, ADDRESS_PRIVATE, "a private address"),
    BLOCK(100, 64, 0, 0, 10, ADDRESS_PRIVATE, "a provider's shared address"),
    BLOCK(127, 0, 0, 0, 8, ADDRESS_PRIVATE, "this machine itself"),
    BLOCK(169, 254, 0, 0, 16, ADDRESS_FORBIDDEN, "link-local, " METADATA),
    BLOCK(172, 16, 0, 0, 12, ADDRESS_PRIVATE, "a private address"),
    BLOCK(192, 0, 0, 0, 24, ADDRESS_PRIVATE, "a protocol assignment"),
    BLOCK(192, 0, 2, 0, 24, ADDRESS_PRIVATE, "for documentation"),
    BLOCK(192, 88, 99, 0, 24, ADDRESS_PRIVATE, "a 6to4 relay"),
    BLOCK(192, 168, 0, 0, 16, ADDRESS_PRIVATE, "a private address"),
    BLOCK(198, 18, 0, 0, 15, ADDRESS_PRIVATE, "for benchmarks"),
    BLOCK(198, 51, 100, 0, 24, ADDRESS_PRIVATE, "for documentation"),
    BLOCK(203, 0, 113, 0, 24, ADDRESS_PRIVATE, "for documentation"),
    BLOCK(224, 0, 0, 0, 4, ADDRESS_FORBIDDEN, "multicast"),
    BLOCK(240, 0, 0, 0, 4, ADDRESS_FORBIDDEN, "reserved"),
#undef BLOCK
};

static enum address_kind kind4(uint32_t address, const char **ret_what)
{
	for (size_t i = 0; i < ARRAY_LEN(special4); i++)
		if ((address & special4[i].mask) == special4[i].net) {
			*ret_what = special4[i].what;
			return special4[i].kind;
		}
	*ret_what = "a public address";
	return ADDRESS_PUBLIC;
}

/* Through a translator or a tunnel nobody reaches a private network on purpose. */
static enum address_kind through4(uint32_t address, const char **ret_what)
{
	return kind4(address, ret_what) == ADDRESS_PUBLIC ? ADDRESS_PUBLIC : ADDRESS_FORBIDDEN;
}

/* Globally reachable unicast is 2000::/3, less what the registry takes out of it. */
static const struct {
	uint8_t prefix[16];
	unsigned bits;
	enum address_kind kind;
	const char *what;
} special6[] = {
    {{[15] = 1}, 128, ADDRESS_PRIVATE, "this machine itself"},
    {{0}, 96, ADDRESS_FORBIDDEN, "unspecified, or an IPv4 address in disguise"},
    {{0xfd, 0x00, 0x0e, 0xc2}, 32, ADDRESS_FORBIDDEN, METADATA}, /* Amazon */
    {{0xfd, 0x20, 0x00, 0xce}, 32, ADDRESS_FORBIDDEN, METADATA}, /* Google */
    {{0xfc}, 7, ADDRESS_PRIVATE, "a private address"},
    {{0xfe, 0x80}, 10, ADDRESS_FORBIDDEN, "link-local"},
    {{0xfe, 0xc0}, 10, ADDRESS_FORBIDDEN, "site-local"},
    {{0xff}, 8, ADDRESS_FORBIDDEN, "multicast"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, ADDRESS_PRIVATE, "for documentation"},
    {{0x3f, 0xff}, 20, ADDRESS_PRIVATE, "for documentation"},
    {{0x20, 0x01}, 23, ADDRESS_FORBIDDEN, "a protocol assignment"},
    {{0x20}, 3, ADDRESS_PUBLIC, "a public address"},
    {{0}, 0, ADDRESS_FORBIDDEN, "not assigned"},
};

static bool has_prefix(const uint8_t a[16], const uint8_t prefix[16], unsigned bits)
{
	const unsigned rest = bits % 8;
	return memcmp(a, prefix, bits / 8) == 0 && (rest == 0 || (a[bits / 8] ^ prefix[bits / 8]) >> (8 - rest) == 0);
}

static uint32_t word(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static enum address_kind kind6(const uint8_t a[16], const char **ret_what)
{
	static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t nat64[16] = {0x00, 0x64, 0xff, 0x9b};
	if (has_prefix(a, mapped, 96))
		return kind4(word(a + 12), ret_what);
	if (has_prefix(a, nat64, 96))
		return through4(word(a + 12), ret_what);
	if (a[0] == 0x20 && a[1] == 0x02) /* 6to4 */
		return through4(word(a + 2), ret_what);
	if (word(a) == 0x20010000u) { /* Teredo: its server, and the client's address, inverted */
		const enum address_kind server = through4(word(a + 4), ret_what);
		return server == ADDRESS_PUBLIC ? through4(~word(a + 12), ret_what) : server;
	}
	if ((word(a + 8) & ~0x02000000u) == 0x00005efeu && through4(word(a + 12), ret_what) != ADDRESS_PUBLIC) /* ISATAP */
		return ADDRESS_FORBIDDEN;
	size_t i = 0;
	while (!has_prefix(a, special6[i].prefix, special6[i].bits))
		i++;
	*ret_what = special6[i].what;
	return special6[i].kind;
}

enum address_kind address_kind(const struct sockaddr *address, const char **ret_what)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof in);
		return kind4(ntohl(in.sin_addr.s_addr), ret_what);
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, address, sizeof in6);
		return kind6(in6.sin6_addr.s6_addr, ret_what);
	}
	*ret_what = "of another kind";
	return ADDRESS_FORBIDDEN;
}
