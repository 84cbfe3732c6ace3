/* Where callers may come from: `countries` of ward.yaml, and bans by country (guard.c). */
#ifndef WARD_PROC_GATEWAY_COUNTRY_H
#define WARD_PROC_GATEWAY_COUNTRY_H

#include "proc/gateway/gateway.h"

/* Opens the database, before the process is locked: the library wants a path. */
result country_prepare(struct gateway *g, struct error *err);
result country_of_app(struct gateway *g, struct gw_app *app, struct error *err);
/* The country of whom the request at hand is from: two upper-case letters; false when there is no telling. */
bool country_of(const struct conn *c, char ret[2]);
/* Whether callers from there may have nothing of the app; the answer has been written. */
bool country_refuses(struct conn *c);

#endif
