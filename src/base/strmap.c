#include "base/strmap.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/check.h"

/*
 * SipHash-1-3 with a per-process key (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012).
 */
static uint64_t key[2];

static inline uint64_t rotl(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static void key_init(void)
{
	while (key[0] == 0 && key[1] == 0)
		ASSERT(getrandom(key, sizeof key, 0) == sizeof key);
}

__attribute__((constructor)) static void seed_at_start(void)
{
	key_init();
}

uint64_t hash_bytes(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
	    key[1] ^ 0x7465646279746573u};
	size_t left = n;
	uint64_t word;
	for (; left >= 8; left -= 8, p += 8) {
		memcpy(&word, p, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	word = (uint64_t)n << 56;
	for (size_t i = 0; i < left; i++)
		word |= (uint64_t)p[i] << (8 * i);
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void strmap_done(struct strmap *m)
{
	free(m->entries);
	*m = (struct strmap){0};
}

static struct strmap_entry *place_of(struct strmap_entry *entries, size_t places, struct slice k)
{
	size_t i = hash_bytes(k.ptr, k.len) & (places - 1);
	while (entries[i].key.ptr && !slice_eq(entries[i].key, k))
		i = (i + 1) & (places - 1);
	return &entries[i];
}

static result grow(struct strmap *m)
{
	size_t places = m->places ? m->places * 2 : 16;
	struct strmap_entry *entries = calloc(places, sizeof *entries);
	if (!entries)
		return (result){ERR_MEMORY};
	STRMAP_FOREACH (old, m)
		*place_of(entries, places, old->key) = *old;
	free(m->entries);
	m->entries = entries;
	m->places = places;
	return RESULT_OK;
}

result strmap_set(struct strmap *m, struct slice k, void *value)
{
	if (!k.ptr)
		k.ptr = "";
	if ((m->count + 1) * 4 > m->places * 3)
		TRY(grow(m));
	struct strmap_entry *entry = place_of(m->entries, m->places, k);
	if (!entry->key.ptr)
		m->count++;
	*entry = (struct strmap_entry){k, value};
	return RESULT_OK;
}

void *strmap_get(const struct strmap *m, struct slice k)
{
	return m->places ? place_of(m->entries, m->places, k)->value : NULL;
}
