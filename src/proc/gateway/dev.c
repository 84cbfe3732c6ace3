/* What only `ward dev` serves: the state of the last build, and the script that shows it on every page. */
#include <sys/mman.h>

#include "os/fd.h"
#include "proc/gateway/gateway.h"

#include "dev_script.h" /* made from dev.js */

static const char script_tag[] = "<script src=\"/_ward/dev.js\" defer></script>\n";

bool dev_mode(const struct gateway *g)
{
	return (g->child->flags & SETUP_DEV) != 0;
}

void dev_take_findings(struct gateway *g, int fd)
{
	struct slice text;
	if (!is_ok(fd_map_sealed(fd, NULL, &text)))
		return;
	if (g->findings.len)
		munmap((void *)(uintptr_t)g->findings.ptr, g->findings.len);
	g->findings = text;
}

static void respond(struct conn *c, struct slice type, struct slice body)
{
	const struct http_response r = {
	    .status = 200, .content_type = type, .keep_alive = c->keep_alive, .extra = SLICE("Cache-Control: no-store\r\n")};
	conn_respond(c, &r, body);
}

bool dev_serve(struct conn *c, struct slice path)
{
	struct gateway *g = c->gateway;
	if (slice_eq(path, SLICE("/_ward/dev.js"))) {
		respond(c, SLICE("text/javascript; charset=utf-8"), slice_of(dev_script, dev_script_bytes));
		return true;
	}
	if (!slice_eq(path, SLICE("/_ward/dev/status")))
		return false;
	buf_clear(&g->json);
	buf_printf(&g->json, "{\"generation\":%u,\"findings\":", g->app->generation);
	buf_add_slice(&g->json, g->findings.len ? g->findings : SLICE("[]"));
	buf_add_char(&g->json, '}');
	respond(c, SLICE("application/json"), buf_slice(&g->json));
	return true;
}

bool dev_page(struct conn *c, struct slice html, struct slice *ret)
{
	struct gateway *g = c->gateway;
	buf_clear(&g->json);
	buf_add_slice(&g->json, html);
	buf_add(&g->json, script_tag, sizeof script_tag - 1);
	*ret = buf_slice(&g->json);
	return buf_ok(&g->json);
}
