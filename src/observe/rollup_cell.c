/* Cells of rollups. Called by the rollup store for every record and every stored row. */
#include "observe/rollup_cell.h"

#include <stddef.h>

#include "base/check.h"

#define CELL_VERSION 1
/* The counters before the histogram lie in a row: encoded, merged and read as one array. */
#define COUNTERS (offsetof(struct rollup_cell, wall) / sizeof(uint64_t))
_Static_assert(COUNTERS * sizeof(uint64_t) == offsetof(struct rollup_cell, wall), "counters fill the head");

struct counters {
	uint64_t of[COUNTERS];
};

static uint64_t more(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void rollup_cell_add(struct rollup_cell *c, const struct invocation *v)
{
	c->calls++;
	c->outcomes[v->outcome]++;
	c->callers[v->caller_class]++;
	c->payloads[v->payload]++;
	c->denials += v->denials;
	for (unsigned k = 0; k < HOST_KIND_COUNT; k++)
		c->host_calls[k] += v->calls[k];
	c->wall_us += v->wall_us;
	c->queue_us += v->queue_us;
	c->cpu_us += v->cpu_us;
	c->bytes_in += v->bytes_in;
	c->bytes_out += v->bytes_out;
	c->memory_kib_max = more(c->memory_kib_max, v->memory_kib);
	c->cpu_us_max = more(c->cpu_us_max, v->cpu_us);
	c->bytes_out_max = more(c->bytes_out_max, v->bytes_out);
	if (outcome_is_answer(v->outcome) || outcome_is_failure(v->outcome))
		sketch_add(&c->wall, v->wall_us);
}

void rollup_cell_merge(struct rollup_cell *into, const struct rollup_cell *from)
{
	struct counters a, b;
	uint64_t memory = more(into->memory_kib_max, from->memory_kib_max);
	uint64_t cpu = more(into->cpu_us_max, from->cpu_us_max);
	uint64_t out = more(into->bytes_out_max, from->bytes_out_max);
	memcpy(&a, into, sizeof a);
	memcpy(&b, from, sizeof b);
	for (size_t i = 0; i < COUNTERS; i++)
		a.of[i] += b.of[i];
	memcpy(into, &a, sizeof a);
	into->memory_kib_max = memory;
	into->cpu_us_max = cpu;
	into->bytes_out_max = out;
	sketch_merge(&into->wall, &from->wall);
}

uint64_t rollup_cell_failures(const struct rollup_cell *c)
{
	uint64_t n = 0;
	for (unsigned o = 0; o < OUTCOME_COUNT; o++)
		n += outcome_is_failure((enum invocation_outcome)o) ? c->outcomes[o] : 0;
	return n;
}

uint64_t rollup_cell_ran(const struct rollup_cell *c)
{
	uint64_t n = rollup_cell_failures(c);
	for (unsigned o = 0; o < OUTCOME_COUNT; o++)
		n += outcome_is_answer((enum invocation_outcome)o) ? c->outcomes[o] : 0;
	return n;
}

void rollup_cell_encode(const struct rollup_cell *c, struct buf *out)
{
	struct counters counters;
	memcpy(&counters, c, sizeof counters);
	buf_add_char(out, CELL_VERSION);
	for (size_t i = 0; i < COUNTERS;) {
		size_t zeros = 0;
		while (i + zeros < COUNTERS && counters.of[i + zeros] == 0)
			zeros++;
		if (zeros) {
			/* A zero never stands alone: it is followed by how many more there are. */
			leb_add(out, 0);
			leb_add(out, zeros - 1);
			i += zeros;
		} else {
			leb_add(out, counters.of[i++]);
		}
	}
	sketch_encode(&c->wall, out);
}

result rollup_cell_decode(struct slice text, struct error *err, struct rollup_cell *ret)
{
	struct rollup_cell made = {0};
	struct counters counters = {0};
	if (!text.len || text.ptr[0] != CELL_VERSION)
		return error_set(err, ERR_INVALID, "a rollup is of another version");
	text = slice_of(text.ptr + 1, text.len - 1);
	for (size_t i = 0; i < COUNTERS;) {
		uint64_t value, zeros = 0;
		if (!leb_take(&text, &value) || (value == 0 && !leb_take(&text, &zeros)) ||
		    zeros >= COUNTERS - i)
			return error_set(err, ERR_INVALID, "a rollup is malformed");
		counters.of[i] = value;
		i += 1 + zeros;
	}
	memcpy(&made, &counters, sizeof counters);
	TRY(sketch_decode(text, err, &made.wall));
	*ret = made;
	return RESULT_OK;
}
