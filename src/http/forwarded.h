/*
 * Who a request comes from when proxies pass it on: Forwarded (RFC 7239) or X-Forwarded-For, read from right to left. Each
 * proxy adds at the right whom it heard from, so what stands there is worth as much as the proxy that wrote it: the walk
 * begins at the peer of the connection and goes on only as long as it meets addresses that are trusted. What a client wrote
 * itself stands further left than the first address that is not, and is never looked at.
 *
 * One of the two headers is read, the one that the trusted proxies are known to write: a proxy that writes the one passes the
 * other on as the client sent it.
 */
#ifndef WARD_HTTP_FORWARDED_H
#define WARD_HTTP_FORWARDED_H

#include "base/slice.h"

/* IPv4 as ::ffff:a.b.c.d, so that both kinds are one. */
struct net_address {
	uint8_t bytes[16];
};

struct net_range {
	struct net_address net;
	unsigned bits; /* of 128 */
};

#define NET_RANGES_MAX 64u
#define FORWARDED_HOPS_MAX 32u

enum forwarded_header { FORWARDED_X_FORWARDED_FOR, FORWARDED_STANDARD, FORWARDED_HEADER_COUNT };

/* "X-Forwarded-For", "Forwarded". */
const char *forwarded_header_name(enum forwarded_header header);

/* "10.0.0.7", "2001:db8::1", without brackets, port or zone. */
bool net_address_parse(struct slice text, struct net_address *ret);
/* The form that people read, into text[48]: IPv4 with dots. */
void net_address_text(const struct net_address *a, char text[48]);
/* "10.0.0.0/8", "::1": false also when bits beyond the prefix are set, which is a slip. */
bool net_range_parse(struct slice text, struct net_range *ret);
bool net_ranges_have(const struct net_range *ranges, size_t count, const struct net_address *a);

/*
 * lines: the header lines of a head, each ended by LF. peer: who is connected, trusted by the ranges. What cannot be read
 * (unknown, a hidden name, no address) ends the walk at the proxy that wrote it.
 */
struct net_address forwarded_client(struct slice lines, enum forwarded_header header, const struct net_range *ranges,
    size_t count, const struct net_address *peer);

#endif
