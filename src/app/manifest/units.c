/* Units of ward.yaml, both ways. Parsed texts are hostile: every product is checked. */
#include "app/manifest/units.h"

#define US_MAX (100ull * 366 * 86400 * 1000000)
#define BYTES_MAX (1ull << 50)

struct unit {
	const char *name;
	uint64_t factor;
};

/* Largest first: texts are written in the largest unit that is exact. */
static const struct unit durations[] = {
    {"d", 86400000000}, {"h", 3600000000}, {"min", 60000000}, {"s", 1000000}, {"ms", 1000}, {"us", 1}};
static const struct unit sizes[] = {{"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}, {"B", 1}};
static const struct unit periods[] = {
    {"d", 86400000000}, {"h", 3600000000}, {"min", 60000000}, {"s", 1000000}};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct unit *unit_named(const struct unit *units, size_t count, struct slice name)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq_cstr(name, units[i].name))
			return &units[i];
	return NULL;
}

/* Digits, and up to three after a point as long as the product is whole. */
static bool quantity(struct slice text, const struct unit *units, size_t count, uint64_t most, uint64_t *ret)
{
	size_t digits = 0;
	while (digits < text.len &&
	       ((text.ptr[digits] >= '0' && text.ptr[digits] <= '9') || text.ptr[digits] == '.'))
		digits++;
	const struct unit *unit = unit_named(units, count, slice_of(text.ptr + digits, text.len - digits));
	struct slice number = slice_of(text.ptr, digits);
	struct slice whole = slice_cut(&number, '.');
	uint64_t value, thousandths = 0;
	if (!unit || !slice_to_u64(whole, &value) || value > most / unit->factor)
		return false;
	if (number.ptr) {
		if (number.len == 0 || number.len > 3 || !slice_to_u64(number, &thousandths))
			return false;
		for (size_t i = number.len; i < 3; i++)
			thousandths *= 10;
		if (thousandths * unit->factor % 1000 != 0)
			return false;
	}
	uint64_t total = value * unit->factor + thousandths * unit->factor / 1000;
	if (total > most)
		return false;
	*ret = total;
	return true;
}

bool duration_parse(struct slice text, uint64_t *ret_us)
{
	return quantity(text, durations, COUNT(durations), US_MAX, ret_us);
}

bool size_parse(struct slice text, uint64_t *ret_bytes)
{
	return quantity(text, sizes, COUNT(sizes), BYTES_MAX, ret_bytes);
}

static const char *const scopes[RATE_SCOPE_COUNT] = {
    [RATE_APP] = "app", [RATE_USER] = "user", [RATE_IP] = "ip"};

const char *rate_scope_name(enum rate_scope scope)
{
	return scope < RATE_SCOPE_COUNT ? scopes[scope] : "?";
}

bool rate_parse(struct slice text, struct manifest_rate *ret)
{
	struct manifest_rate rate = {.scope = RATE_APP};
	struct slice count = slice_cut(&text, '/');
	struct slice period = slice_cut(&text, '/');
	const struct unit *unit = unit_named(periods, COUNT(periods), period);
	if (!slice_to_u64(count, &rate.count) || rate.count == 0 || rate.count > 1000000000 || !unit)
		return false;
	rate.per_us = unit->factor;
	if (text.ptr) {
		size_t scope = 0;
		while (scope < RATE_SCOPE_COUNT && !slice_eq_cstr(text, scopes[scope]))
			scope++;
		if (scope == RATE_SCOPE_COUNT)
			return false;
		rate.scope = (enum rate_scope)scope;
	}
	*ret = rate;
	return true;
}

static void write_quantity(uint64_t value, const struct unit *units, size_t count, struct buf *out)
{
	size_t i = 0;
	while (i + 1 < count && (value == 0 || value % units[i].factor != 0))
		i++;
	buf_printf(out, "%llu%s", (unsigned long long)(value / units[i].factor), units[i].name);
}

void duration_text(uint64_t us, struct buf *out)
{
	write_quantity(us, durations, COUNT(durations), out);
}

void size_text(uint64_t bytes, struct buf *out)
{
	write_quantity(bytes, sizes, COUNT(sizes), out);
}

void rate_text(const struct manifest_rate *rate, struct buf *out)
{
	const char *period = "us";
	for (size_t i = 0; i < COUNT(periods); i++)
		if (periods[i].factor == rate->per_us)
			period = periods[i].name;
	if (rate->count == 0)
		buf_add_cstr(out, "none");
	else
		buf_printf(
		    out, "%llu/%s/%s", (unsigned long long)rate->count, period, rate_scope_name(rate->scope));
}
