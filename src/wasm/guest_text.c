/* Called by the value readers and writers and by the imports, in host mode. Guest addresses are checked. */
#include "wasm/guest_text.h"

struct guest_bytes guest_bytes_room(size_t n)
{
	struct guest_bytes made = {.mark = guest_mark()};
	if (n > UINT32_MAX / 2)
		return made;
	made.at = guest_push((uint32_t)n);
	if (!made.at) {
		made.at = guest_malloc((uint32_t)n);
		made.heap = true;
	}
	if (!guest_at(made.at, n))
		made.at = 0;
	return made;
}

struct guest_bytes guest_bytes_in(struct slice bytes)
{
	struct guest_bytes made = guest_bytes_room(bytes.len + 1);
	if (!made.at)
		return made;
	char *to = guest_at(made.at, bytes.len + 1);
	if (bytes.len > 0)
		memcpy(to, bytes.ptr, bytes.len);
	to[bytes.len] = 0;
	return made;
}

void guest_bytes_done(struct guest_bytes *bytes)
{
	if (bytes->heap && bytes->at)
		guest_free(bytes->at);
	guest_pop(bytes->mark);
}

js_value guest_string(js_context c, struct slice text)
{
	struct guest_bytes in = guest_bytes_in(text);
	if (!in.at)
		return guest_JS_ThrowOutOfMemory(c);
	js_value made = guest_JS_NewStringLen(c, in.at, (uint32_t)text.len);
	guest_bytes_done(&in);
	return made;
}

js_atom guest_atom(js_context c, struct slice text)
{
	struct guest_bytes in = guest_bytes_in(text);
	if (!in.at)
		return 0;
	js_atom made = guest_JS_NewAtomLen(c, in.at, (uint32_t)text.len);
	guest_bytes_done(&in);
	return made;
}

js_value guest_uint8array(js_context c, struct slice bytes)
{
	struct guest_bytes in = guest_bytes_in(bytes);
	if (!in.at)
		return guest_JS_ThrowOutOfMemory(c);
	js_value made = guest_JS_NewUint8ArrayCopy(c, in.at, (uint32_t)bytes.len);
	guest_bytes_done(&in);
	return made;
}

/*
 * QuickJS writes a lone surrogate as three bytes ED A0..BF xx, which UTF-8 forbids; U+FFFD has three bytes too, so it is
 * put in its place. True when all bytes are ASCII.
 */
static bool mend_surrogates(uint8_t *text, size_t n)
{
	uint8_t high = 0;
	for (size_t i = 0; i < n; i++) {
		high |= text[i];
		if (text[i] == 0xed && i + 2 < n && text[i + 1] >= 0xa0)
			memcpy(text + i, "\xef\xbf\xbd", 3);
	}
	return high < 0x80;
}

bool guest_text_append(js_context c, js_value v, struct buf *out, bool *ret_ascii)
{
	uint32_t mark = guest_mark();
	guest_ptr ret_n = guest_push(4);
	if (!ret_n)
		return false;
	guest_ptr text = guest_JS_ToCStringLen2(c, ret_n, v, 0);
	uint32_t n = 0;
	const void *length = guest_at(ret_n, 4);
	if (length)
		memcpy(&n, length, 4);
	guest_pop(mark);
	const char *bytes = text ? guest_at(text, n) : NULL;
	if (!bytes)
		return false;
	size_t at = out->len;
	buf_add(out, bytes, n);
	guest_JS_FreeCString(c, text);
	if (!buf_ok(out))
		return true;
	*ret_ascii = mend_surrogates((uint8_t *)out->ptr + at, n);
	return true;
}
