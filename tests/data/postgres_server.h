/*
 * A PostgreSQL server of the test's own: a fresh cluster in a temporary folder, on a Unix socket in it, with
 * passwords (scram-sha-256) for every role. Never the system's.
 */
#ifndef WARD_TESTS_POSTGRES_SERVER_H
#define WARD_TESTS_POSTGRES_SERVER_H

#include <stdbool.h>

struct postgres_server {
	char dir[64];
	char url[256];
};

/* False: PostgreSQL is not installed. Exits with 1 when it is and does not start. */
bool postgres_server_start(struct postgres_server *server);
void postgres_server_stop(struct postgres_server *server);

#endif
