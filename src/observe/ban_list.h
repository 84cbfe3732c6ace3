/*
 * Addresses that may not come in, by prefix (RFC 4632, RFC 4291), each until a time.
 *
 * One hash table holds (prefix, length); a lookup asks only for lengths that are in use, at most 129 of them,
 * in practice a few. IPv4 is kept as IPv4-mapped IPv6, so that "::ffff:192.0.2.1" and "192.0.2.1" are one
 * address. Fixed memory; when it is full a new ban is refused (expired ones are swept first).
 */
#ifndef WARD_OBSERVE_BAN_LIST_H
#define WARD_OBSERVE_BAN_LIST_H

#include <stdint.h>

#include "base/result.h"
#include "base/slice.h"

struct ban_prefix {
	uint8_t address[16]; /* bits past length are zero */
	uint8_t length;	     /* 0 to 128 */
};

struct ban {
	struct ban_prefix prefix;
	bool used;
	int64_t until_ms; /* Unix time; INT64_MAX: until it is lifted */
	uint32_t reason;  /* the caller's: an incident or a rule */
};

struct ban_list {
	struct ban *places;   /* owned */
	uint32_t place_count; /* a power of two, twice what it may hold */
	uint32_t count;
	uint32_t of_length[129];
};

result ban_list_init(struct ban_list *l, uint32_t bans_max, struct error *err);
void ban_list_done(struct ban_list *l);

/* "192.0.2.0/24", "2001:db8::/48", or an address without a length. ERR_INVALID for anything else, host bits
 * included. */
result ban_prefix_parse(struct slice text, struct error *err, struct ban_prefix *ret);

/* Adds or prolongs. ERR_LIMIT when there is no room. */
result ban_list_add(struct ban_list *l, const struct ban_prefix *prefix, int64_t until_ms, uint32_t reason,
    int64_t now_ms, struct error *err);
/* ERR_NOT_FOUND when there is no such ban. */
result ban_list_lift(struct ban_list *l, const struct ban_prefix *prefix, struct error *err);

/* The longest live ban that covers this address (16 bytes, IPv4 mapped), or NULL. */
const struct ban *ban_list_find(const struct ban_list *l, const uint8_t address[16], int64_t now_ms);

#endif
