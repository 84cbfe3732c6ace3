/* Where a request comes from, as browsers say it: Fetch Metadata where it is sent, else Origin (RFC 6454). */
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "identity/endpoints.h"
#include "proc/gateway/gateway.h"

void origin_take(struct gateway *g, struct slice site)
{
	const struct slice origin = slice_cut(&site, '\n');
	if (origin.len >= sizeof g->origin) {
		LOG_ERROR("origin_too_long");
		return;
	}
	memcpy(g->origin, origin.ptr, origin.len);
	g->origin[origin.len] = '\0';
	g->origin_local = origin_is_local(origin);
}

/* "http://[::1]:8080": scheme and port, the name between them left out. */
static bool split(struct slice origin, struct slice *ret_scheme, struct slice *ret_port)
{
	const char *colon = origin.len ? memmem(origin.ptr, origin.len, "://", 3) : NULL;
	if (!colon)
		return false;
	*ret_scheme = slice_of(origin.ptr, (size_t)(colon - origin.ptr));
	struct slice rest = slice_of(colon + 3, origin.len - ret_scheme->len - 3);
	const char *end = slice_starts(rest, SLICE("[")) ? memchr(rest.ptr, ']', rest.len) : NULL;
	if (end)
		rest = slice_of(end, rest.len - (size_t)(end - rest.ptr));
	(void)slice_cut(&rest, ':');
	*ret_port = rest.ptr ? rest : SLICE("");
	return true;
}

bool origin_is_own(const struct gateway *g, struct slice origin)
{
	struct slice own_scheme, own_port, scheme, port;
	const struct slice own = slice_cstr(g->origin);
	/* Browsers write origins in lower case and without a default port: they are compared byte by byte. */
	if (own.len > 0 && slice_eq(origin, own))
		return true;
	/* An app on this machine is opened by any of the machine's names for itself; scheme and port are the
	 * same. */
	return g->origin_local && origin_is_local(origin) && split(own, &own_scheme, &own_port) &&
	       split(origin, &scheme, &port) && slice_eq(scheme, own_scheme) && slice_eq(port, own_port);
}

bool auth_same_site(const struct gateway *g, const struct http_head *h)
{
	if (h->method == HTTP_GET || h->method == HTTP_HEAD)
		return true;
	const struct slice site = h->known[HTTP_H_SEC_FETCH_SITE];
	if (site.ptr)
		return slice_eq(site, SLICE("same-origin")) || slice_eq(site, SLICE("none"));
	const struct slice origin = h->known[HTTP_H_ORIGIN];
	/* No browser: every one sends Origin with a request that is not GET. */
	return !origin.ptr || origin_is_own(g, origin);
}
