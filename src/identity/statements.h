/* The SQL of the identity store, all of it: the tables, and one row for each statement. */
#ifndef WARD_IDENTITY_STATEMENTS_H
#define WARD_IDENTITY_STATEMENTS_H

#include <stddef.h>

enum statement {
	ST_BEGIN,
	ST_COMMIT,
	ST_ROLLBACK,
	ST_META_GET,
	ST_META_SET,
	ST_USER_INSERT,
	ST_USER_BY_ROW,
	ST_USER_BY_ID,
	ST_USER_BY_EMAIL,
	ST_USER_LIST,
	ST_USER_COUNT,
	ST_USER_STATUS,
	ST_USER_ROLES,
	ST_USER_PASSWORD,
	ST_USER_UPGRADE,
	ST_USER_VERIFIED,
	ST_USER_DELETE,
	ST_USER_HASH,
	ST_TENANT_JOIN,
	ST_TENANT_LEAVE,
	ST_TENANT_ROLE,
	ST_TENANT_SESSIONS,
	ST_SESSION_INSERT,
	ST_SESSION_LOOKUP,
	ST_SESSION_TOUCH,
	ST_SESSION_ROTATE,
	ST_SESSION_DELETE,
	ST_SESSION_HASHES,
	ST_SESSION_LIST,
	ST_SESSION_COUNT,
	ST_SESSION_SWEEP,
	ST_PLACE_SEEN,
	ST_PLACE_KNOWN,
	ST_CHALLENGE_INSERT,
	ST_CHALLENGE_GET,
	ST_CHALLENGE_TRY,
	ST_CHALLENGE_DELETE,
	ST_CHALLENGE_SWEEP,
	STATEMENT_COUNT,
};

extern const char *const statement_sql[STATEMENT_COUNT];

/* Steps from an empty file to the present form: migrations[n] leads from user_version n to n + 1. */
extern const char *const migrations[];
extern const size_t migration_count;

#endif
