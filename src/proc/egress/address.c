#include "proc/egress/address.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

/* IANA IPv4 Special-Purpose Address Registry: blocks that are not globally reachable. */
static const struct {
	uint32_t net;
	uint32_t mask;
} special4[] = {
#define BLOCK(a, b, c, d, bits)                                                                              \
	{                                                                                                    \
		(uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d),              \
		    (bits) ? ~0u << (32 - (bits)) : 0                                                        \
	}
    BLOCK(0, 0, 0, 0, 8),
    BLOCK(10, 0, 0, 0, 8),
    BLOCK(100, 64, 0, 0, 10),
    BLOCK(127, 0, 0, 0, 8),
    BLOCK(169, 254, 0, 0, 16),
    BLOCK(172, 16, 0, 0, 12),
    BLOCK(192, 0, 0, 0, 24),
    BLOCK(192, 0, 2, 0, 24),
    BLOCK(192, 88, 99, 0, 24),
    BLOCK(192, 168, 0, 0, 16),
    BLOCK(198, 18, 0, 0, 15),
    BLOCK(198, 51, 100, 0, 24),
    BLOCK(203, 0, 113, 0, 24),
    BLOCK(224, 0, 0, 0, 4),
    BLOCK(240, 0, 0, 0, 4),
#undef BLOCK
};

static bool public4(uint32_t address)
{
	for (size_t i = 0; i < sizeof special4 / sizeof *special4; i++)
		if ((address & special4[i].mask) == special4[i].net)
			return false;
	return true;
}

static uint32_t word(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool public6(const uint8_t a[16])
{
	static const uint8_t zero[16];
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
	if (memcmp(a, zero, 12) == 0) /* ::, ::1 and IPv4-compatible */
		return false;
	if (memcmp(a, mapped, 12) == 0 || memcmp(a, nat64, 12) == 0)
		return public4(word(a + 12));
	if (a[0] == 0x20 && a[1] == 0x02) /* 6to4 */
		return public4(word(a + 2));
	if (word(a) == 0x20010000u) /* Teredo: the client's address, inverted */
		return public4(word(a + 4)) && public4(~word(a + 12));
	/* Globally reachable unicast is 2000::/3, less what the registry takes out of it. */
	if ((a[0] & 0xe0) != 0x20)
		return false;
	if (a[0] == 0x20 && a[1] == 0x01 && a[2] < 0x02)
		return false; /* 2001::/23: protocol assignments */
	if (word(a) == 0x20010db8u || (a[0] == 0x3f && a[1] == 0xff && (a[2] & 0xf0) == 0))
		return false; /* documentation */
	return true;
}

bool address_is_public(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof in);
		return public4(ntohl(in.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, address, sizeof in6);
		return public6(in6.sin6_addr.s6_addr);
	}
	return false;
}
