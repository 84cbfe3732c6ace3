/* Bytes across the border: copying into guest memory for the length of one call, and out of it. */
#ifndef WARD_WASM_GUEST_TEXT_H
#define WARD_WASM_GUEST_TEXT_H

#include "base/buf.h"
#include "wasm/quickjs.h"

struct guest_bytes {
	guest_ptr at; /* 0: the guest is out of memory */
	uint32_t mark;
	bool heap;
};

/* Copies bytes in with a NUL after them; guest_bytes_done() in reverse order of calls. */
struct guest_bytes guest_bytes_in(struct slice bytes);
/* Room for n bytes, not initialised. */
struct guest_bytes guest_bytes_room(size_t n);
void guest_bytes_done(struct guest_bytes *bytes);

/* JS_EXCEPTION (out of memory) on failure, like QuickJS's own. */
js_value guest_string(js_context c, struct slice text);
js_atom guest_atom(js_context c, struct slice text);
js_value guest_uint8array(js_context c, struct slice bytes);

/* What a js_value reads as, appended to out as UTF-8 with lone surrogates replaced. False: an exception is pending, or
   the guest's answer was not inside its memory. Converts non-strings as String() does, so it may run guest code. */
bool guest_text_append(js_context c, js_value v, struct buf *out, bool *ret_ascii);

#endif
