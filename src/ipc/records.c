#include "ipc/records.h"

#include <sodium.h>
#include <stddef.h>

result record_split(struct slice payload, void *head, size_t head_bytes, struct error *err)
{
	if (payload.len < head_bytes)
		return error_set(err, ERR_INVALID, "a record of %zu bytes is shorter than its head", payload.len);
	memcpy(head, payload.ptr, head_bytes);
	return RESULT_OK;
}

result record_parts(struct slice payload, size_t head_bytes, const uint32_t *lengths, size_t count,
    struct slice *ret_parts, struct error *err)
{
	uint64_t total = head_bytes;
	for (size_t i = 0; i < count; i++)
		total += lengths[i];
	if (total != payload.len)
		return error_set(err, ERR_INVALID, "a record's parts do not fill it");
	size_t at = head_bytes;
	for (size_t i = 0; i < count; i++) {
		ret_parts[i] = slice_of(payload.ptr + at, lengths[i]);
		at += lengths[i];
	}
	return RESULT_OK;
}

_Static_assert(TICKET_KEY_BYTES == crypto_shorthash_siphashx24_KEYBYTES, "ticket key");
_Static_assert(sizeof((struct ticket *)0)->code == crypto_shorthash_siphashx24_BYTES, "ticket code");

static void ticket_code(const char *bytes, size_t n, const uint8_t *key, uint8_t *ret_code)
{
	const size_t from = offsetof(struct ticket, request);
	(void)crypto_shorthash_siphashx24(ret_code, (const uint8_t *)bytes + from, n - from, key);
}

result ticket_seal(const struct ticket_claims *claims, const uint8_t key[TICKET_KEY_BYTES], char *bytes,
    struct error *err, size_t *ret_length)
{
	const struct slice texts[] = {claims->user, claims->role, claims->tenant};
	struct ticket t = {.request = claims->request,
	    .expires_ms = claims->expires_ms,
	    .function = claims->function,
	    .user_bytes = (uint16_t)claims->user.len,
	    .role_bytes = (uint16_t)claims->role.len,
	    .tenant_bytes = (uint16_t)claims->tenant.len};
	if (claims->trace_id && claims->span_id) {
		memcpy(t.trace_id, claims->trace_id, sizeof t.trace_id);
		memcpy(t.span_id, claims->span_id, sizeof t.span_id);
	}
	size_t n = sizeof t;
	for (size_t i = 0; i < 3; i++) {
		if (texts[i].len > TICKET_TEXT_MAX)
			return error_set(err, ERR_LIMIT, "an identity of %zu bytes is too long", texts[i].len);
		if (texts[i].len)
			memcpy(bytes + n, texts[i].ptr, texts[i].len);
		n += texts[i].len;
	}
	memcpy(bytes, &t, sizeof t);
	ticket_code(bytes, n, key, t.code);
	memcpy(bytes, &t, sizeof t);
	*ret_length = n;
	return RESULT_OK;
}

result ticket_open(struct slice ticket, const uint8_t key[TICKET_KEY_BYTES], uint32_t function, int64_t now_ms,
    struct error *err, struct ticket_claims *ret)
{
	struct ticket t;
	uint8_t code[sizeof t.code];
	TRY(record_split(ticket, &t, sizeof t, err));
	if (ticket.len > TICKET_BYTES_MAX ||
	    (size_t)t.user_bytes + t.role_bytes + t.tenant_bytes != ticket.len - sizeof t)
		return error_set(err, ERR_DENIED, "the ticket is malformed");
	ticket_code(ticket.ptr, ticket.len, key, code);
	if (sodium_memcmp(code, t.code, sizeof code) != 0)
		return error_set(err, ERR_DENIED, "the ticket was not made by the gateway");
	if (t.function != function)
		return error_set(err, ERR_DENIED, "the ticket is for another function");
	if (t.expires_ms < now_ms)
		return error_set(err, ERR_TIMEOUT, "the request's time is over");
	const char *at = ticket.ptr + sizeof t;
	const uint8_t *const bytes = (const uint8_t *)ticket.ptr;
	*ret = (struct ticket_claims){t.request, t.expires_ms, t.function,
	    .trace_id = bytes + offsetof(struct ticket, trace_id),
	    .span_id = bytes + offsetof(struct ticket, span_id),
	    .user = t.user_bytes ? slice_of(at, t.user_bytes) : SLICE_NONE,
	    .role = t.role_bytes ? slice_of(at + t.user_bytes, t.role_bytes) : SLICE_NONE,
	    .tenant = t.tenant_bytes ? slice_of(at + t.user_bytes + t.role_bytes, t.tenant_bytes) : SLICE_NONE};
	return RESULT_OK;
}
