/* Space-Saving counters. Keys are keyed hashes of callers or addresses. */
#include "observe/heavy_hitters.h"

uint32_t heavy_hitters_add(struct heavy_hitters *h, uint64_t key)
{
	unsigned least = 0;
	for (unsigned i = 0; i < HEAVY_HITTERS; i++) {
		if (h->of[i].key == key) {
			h->of[i].count++;
			return h->of[i].count - h->of[i].floor;
		}
		if (h->of[i].count < h->of[least].count)
			least = i;
	}
	h->of[least].floor = h->of[least].count;
	h->of[least].count++;
	h->of[least].key = key;
	return h->of[least].count - h->of[least].floor;
}
