/* Putting one page back: compare with the pristine one and copy only the 256-byte runs that differ. */
#ifndef WARD_WASM_PAGE_COPY_H
#define WARD_WASM_PAGE_COPY_H

#include <stdbool.h>
#include <stdint.h>

/* Makes the page at `to` equal to the one at `from`; both 4096 bytes, aligned. True when they differed. */
typedef bool page_restore_fn(uint8_t *to, const uint8_t *from);

enum page_copy_kind { PAGE_COPY_SSE2, PAGE_COPY_AVX2, PAGE_COPY_AVX512, PAGE_COPY_COUNT };

/* NULL when this CPU cannot. */
page_restore_fn *page_restore_of(enum page_copy_kind kind);
/* The widest that this CPU can. */
page_restore_fn *page_restore_best(void);

#endif
