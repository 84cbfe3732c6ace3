/* The guest prelude, made at build time from the guest folder: the text of one function of the host object. */
#ifndef WARD_WASM_PRELUDE_H
#define WARD_WASM_PRELUDE_H

#include <stddef.h>

extern const char prelude_text[]; /* NUL-terminated */
extern const size_t prelude_text_len;

#endif
