/* Checked size arithmetic: every sum or product of sizes that a peer can influence goes through here. */
#ifndef WARD_BASE_SIZE_H
#define WARD_BASE_SIZE_H

#include <stdbool.h>
#include <stddef.h>

/* True and *ret_sum set, or false on overflow and *ret_sum untouched. */
static inline bool size_add(size_t a, size_t b, size_t *ret_sum)
{
	size_t sum;
	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*ret_sum = sum;
	return true;
}

static inline bool size_mul(size_t a, size_t b, size_t *ret_product)
{
	size_t product;
	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*ret_product = product;
	return true;
}

static inline size_t size_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline size_t size_max(size_t a, size_t b)
{
	return a > b ? a : b;
}

#endif
