/*
 * Where callers may come from. Looked up at each request of an app that asks for it, or while a ban by
 * country is in force, and never else. Addresses that are not of the public internet are in no country:
 * whoever runs ward put them there.
 */
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "app/manifest/countries.h"
#include "base/check.h"
#include "proc/countries.h"
#include "proc/address.h"
#include "proc/gateway/country.h"

struct country_rule {
	bool allow; /* those below may come; else they may not */
	bool listed[COUNTRY_NUMBERS];
};

result country_prepare(struct gateway *g, struct error *err)
{
	if (g->child->countries_fd < 0)
		return RESULT_OK;
	result r = countries_open(g->child->countries_fd, err, &g->countries);
	close(g->child->countries_fd);
	return r;
}

result country_of_app(struct gateway *g, struct gw_app *app, struct error *err)
{
	const struct manifest_countries *c = &app->contract.countries;
	const struct slice_list *list = c->allow.count ? &c->allow : &c->deny;
	if (!list->count)
		return RESULT_OK;
	if (!g->countries)
		return error_set(err, ERR_INVALID,
		    "the app says which countries callers may come from, and there is no database of them "
		    "(--countries FILE)");
	app->countries = arena_zalloc(&app->arena, sizeof *app->countries);
	if (!app->countries)
		return error_set(err, ERR_MEMORY, "no memory for countries");
	app->countries->allow = c->allow.count > 0;
	for (size_t i = 0; i < list->count; i++)
		app->countries->listed[country_number(list->items[i])] = true;
	return RESULT_OK;
}

static bool is_public(const struct net_address *a)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6};
	memcpy(&to.sin6_addr, a->bytes, sizeof a->bytes);
	return address_is_public((const struct sockaddr *)&to);
}

bool country_of(const struct conn *c, char ret[2])
{
	struct net_address a;
	return c->gateway->countries && net_address_parse(slice_cstr(c->address), &a) &&
	       countries_find(c->gateway->countries, &a, ret);
}

bool country_refuses(struct conn *c)
{
	const struct country_rule *rule = c->gateway->app->countries;
	struct net_address a;
	char code[2];
	if (!net_address_parse(slice_cstr(c->address), &a) || !is_public(&a))
		return false;
	const bool known = countries_find(c->gateway->countries, &a, code);
	const bool listed = known && rule->listed[country_number(slice_of(code, 2))];
	if (listed == rule->allow)
		return false;
	problem_simple(c, 403, "country", "This is not offered where you are", NULL);
	return true;
}
