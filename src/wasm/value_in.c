/*
 * Called by instance.c for inputs and answers. The gateway and the broker write these encodings; lengths and counts are
 * checked all the same, because a wrong one here would be our own memory error.
 */
#include "wasm/value_in.h"

#include <stdlib.h>

#include "contract/value.h"
#include "wasm/guest_text.h"

#define SMALL_MEMBERS 16

static js_value malformed(struct value_in *in)
{
	in->malformed = true;
	return JS_EXCEPTION;
}

static bool take(struct value_in *in, void *to, size_t n)
{
	if ((size_t)(in->end - in->at) < n)
		return false;
	memcpy(to, in->at, n);
	in->at += n;
	return true;
}

static bool take_bytes(struct value_in *in, struct slice *ret_bytes)
{
	uint32_t n;
	if (!take(in, &n, sizeof n) || (size_t)(in->end - in->at) < n)
		return false;
	*ret_bytes = slice_of((const char *)in->at, n);
	in->at += n;
	return true;
}

static js_value read_any(struct value_in *in, unsigned depth);

/* A number in text that is too long for i64 and double: JavaScript rounds it, as JSON.parse does. */
static js_value read_big(struct slice text)
{
	char digits[64];
	if (text.len < sizeof digits) {
		memcpy(digits, text.ptr, text.len);
		digits[text.len] = 0;
		return js_of_double(strtod(digits, NULL));
	}
	char *copy = strndup(text.ptr, text.len);
	double d = copy ? strtod(copy, NULL) : 0;
	free(copy);
	return js_of_double(d);
}

static js_value read_bigint(struct value_in *in, struct slice text)
{
	char digits[24];
	if (text.len > 0 && text.len < 19) {
		memcpy(digits, text.ptr, text.len);
		digits[text.len] = 0;
		return guest_JS_NewBigInt64(in->context, strtoll(digits, NULL, 10));
	}
	uint32_t mark = guest_mark();
	guest_ptr args = guest_push(sizeof(js_value));
	js_value string = guest_string(in->context, text);
	if (!args || js_is_exception(string))
		return JS_EXCEPTION;
	guest_store(args, &string, sizeof string);
	js_value made = guest_JS_Call(in->context, in->bigint_of, JS_UNDEFINED, 1, args);
	guest_JS_FreeValue(in->context, string);
	guest_pop(mark);
	return made;
}

static js_value read_array(struct value_in *in, uint32_t count, unsigned depth)
{
	struct guest_bytes room = guest_bytes_room((size_t)count * sizeof(js_value) + 1);
	if (!room.at)
		return guest_JS_ThrowOutOfMemory(in->context);
	for (uint32_t i = 0; i < count; i++) {
		js_value v = read_any(in, depth);
		if (js_is_exception(v))
			return v;
		/* Asked for anew each time: building a value may have moved what the guest calls its memory's end. */
		guest_store(room.at + i * (uint32_t)sizeof v, &v, sizeof v);
	}
	js_value made = guest_JS_NewArrayFrom(in->context, count, room.at);
	guest_bytes_done(&room);
	return made;
}

/* An atom for the key at the cursor. *ret_own: the caller frees it. */
static bool read_key(struct value_in *in, js_atom *ret_atom, bool *ret_own)
{
	uint16_t id;
	struct slice text;
	if (!take(in, &id, sizeof id))
		return false;
	*ret_own = id == VALUE_KEY_TEXT;
	if (*ret_own) {
		if (!take_bytes(in, &text))
			return false;
		*ret_atom = guest_atom(in->context, text);
		return true;
	}
	if (id >= in->plan->name_count)
		return false;
	*ret_atom = in->plan->atoms[id];
	return true;
}

static bool contains(const js_atom *atoms, uint32_t count, js_atom atom)
{
	for (uint32_t i = 0; i < count; i++)
		if (atoms[i] == atom)
			return true;
	return false;
}

