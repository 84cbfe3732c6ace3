/*
 * Which country an address is in, by a database in the MaxMind DB format (GeoLite2, DB-IP, IPinfo and others:
 * https://maxmind.github.io/MaxMind-DB/). The supervisor reads the file into sealed memory, so that one that
 * is replaced or cut short on disk cannot end those who look into it; a gateway opens that memory before it
 * is locked and looks things up in it afterwards. libmaxminddb does the reading.
 */
#ifndef WARD_PROC_COUNTRIES_H
#define WARD_PROC_COUNTRIES_H

#include "base/result.h"
#include "http/forwarded.h"

#define COUNTRIES_BYTES_MAX (512u << 20)

struct countries;

/* The bytes of a file, sealed. ERR_INVALID when it is no such database. Returns owned. */
result countries_read(const char *path, struct error *err, int *ret_fd);
/* Looks into such memory; the descriptor stays the caller's and may be closed. Returns owned. */
result countries_open(int fd, struct error *err, struct countries **ret);
void countries_free(struct countries *c);
/* Two upper-case letters; false when the database does not say. */
bool countries_find(const struct countries *c, const struct net_address *a, char ret[2]);

#endif
