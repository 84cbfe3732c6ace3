/* What a text looks like by itself: entropy, runs, checksums and base64. Called with matched text of any
 * origin. */
#include "review/secrets/shape.h"

#include <math.h>
#include <string.h>

#include "base/base64.h"
#include "base/check.h"

double slice_entropy(struct slice s)
{
	uint32_t count[256] = {0};
	double bits = 0;
	for (size_t i = 0; i < s.len; i++)
		count[(uint8_t)s.ptr[i]]++;
	for (size_t c = 0; c < 256; c++)
		if (count[c]) {
			double p = count[c] / (double)s.len;
			bits -= p * log2(p);
		}
	return bits;
}

/* IEEE 802.3, reflected, as zlib computes it. */
uint32_t crc32_of(struct slice s)
{
	uint32_t crc = 0xffffffffu;
	for (size_t i = 0; i < s.len; i++) {
		crc ^= (uint8_t)s.ptr[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1u)));
	}
	return ~crc;
}

long base64_lenient_decode(struct slice s, uint8_t *out)
{
	uint32_t bits = 0;
	int have = 0;
	long n = 0;
	while (s.len > 0 && s.ptr[s.len - 1] == '=')
		s.len--;
	for (size_t i = 0; i < s.len; i++) {
		int digit = base64_any_digit(s.ptr[i]);
		if (digit < 0)
			return -1;
		bits = bits << 6 | (uint32_t)digit;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (uint8_t)(bits >> have);
		}
	}
	return s.len % 4 == 1 ? -1 : n;
}

bool slice_looks_made_up(struct slice s)
{
	static const struct slice marks[] = {SLICE("example"), SLICE("xxxx"), SLICE("fake"),
	    SLICE("placeholder"), SLICE("dummy"), SLICE("redacted"), SLICE("changeme"), SLICE("notreal")};
	size_t up = 1, down = 1, same = 1;
	for (size_t i = 1; i < s.len; i++) {
		int step = s.ptr[i] - s.ptr[i - 1];
		bool plain = is_alnum(s.ptr[i]) && is_alnum(s.ptr[i - 1]);
		up = plain && step == 1 ? up + 1 : 1;
		down = plain && step == -1 ? down + 1 : 1;
		same = step == 0 ? same + 1 : 1;
		if (up >= 6 || down >= 6 || (same >= 8 && same * 3 > s.len))
			return true;
	}
	for (size_t m = 0; m < ARRAY_LEN(marks); m++)
		for (size_t i = 0; i + marks[m].len <= s.len; i++)
			if (slice_eq_nocase(slice_of(s.ptr + i, marks[m].len), marks[m]))
				return true;
	return false;
}
