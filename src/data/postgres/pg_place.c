/* Where a server is and how it is spoken to, from its URL. The URL is the operator's; what it leaves open is
 * decided here, on the strict side. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "data/postgres/pg.h"
#include "data/remote.h"

#define ROOTS_STANDARD "/etc/ssl/certs/ca-certificates.crt"
#define SOCKETS_STANDARD "/var/run/postgresql"
#define PORT_STANDARD "5432"

static const char *option(const PQconninfoOption *all, const char *keyword)
{
	for (const PQconninfoOption *o = all; o->keyword; o++)
		if (strcmp(o->keyword, keyword) == 0 && o->val && o->val[0])
			return o->val;
	return NULL;
}

static bool is_loopback(const char *host)
{
	struct in_addr four;
	struct in6_addr six;
	if (strcmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* sslmode of a server on another machine: libpq's own standard would take a stranger for it. */
static result decide_tls(const PQconninfoOption *all, const char *reached, bool any_tls, struct error *err,
    struct sql_place *place)
{
	const char *said = option(all, "sslmode");
	const char *roots = option(all, "sslrootcert");
	if (place->host[0] == '/') {
		(void)snprintf(place->tls, sizeof place->tls, "disable");
		return RESULT_OK;
	}
	bool here = is_loopback(reached);
	if (!here && said && strcmp(said, "verify-full") != 0 && !any_tls)
		return error_set(err, ERR_DENIED,
		    "the database is on another machine and its URL says sslmode=%s: whoever is in between "
		    "could read and change everything. Leave sslmode out (its certificate is verified then), "
		    "or "
		    "write `unverified: true` beside the url in ward.yaml",
		    said);
	(void)snprintf(place->tls, sizeof place->tls, "%s", said ? said : here ? "prefer" : "verify-full");
	if (strncmp(place->tls, "verify", 6) == 0 || roots)
		(void)snprintf(place->roots, sizeof place->roots, "%s", roots ? roots : ROOTS_STANDARD);
	return RESULT_OK;
}

static result read_options(
    const PQconninfoOption *all, bool any_tls, struct error *err, struct sql_place *ret)
{
	const char *host = option(all, "host");
	const char *address = option(all, "hostaddr");
	const char *port = option(all, "port");
	const char *database = option(all, "dbname");
	const char *user = option(all, "user");
	const char *reached = address ? address : host ? host : SOCKETS_STANDARD;
	if (!user)
		return error_set(err, ERR_INVALID, "the database's URL names no user");
	if (strchr(reached, ',') || (port && strchr(port, ',')))
		return error_set(err, ERR_INVALID, "the database's URL names more than one host");
	if (reached[0] == '@' || strlen(reached) >= sizeof ret->host - 20 ||
	    (port && strlen(port) >= sizeof ret->port) ||
	    strlen(database ? database : user) >= sizeof ret->database)
		return error_set(
		    err, ERR_INVALID, "a part of the database's URL is too long, or its host no host");
	(void)snprintf(ret->port, sizeof ret->port, "%s", port ? port : PORT_STANDARD);
	(void)snprintf(ret->database, sizeof ret->database, "%s", database ? database : user);
	if (reached[0] == '/')
		(void)snprintf(ret->host, sizeof ret->host, "%.230s/.s.PGSQL.%s", reached, ret->port);
	else
		(void)snprintf(ret->host, sizeof ret->host, "%s", host ? host : address);
	return decide_tls(all, reached, any_tls, err, ret);
}

result sql_place_read(const char *url, bool any_tls, struct error *err, struct sql_place *ret)
{
	char *why = NULL;
	struct sql_place place = {0};
	PQconninfoOption *all = pg_is_url(url) ? PQconninfoParse(url, &why) : NULL;
	if (!all) {
		/* The URL holds a password, and libpq may repeat it. */
		PQfreemem(why);
		return error_set(err, ERR_INVALID,
		    "the database's URL cannot be read; it is like postgres://user@host/name");
	}
	result r = read_options(all, any_tls, err, &place);
	PQconninfoFree(all);
	if (is_ok(r))
		*ret = place;
	return r;
}
