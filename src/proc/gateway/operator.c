/*
 * Who may use the operators' interface (docs/dashboard-api.md). One function decides, called before anything else is done with
 * such a request. `ward dev` on a loopback address serves whoever asks by a loopback name, so that a page of another
 * site cannot come in by a name of its own that leads here; `ward serve` asks for an operator's session, and
 * as long as there is none refuses.
 */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/check.h"
#include "proc/gateway/operator.h"

/* "localhost:8080", "127.0.0.1", "[::1]:8080" */
static bool loopback_name(struct slice host)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const size_t n = strlen(names[i]);
		if (host.len < n || !slice_eq_nocase(slice_of(host.ptr, n), slice_cstr(names[i])))
			continue;
		if (host.len == n || host.ptr[n] == ':')
			return true;
	}
	return false;
}

void operator_prepare(struct gateway *g)
{
	struct sockaddr_storage at = {0};
	socklen_t n = sizeof at;
	if (getsockname(g->listener.fd, (struct sockaddr *)&at, &n) < 0)
		return;
	const struct in6_addr *six = &((const struct sockaddr_in6 *)&at)->sin6_addr;
	if (at.ss_family == AF_INET)
		g->loopback = ntohl(((const struct sockaddr_in *)&at)->sin_addr.s_addr) >> 24 == 127;
	else
		g->loopback = at.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(six);
}

/* Browsers say from where a request comes; a page of another origin has nothing to do here, not even to look. */
static bool from_own_page(const struct http_head *h)
{
	const struct slice site = h->known[HTTP_H_SEC_FETCH_SITE];
	const bool safe = h->method == HTTP_GET || h->method == HTTP_HEAD;
	if (site.ptr && !slice_eq(site, SLICE("same-origin")) && !(safe && slice_eq(site, SLICE("none"))))
		return false;
	return auth_same_site(h);
}

bool operator_allows(const struct conn *c, const struct http_head *h, const char **ret_name)
{
	if (!from_own_page(h))
		return false;
	if (!dev_mode(c->gateway) || !c->gateway->loopback || !loopback_name(h->known[HTTP_H_HOST]))
		return false;
	*ret_name = "operator";
	return true;
}
