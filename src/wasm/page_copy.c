/*
 * Chosen at run time, so that one binary serves every x86-64. Most pages that a request may write come out equal, and
 * most that differ do so in a few places: reading is cheaper than writing, hence compare first.
 */
#include "wasm/page_copy.h"

#include <immintrin.h>
#include <stddef.h>

#define PAGE_BYTES 4096
#define RUN_BYTES 256

static bool restore_sse2(uint8_t *to, const uint8_t *from)
{
	bool differed = false;
	for (size_t at = 0; at < PAGE_BYTES; at += RUN_BYTES / 2) {
		__m128i a[8], b[8], x = _mm_setzero_si128();
		for (int i = 0; i < 8; i++) {
			a[i] = _mm_load_si128((const __m128i *)(const void *)(to + at) + i);
			b[i] = _mm_load_si128((const __m128i *)(const void *)(from + at) + i);
			x = _mm_or_si128(x, _mm_xor_si128(a[i], b[i]));
		}
		if (_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_setzero_si128())) == 0xffff)
			continue;
		differed = true;
		for (int i = 0; i < 8; i++)
			_mm_store_si128((__m128i *)(void *)(to + at) + i, b[i]);
	}
	return differed;
}

__attribute__((target("avx2"))) static bool restore_avx2(uint8_t *to, const uint8_t *from)
{
	bool differed = false;
	for (size_t at = 0; at < PAGE_BYTES; at += RUN_BYTES) {
		__m256i b[8], x = _mm256_setzero_si256();
		for (int i = 0; i < 8; i++) {
			__m256i a = _mm256_load_si256((const __m256i *)(const void *)(to + at) + i);
			b[i] = _mm256_load_si256((const __m256i *)(const void *)(from + at) + i);
			x = _mm256_or_si256(x, _mm256_xor_si256(a, b[i]));
		}
		if (_mm256_testz_si256(x, x))
			continue;
		differed = true;
		for (int i = 0; i < 8; i++)
			_mm256_store_si256((__m256i *)(void *)(to + at) + i, b[i]);
	}
	_mm256_zeroupper();
	return differed;
}

__attribute__((target("avx512f"))) static bool restore_avx512(uint8_t *to, const uint8_t *from)
{
	bool differed = false;
	for (size_t at = 0; at < PAGE_BYTES; at += RUN_BYTES) {
		__m512i b[4], x = _mm512_setzero_si512();
		for (int i = 0; i < 4; i++) {
			__m512i a = _mm512_load_si512((const __m512i *)(const void *)(to + at) + i);
			b[i] = _mm512_load_si512((const __m512i *)(const void *)(from + at) + i);
			x = _mm512_or_si512(x, _mm512_xor_si512(a, b[i]));
		}
		if (!_mm512_test_epi64_mask(x, x))
			continue;
		differed = true;
		for (int i = 0; i < 4; i++)
			_mm512_store_si512((__m512i *)(void *)(to + at) + i, b[i]);
	}
	return differed;
}

page_restore_fn *page_restore_of(enum page_copy_kind kind)
{
	switch (kind) {
	case PAGE_COPY_SSE2:
		return restore_sse2;
	case PAGE_COPY_AVX2:
		return __builtin_cpu_supports("avx2") ? restore_avx2 : NULL;
	case PAGE_COPY_AVX512:
		return __builtin_cpu_supports("avx512f") ? restore_avx512 : NULL;
	case PAGE_COPY_COUNT:
		break;
	}
	return NULL;
}

page_restore_fn *page_restore_best(void)
{
	page_restore_fn *best = restore_sse2;
	for (enum page_copy_kind kind = PAGE_COPY_AVX2; kind < PAGE_COPY_COUNT; kind++)
		if (page_restore_of(kind))
			best = page_restore_of(kind);
	return best;
}
