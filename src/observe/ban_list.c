/* The ban list. Entries come from operators and from rules; addresses from the network. */
#include "observe/ban_list.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "base/strmap.h"

#define TEXT_MAX 64u
#define BANS_MAX (1u << 22)

result ban_list_init(struct ban_list *l, uint32_t bans_max, struct error *err)
{
	uint32_t places = 16;
	if (bans_max > BANS_MAX)
		return error_set(err, ERR_LIMIT, "a ban list of %u", bans_max);
	while (places < bans_max * 2)
		places *= 2;
	struct ban *made = calloc(places, sizeof *made);
	if (!made)
		return error_set(err, ERR_MEMORY, "no memory for a ban list of %u", bans_max);
	*l = (struct ban_list){.places = made, .place_count = places};
	return RESULT_OK;
}

void ban_list_done(struct ban_list *l)
{
	free(l->places);
	*l = (struct ban_list){0};
}

static void prefix_mask(struct ban_prefix *p)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned kept = p->length > i * 8 ? p->length - i * 8 : 0;
		if (kept < 8)
			p->address[i] &= (uint8_t)(0xff00u >> kept);
	}
}

static bool address_parse(const char *text, uint8_t ret_address[16], unsigned *ret_bits)
{
	struct in_addr four;
	if (inet_pton(AF_INET, text, &four) == 1) {
		memset(ret_address, 0, 10);
		memset(ret_address + 10, 0xff, 2);
		memcpy(ret_address + 12, &four, 4);
		*ret_bits = 32;
		return true;
	}
	*ret_bits = 128;
	return inet_pton(AF_INET6, text, ret_address) == 1;
}

result ban_prefix_parse(struct slice text, struct error *err, struct ban_prefix *ret)
{
	struct slice rest = text;
	struct slice address = slice_cut(&rest, '/');
	char copy[TEXT_MAX];
	struct ban_prefix p;
	unsigned bits;
	uint64_t length;
	if (address.len == 0 || address.len >= sizeof copy)
		return error_set(err, ERR_INVALID, "\"%.*s\" is no address", SLICE_ARG(text));
	memcpy(copy, address.ptr, address.len);
	copy[address.len] = 0;
	if (strlen(copy) != address.len || !address_parse(copy, p.address, &bits))
		return error_set(err, ERR_INVALID, "\"%.*s\" is no address", SLICE_ARG(text));
	length = bits;
	if (rest.ptr && (!slice_to_u64(rest, &length) || length > bits))
		return error_set(
		    err, ERR_INVALID, "\"%.*s\" has no prefix length of 0 to %u", SLICE_ARG(text), bits);
	p.length = (uint8_t)(128 - bits + length);
	struct ban_prefix masked = p;
	prefix_mask(&masked);
	if (memcmp(masked.address, p.address, 16) != 0)
		return error_set(err, ERR_INVALID, "\"%.*s\" has bits set past its length", SLICE_ARG(text));
	*ret = p;
	return RESULT_OK;
}

static bool prefix_eq(const struct ban_prefix *a, const struct ban_prefix *b)
{
	return a->length == b->length && memcmp(a->address, b->address, 16) == 0;
}

static uint32_t place_of(const struct ban_list *l, const struct ban_prefix *p)
{
	return (uint32_t)hash_bytes(p, sizeof *p) & (l->place_count - 1);
}

/* The ban of exactly this prefix, or the empty place where it would go. The table is never more than half
 * full. */
static struct ban *ban_place(const struct ban_list *l, const struct ban_prefix *p)
{
	uint32_t at = place_of(l, p);
	while (l->places[at].used && !prefix_eq(&l->places[at].prefix, p))
		at = (at + 1) & (l->place_count - 1);
	return &l->places[at];
}

/* Removal by shifting the rest of the run back (Knuth 6.4, algorithm R), so that no tombstones pile up. */
static void ban_remove(struct ban_list *l, struct ban *gone)
{
	uint32_t mask = l->place_count - 1;
	uint32_t hole = (uint32_t)(gone - l->places);
	l->of_length[gone->prefix.length]--;
	l->count--;
	for (uint32_t at = (hole + 1) & mask; l->places[at].used; at = (at + 1) & mask) {
		uint32_t home = place_of(l, &l->places[at].prefix);
		if (((at - home) & mask) >= ((at - hole) & mask)) {
			l->places[hole] = l->places[at];
			hole = at;
		}
	}
	l->places[hole] = (struct ban){0};
}

static void sweep(struct ban_list *l, int64_t now_ms)
{
	/* A removal may move another ban into this place, which then has its turn. */
	for (uint32_t at = 0; at < l->place_count; at++) {
		while (l->places[at].used && l->places[at].until_ms <= now_ms)
			ban_remove(l, &l->places[at]);
	}
}

result ban_list_add(struct ban_list *l, const struct ban_prefix *prefix, int64_t until_ms, uint32_t reason,
    int64_t now_ms, struct error *err)
{
	struct ban *place = ban_place(l, prefix);
	if (!place->used && l->count >= l->place_count / 2) {
		sweep(l, now_ms);
		place = ban_place(l, prefix);
		if (l->count >= l->place_count / 2)
			return error_set(err, ERR_LIMIT, "the ban list is full (%u)", l->count);
	}
	if (!place->used) {
		l->count++;
		l->of_length[prefix->length]++;
	}
	*place = (struct ban){.prefix = *prefix, .used = true, .until_ms = until_ms, .reason = reason};
	return RESULT_OK;
}

result ban_list_lift(struct ban_list *l, const struct ban_prefix *prefix, struct error *err)
{
	struct ban *place = ban_place(l, prefix);
	if (!place->used)
		return error_set(err, ERR_NOT_FOUND, "there is no such ban");
	ban_remove(l, place);
	return RESULT_OK;
}

const struct ban *ban_list_find(const struct ban_list *l, const uint8_t address[16], int64_t now_ms)
{
	for (int length = 128; length >= 0 && l->count; length--) {
		if (!l->of_length[length])
			continue;
		struct ban_prefix p = {.length = (uint8_t)length};
		memcpy(p.address, address, 16);
		prefix_mask(&p);
		const struct ban *b = ban_place(l, &p);
		if (b->used && b->until_ms > now_ms)
			return b;
	}
	return NULL;
}
