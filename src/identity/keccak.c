/* Keccak-f[1600] (FIPS 202 section 3) and the sponge of rate 136 bytes. Called by wallet.c on messages from
 * anyone. */
#include <string.h>

#include "identity/crypto.h"

#define RATE 136u
#define LANES 25u

static const uint64_t round_constants[24] = {0x0000000000000001, 0x0000000000008082, 0x800000000000808a,
    0x8000000080008000, 0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a, 0x000000008000808b,
    0x800000000000008b, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
    0x000000000000800a, 0x800000008000000a, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001,
    0x8000000080008008};

static uint64_t rotate_left(uint64_t v, unsigned by)
{
	return by == 0 ? v : v << by | v >> (64 - by);
}

static void theta(uint64_t a[LANES])
{
	uint64_t column[5];
	for (size_t x = 0; x < 5; x++)
		column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
	for (size_t x = 0; x < 5; x++) {
		uint64_t mix = column[(x + 4) % 5] ^ rotate_left(column[(x + 1) % 5], 1);
		for (size_t y = 0; y < LANES; y += 5)
			a[x + y] ^= mix;
	}
}

/* Rho and pi together, walking the one cycle that pi makes of 24 lanes. */
static void rho_pi(uint64_t a[LANES])
{
	size_t x = 1, y = 0;
	uint64_t moving = a[1];
	for (unsigned t = 0; t < 24; t++) {
		size_t next_y = (2 * x + 3 * y) % 5;
		x = y;
		y = next_y;
		uint64_t kept = a[x + 5 * y];
		a[x + 5 * y] = rotate_left(moving, (t + 1) * (t + 2) / 2 % 64);
		moving = kept;
	}
}

static void chi(uint64_t a[LANES])
{
	for (size_t y = 0; y < LANES; y += 5) {
		uint64_t row[5];
		memcpy(row, a + y, sizeof row);
		for (size_t x = 0; x < 5; x++)
			a[x + y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
	}
}

static void permute(uint64_t a[LANES])
{
	for (size_t round = 0; round < 24; round++) {
		theta(a);
		rho_pi(a);
		chi(a);
		a[0] ^= round_constants[round];
	}
}

/* Lanes are little-endian (FIPS 202 section B.1), as is every machine ward runs on. */
static void absorb(uint64_t a[LANES], const uint8_t block[RATE])
{
	for (size_t i = 0; i < RATE / 8; i++) {
		uint64_t lane;
		memcpy(&lane, block + 8 * i, 8);
		a[i] ^= lane;
	}
	permute(a);
}

void keccak_sponge_256(struct slice data, uint8_t padding, uint8_t ret[32])
{
	_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "lanes are read as they lie");
	uint64_t a[LANES] = {0};
	uint8_t last[RATE] = {0};
	for (; data.len >= RATE; data.ptr += RATE, data.len -= RATE)
		absorb(a, (const uint8_t *)data.ptr);
	if (data.len)
		memcpy(last, data.ptr, data.len);
	last[data.len] = padding;
	last[RATE - 1] |= 0x80;
	absorb(a, last);
	memcpy(ret, a, 32);
}

void keccak_256(struct slice data, uint8_t ret[32])
{
	keccak_sponge_256(data, 0x01, ret);
}
