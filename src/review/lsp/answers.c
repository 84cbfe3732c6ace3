/* What the language server says to the editor. Called by its methods. */
#include "review/lsp/answers.h"

#include <stdlib.h>

#include "review/lsp/frame.h"

void lsp_send(struct buf *out, struct buf *body)
{
	if (buf_ok(body))
		lsp_frame_put(out, buf_slice(body));
	buf_done(body);
}

static void put_id(struct buf *body, const json_t *id)
{
	char *text = id ? json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	buf_printf(body, "{\"jsonrpc\":\"2.0\",\"id\":%s,", text ? text : "null");
	free(text);
}

void lsp_answer(struct buf *out, const json_t *id, struct slice json)
{
	struct buf body = BUF_INIT(OUT_BYTES_MAX);
	put_id(&body, id);
	buf_printf(&body, "\"result\":");
	buf_add_slice(&body, json);
	buf_add_char(&body, '}');
	lsp_send(out, &body);
}

void lsp_refuse(struct buf *out, const json_t *id, int code, const char *why)
{
	struct buf body = BUF_INIT(64u << 10);
	put_id(&body, id);
	buf_printf(&body, "\"error\":{\"code\":%d,\"message\":\"", code);
	buf_add_json_escaped(&body, slice_cstr(why));
	buf_add_cstr(&body, "\"}}");
	lsp_send(out, &body);
}

void lsp_say(struct buf *out, const char *text)
{
	struct buf body = BUF_INIT(64u << 10);
	buf_add_cstr(&body, "{\"jsonrpc\":\"2.0\",\"method\":\"window/"
			    "logMessage\",\"params\":{\"type\":2,\"message\":\"ward: ");
	buf_add_json_escaped(&body, slice_cstr(text));
	buf_add_cstr(&body, "\"}}");
	lsp_send(out, &body);
}
