/*
 * Callers behind proxies. A connection from an address that is trusted carries requests of many, and each says in a header
 * whom it is from; from any other address that header is what a client made up, and is not looked at.
 */
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>

#include "base/check.h"
#include "proc/gateway/gateway.h"

static result add_range(struct net_range *ranges, size_t *count, struct slice text, struct error *err)
{
	if (*count == NET_RANGES_MAX || !net_range_parse(text, &ranges[*count]))
		return error_set(err, ERR_INVALID, "%.*s is no range of proxies, or there are too many", SLICE_ARG(text));
	(*count)++;
	return RESULT_OK;
}

result proxy_prepare(struct gateway *g, struct slice list, struct error *err)
{
	while (list.ptr) {
		const struct slice text = slice_trim(slice_cut(&list, ','));
		if (text.len)
			TRY(add_range(g->proxies, &g->proxy_count, text, err));
	}
	return RESULT_OK;
}

result proxy_of_app(struct gw_app *app, struct error *err)
{
	const struct slice_list *list = &app->contract.trusted_proxies;
	for (size_t i = 0; i < list->count; i++)
		TRY(add_range(app->proxies, &app->proxy_count, list->items[i], err));
	return RESULT_OK;
}

struct net_address proxy_address(const struct sockaddr_storage *from)
{
	struct net_address a = {{[10] = 0xff, [11] = 0xff}};
	if (from->ss_family == AF_INET6)
		memcpy(a.bytes, &((const struct sockaddr_in6 *)from)->sin6_addr, sizeof a.bytes);
	else
		memcpy(a.bytes + 12, &((const struct sockaddr_in *)from)->sin_addr, 4);
	return a;
}

bool proxy_trusted(const struct gateway *g, const struct net_address *a)
{
	return net_ranges_have(g->proxies, g->proxy_count, a) ||
	       (g->app && net_ranges_have(g->app->proxies, g->app->proxy_count, a));
}

/* The ranges of the command line and of the app are one list; it is short, and made for connections from proxies alone. */
static struct net_address client_of(const struct gateway *g, const struct conn *c, const struct http_head *h)
{
	UNINITIALISED struct net_range all[2 * NET_RANGES_MAX];
	const size_t own = g->app ? g->app->proxy_count : 0;
	memcpy(all, g->proxies, g->proxy_count * sizeof *all);
	if (own)
		memcpy(all + g->proxy_count, g->app->proxies, own * sizeof *all);
	const enum forwarded_header header = g->app ? g->app->contract.proxy_header : FORWARDED_X_FORWARDED_FOR;
	return forwarded_client(h->lines, header, all, g->proxy_count + own, &c->peer);
}

void proxy_caller(struct conn *c, const struct http_head *h)
{
	const struct gateway *g = c->gateway;
	if (!proxy_trusted(g, &c->peer))
		return;
	const struct net_address client = client_of(g, c, h);
	net_address_text(&client, c->address);
	c->place = place_of_address(g, &client);
}
