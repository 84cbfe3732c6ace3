/* Semantic versions (semver.h), of lockfiles and advisories of any origin. */
#include "review/deps/semver.h"

static bool take_number(struct slice *rest, uint64_t *ret)
{
	size_t n = 0;
	while (n < rest->len && rest->ptr[n] >= '0' && rest->ptr[n] <= '9')
		n++;
	if (n == 0 || n > 18 || !slice_to_u64(slice_of(rest->ptr, n), ret))
		return false;
	*rest = slice_of(rest->ptr + n, rest->len - n);
	return true;
}

static bool take_char(struct slice *rest, char c)
{
	if (rest->len == 0 || rest->ptr[0] != c)
		return false;
	*rest = slice_of(rest->ptr + 1, rest->len - 1);
	return true;
}

bool semver_parse(struct slice text, struct semver *ret)
{
	struct semver v = {0};
	struct slice rest = slice_trim(text);
	(void)(take_char(&rest, 'v') || take_char(&rest, '='));
	if (!take_number(&rest, &v.major))
		return false;
	if (take_char(&rest, '.') &&
	    (!take_number(&rest, &v.minor) || (take_char(&rest, '.') && !take_number(&rest, &v.patch))))
		return false;
	if (take_char(&rest, '-')) {
		const char *plus = rest.len ? memchr(rest.ptr, '+', rest.len) : NULL;
		v.pre = plus ? slice_of(rest.ptr, (size_t)(plus - rest.ptr)) : rest;
		rest = plus ? slice_of(plus, rest.len - v.pre.len) : SLICE_NONE;
		if (v.pre.len == 0)
			return false;
	}
	if (rest.len && rest.ptr[0] != '+')
		return false;
	*ret = v;
	return true;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Section 11.4: numbers below words, numbers by value, words by bytes, more parts above fewer. */
static int compare_pre(struct slice a, struct slice b)
{
	while (a.ptr && b.ptr && (a.len || b.len)) {
		struct slice x = slice_cut(&a, '.'), y = slice_cut(&b, '.');
		uint64_t n, m;
		bool number_x = slice_to_u64(x, &n), number_y = slice_to_u64(y, &m);
		int order = number_x && number_y   ? compare_numbers(n, m)
			    : number_x != number_y ? (number_x ? -1 : 1)
						   : slice_cmp(x, y);
		if (order != 0)
			return order;
	}
	return (a.ptr != NULL && a.len) - (b.ptr != NULL && b.len);
}

int semver_compare(const struct semver *a, const struct semver *b)
{
	int order = compare_numbers(a->major, b->major);
	order = order ? order : compare_numbers(a->minor, b->minor);
	order = order ? order : compare_numbers(a->patch, b->patch);
	if (order)
		return order;
	if (!a->pre.len || !b->pre.len)
		return (a->pre.len == 0) - (b->pre.len == 0);
	return compare_pre(a->pre, b->pre);
}
