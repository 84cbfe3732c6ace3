/* Framing of a language server's messages. Called by the server's loop; trusts nothing of the bytes. */
#include "review/lsp/frame.h"

struct header {
	bool has_length;
	size_t length;
};

static result take_length(struct slice value, struct error *err, struct header *h)
{
	uint64_t length;
	if (h->has_length)
		return error_set(err, ERR_INVALID, "Content-Length is given twice");
	if (value.len > 9 || !slice_to_u64(value, &length))
		return error_set(err, ERR_INVALID, "Content-Length is not a number");
	if (length > LSP_BODY_BYTES_MAX)
		return error_set(err, ERR_LIMIT, "a message of more than %u bytes", LSP_BODY_BYTES_MAX);
	h->has_length = true;
	h->length = (size_t)length;
	return RESULT_OK;
}

static bool is_name(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'))
			return false;
	}
	return s.len > 0;
}

static result take_field(struct slice line, struct error *err, struct header *h)
{
	struct slice value = line;
	struct slice name = slice_cut(&value, ':');
	if (!value.ptr || !is_name(name))
		return error_set(err, ERR_INVALID, "a header field without a name");
	return slice_eq_nocase(name, SLICE("Content-Length")) ? take_length(slice_trim(value), err, h)
							      : RESULT_OK;
}

result lsp_frame_next(struct slice in, struct error *err, struct slice *ret_body, size_t *ret_used)
{
	struct header h = {.has_length = false};
	size_t at = 0;
	*ret_used = 0;
	for (;;) {
		size_t room = (in.len < LSP_HEADER_BYTES_MAX ? in.len : LSP_HEADER_BYTES_MAX) - at;
		const char *end = room ? memchr(in.ptr + at, '\n', room) : NULL;
		if (!end && in.len >= LSP_HEADER_BYTES_MAX)
			return error_set(
			    err, ERR_LIMIT, "a header of more than %u bytes", LSP_HEADER_BYTES_MAX);
		if (!end)
			return RESULT_OK;
		size_t len = (size_t)(end - (in.ptr + at));
		if (len == 0 || end[-1] != '\r')
			return error_set(err, ERR_INVALID, "a header line that does not end in CR LF");
		struct slice line = slice_of(in.ptr + at, len - 1);
		at += len + 1;
		if (line.len == 0)
			break;
		TRY(take_field(line, err, &h));
	}
	if (!h.has_length)
		return error_set(err, ERR_INVALID, "a message without Content-Length");
	if (in.len - at < h.length)
		return RESULT_OK;
	*ret_body = slice_of(in.ptr + at, h.length);
	*ret_used = at + h.length;
	return RESULT_OK;
}

void lsp_frame_put(struct buf *out, struct slice body)
{
	buf_printf(out, "Content-Length: %zu\r\n\r\n", body.len);
	buf_add_slice(out, body);
}
