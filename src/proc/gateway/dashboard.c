/*
 * The operators' page at /_ward/: files that the program carries (dashboard/), under the strictest policy
 * that they can live with. What they show comes from /_ward/api/ and is guarded there; the files themselves
 * are the same for everybody.
 */
#include "base/check.h"
#include "proc/gateway/gateway.h"

#include "dashboard_files.h" /* made by dashboard/build.mjs */

static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

static const struct slice root = SLICE("/_ward/");

static void serve(struct conn *c, const struct http_head *h, size_t i)
{
	CLEANUP_BUF struct buf extra = BUF_INIT(512);
	const struct slice etag = slice_cstr(dashboard_files[i].etag);
	const struct slice known = h->known[HTTP_H_IF_NONE_MATCH];
	const bool fresh = known.ptr && http_list_has(known, etag);
	buf_printf(&extra, "Cache-Control: %s\r\nETag: %.*s\r\n",
	    dashboard_files[i].immutable ? "public, max-age=31536000, immutable" : "no-cache",
	    SLICE_ARG(etag));
	const struct http_response r = {.status = fresh ? 304 : 200,
	    .content_type = fresh ? SLICE_NONE : slice_cstr(dashboard_files[i].type),
	    .keep_alive = c->keep_alive,
	    .extra = buf_slice(&extra),
	    .page = true,
	    .csp = slice_of(policy, sizeof policy - 1)};
	conn_respond(c, &r,
	    fresh ? SLICE_NONE : slice_of((const char *)dashboard_files[i].bytes, dashboard_files[i].count));
}

static void redirect_to_root(struct conn *c)
{
	const struct http_response r = {.status = 308,
	    .keep_alive = c->keep_alive,
	    .extra = SLICE("Location: /_ward/\r\nCache-Control: no-cache\r\n")};
	conn_respond(c, &r, SLICE_NONE);
}

/* The page of "/_ward/functions/pay" is "functions"; the script finds out what stands behind it. */
static bool is_page(struct slice path)
{
	struct slice rest = slice_of(path.ptr + root.len, path.len - root.len);
	const struct slice first = slice_cut(&rest, '/');
	for (size_t i = 0; i < ARRAY_LEN(dashboard_pages); i++)
		if (slice_eq_cstr(first, dashboard_pages[i]))
			return true;
	return false;
}

bool dashboard_serve(struct conn *c, const struct http_head *h)
{
	if (slice_eq(h->path, SLICE("/_ward"))) {
		redirect_to_root(c);
		return true;
	}
	if (!slice_starts(h->path, root))
		return false;
	const struct slice path = is_page(h->path) ? root : h->path;
	for (size_t i = 0; i < ARRAY_LEN(dashboard_files); i++)
		if (slice_eq_cstr(path, dashboard_files[i].path)) {
			serve(c, h, i);
			return true;
		}
	return false;
}
