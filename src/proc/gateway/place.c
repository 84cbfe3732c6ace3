/*
 * Where connections come from. How many each place has open is counted in a sketch of two rows (G. Cormode and
 * S. Muthukrishnan, 2005): a place has one counter in each row, and as many connections as the smaller of them says, or
 * fewer. Fixed memory whatever the strangers do, and nothing to search; a place is counted too high only when both of its
 * counters are also those of crowded places, which nobody can bring about on purpose without the key.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "proc/gateway/gateway.h"

#define ROWS 2u

_Static_assert(CONNS_MAX <= UINT16_MAX, "a counter holds every connection");
_Static_assert(PLACE_SLOTS == 1u << 16, "16 bits of the hash for each row");

result places_prepare(struct gateway *g, struct error *err)
{
	g->places = calloc(ROWS, sizeof *g->places);
	return g->places ? RESULT_OK : error_set(err, ERR_MEMORY, "no memory for the connections of each address");
}

uint64_t place_of_address(const struct gateway *g, const struct net_address *a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const bool whole = memcmp(a->bytes, mapped, sizeof mapped) != 0;
	const void *bytes = whole ? a->bytes : a->bytes + 12;
	uint64_t place;
	_Static_assert(sizeof place == crypto_shorthash_BYTES, "hash");
	(void)crypto_shorthash((unsigned char *)&place, bytes, whole ? 8 : 4, g->rate_key);
	return place;
}

static uint16_t *counter(struct gateway *g, unsigned row, uint64_t place)
{
	return &g->places[row][(uint16_t)(place >> (16 * row))];
}

bool place_enter(struct gateway *g, uint64_t place)
{
	bool full = true;
	for (unsigned row = 0; row < ROWS; row++)
		full = full && *counter(g, row, place) >= CONNS_PER_PLACE_MAX;
	for (unsigned row = 0; !full && row < ROWS; row++)
		(*counter(g, row, place))++;
	return !full;
}

void place_leave(struct gateway *g, uint64_t place)
{
	for (unsigned row = 0; row < ROWS; row++) {
		ASSERT(*counter(g, row, place) > 0);
		(*counter(g, row, place))--;
	}
}