/* All keys at once: one allocation of the right size, no shape transitions. */
static js_value read_small_object(struct value_in *in, uint32_t count, unsigned depth)
{
	js_atom atoms[SMALL_MEMBERS];
	js_value values[SMALL_MEMBERS];
	js_atom owned[SMALL_MEMBERS];
	uint32_t owned_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		bool own;
		if (!read_key(in, &atoms[i], &own) || contains(atoms, i, atoms[i]))
			return malformed(in);
		if (atoms[i] == 0)
			return guest_JS_ThrowOutOfMemory(in->context);
		if (own)
			owned[owned_count++] = atoms[i];
		values[i] = read_any(in, depth);
		if (js_is_exception(values[i]))
			return JS_EXCEPTION;
	}
	uint32_t mark = guest_mark();
	guest_ptr guest_atoms = guest_push(count * (uint32_t)sizeof *atoms + 1);
	guest_ptr guest_values = guest_push(count * (uint32_t)sizeof *values + 1);
	if (!guest_atoms || !guest_values)
		return guest_JS_ThrowOutOfMemory(in->context);
	guest_store(guest_atoms, atoms, count * sizeof *atoms);
	guest_store(guest_values, values, count * sizeof *values);
	js_value made = guest_JS_NewObjectFrom(in->context, count, guest_atoms, guest_values);
	guest_pop(mark);
	for (uint32_t i = 0; i < owned_count; i++)
		guest_JS_FreeAtom(in->context, owned[i]);
	return made;
}

static js_value read_large_object(struct value_in *in, uint32_t count, unsigned depth)
{
	js_value made = guest_JS_NewObject(in->context);
	for (uint32_t i = 0; i < count && !js_is_exception(made); i++) {
		js_atom atom;
		bool own;
		if (!read_key(in, &atom, &own))
			return malformed(in);
		js_value v = atom ? read_any(in, depth) : guest_JS_ThrowOutOfMemory(in->context);
		if (js_is_exception(v) || guest_JS_DefinePropertyValue(in->context, made, atom, v, JS_PROP_PLAIN) < 0)
			return JS_EXCEPTION;
		if (own)
			guest_JS_FreeAtom(in->context, atom);
	}
	return made;
}

static js_value read_container(struct value_in *in, uint8_t tag, unsigned depth)
{
	uint32_t content, count;
	if (depth >= VALUE_DEPTH_MAX || !take(in, &content, sizeof content) || !take(in, &count, sizeof count))
		return malformed(in);
	size_t least = tag == VALUE_OBJECT ? 3 : 1;
	if (content > (size_t)(in->end - in->at) || count > content / least)
		return malformed(in);
	if (tag == VALUE_ARRAY)
		return read_array(in, count, depth + 1);
	return count <= SMALL_MEMBERS ? read_small_object(in, count, depth + 1) : read_large_object(in, count, depth + 1);
}

static js_value read_text(struct value_in *in, uint8_t tag)
{
	struct slice bytes;
	if (!take_bytes(in, &bytes))
		return malformed(in);
	switch (tag) {
	case VALUE_BIG:
		return read_big(bytes);
	case VALUE_BYTES:
		return guest_uint8array(in->context, bytes);
	case VALUE_BIGINT:
		return read_bigint(in, bytes);
	default:
		return guest_string(in->context, bytes);
	}
}

static js_value read_any(struct value_in *in, unsigned depth)
{
	uint8_t tag;
	int64_t whole;
	double number;
	if (!take(in, &tag, 1))
		return malformed(in);
	switch (tag) {
	case VALUE_NULL:
		return JS_NULL;
	case VALUE_FALSE:
		return JS_FALSE;
	case VALUE_TRUE:
		return JS_TRUE;
	case VALUE_INT:
		return take(in, &whole, sizeof whole) ? js_of_int(whole) : malformed(in);
	case VALUE_NUM:
		return take(in, &number, sizeof number) ? js_of_double(number) : malformed(in);
	case VALUE_DATE:
		return take(in, &number, sizeof number) ? guest_JS_NewDate(in->context, number) : malformed(in);
	case VALUE_BIG:
	case VALUE_STR:
	case VALUE_ASCII:
	case VALUE_BYTES:
	case VALUE_BIGINT:
		return read_text(in, tag);
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		return read_container(in, tag, depth);
	default:
		return malformed(in);
	}
}

js_value value_in_read(struct value_in *in)
{
	js_value v = read_any(in, 0);
	if (!js_is_exception(v) && in->at != in->end)
		return malformed(in);
	return v;
}
