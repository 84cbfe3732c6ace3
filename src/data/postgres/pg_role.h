/*
 * The role under which a function's queries run on PostgreSQL: it can log in and holds exactly the column
 * rights that the grants name, nothing through PUBLIC, no membership in anything. Its name is a hash of the
 * grants and the database, so functions of equal authority share one, and one that exists is never widened.
 *
 * The function's connections log in as this role, with a password that only ward can work out: there is no
 * stronger role behind the session that a statement could go back to with RESET ROLE.
 */
#ifndef WARD_DATA_PG_ROLE_H
#define WARD_DATA_PG_ROLE_H

#include "data/postgres/pg.h"
#include "data/query.h"
#include "data/remote.h"

#define PG_SECRET_BYTES SQL_SECRET_BYTES

struct pg_role {
	char name[PG_NAME_MAX];
	char password[PG_NAME_MAX + 1];
};

/* ward's secret of this database, from ward.secret; made at first use. The connection is the owner's. */
result pg_secret_read(PGconn *owner, struct error *err, unsigned char ret_secret[PG_SECRET_BYTES]);

/* The grants of all queries, sorted, no doubles, in the arena. */
result pg_role_gather(const struct sql_query *const *queries, size_t count, struct arena *arena,
    struct error *err, struct sql_grant **ret_grants, size_t *ret_count);

/* Its name and password, worked out without the server. Grants sorted; those with a via are not the role's.
 */
void pg_role_of(const char *database, const unsigned char secret[PG_SECRET_BYTES],
    const struct sql_grant *grants, size_t count, struct pg_role *ret);

/*
 * Makes the role what its grants say, in one transaction: what it has too much is taken away, what it lacks
 * is given, and what it can do in the end is read back from the server and compared. ERR_DENIED names the
 * first difference, which is something granted to PUBLIC.
 */
result pg_role_ensure(PGconn *owner, const struct pg_role *role, const struct sql_grant *grants, size_t count,
    struct error *err);

#endif
