/* Reading migrations and running one of them. Called when an app is built, and by migration_apply.c. */
#include "data/migration.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "data/derive/finding.h"
#include "data/sqlite/sqlite_open.h"

#define CHECKSUM_BYTES 32u

/* "0012_orders.sql": 12. */
static bool file_number(struct slice name, uint32_t *ret_number)
{
	size_t n = 0;
	uint64_t number;
	while (n < name.len && name.ptr[n] >= '0' && name.ptr[n] <= '9')
		n++;
	if (n == name.len || name.ptr[n] != '_' || !slice_to_u64(slice_of(name.ptr, n), &number) ||
	    number > UINT32_MAX)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

static int by_number(const void *a, const void *b)
{
	const struct migration *x = a;
	const struct migration *y = b;
	return (x->number > y->number) - (x->number < y->number);
}

static void checksum(struct slice text, char ret_hex[65])
{
	unsigned char hash[CHECKSUM_BYTES];
	(void)crypto_generichash(hash, sizeof hash, (const unsigned char *)text.ptr, text.len, NULL, 0);
	(void)sodium_bin2hex(ret_hex, 65, hash, sizeof hash);
}

result migrations_read(const char *app_dir, struct arena *arena, struct error *err, struct migrations *ret)
{
	struct sql_text *files;
	size_t count;
	if (sodium_init() < 0)
		return error_set(err, ERR_SYSTEM, "libsodium does not start");
	TRY(sql_files_read(app_dir, "migrations", arena, err, &files, &count));
	struct migration *items = arena_array(arena, count + 1, sizeof *items);
	if (!items)
		return error_set(err, ERR_MEMORY, "no memory for migrations");
	for (size_t i = 0; i < count; i++) {
		struct slice name = slice_of(
		    files[i].file.ptr + strlen("migrations/"), files[i].file.len - strlen("migrations/"));
		items[i] = (struct migration){.name = name, .text = files[i].text};
		if (!file_number(name, &items[i].number))
			return error_set(err, ERR_INVALID,
			    "migrations/%.*s: the name of a migration is like 0001_init.sql",
			    SLICE_ARG(name));
		checksum(items[i].text, items[i].checksum);
	}
	qsort(items, count, sizeof *items, by_number);
	for (size_t i = 1; i < count; i++)
		if (items[i].number == items[i - 1].number)
			return error_set(err, ERR_CONFLICT, "migrations/%.*s and %.*s have the same number",
			    SLICE_ARG(items[i - 1].name), SLICE_ARG(items[i].name));
	*ret = (struct migrations){items, count};
	return RESULT_OK;
}

static const struct migration *find(const struct migrations *all, uint32_t number)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].number == number)
			return &all->items[i];
	return NULL;
}

result migration_check_recorded(
    const struct migrations *all, uint32_t number, const char *name, const char *checksum, struct error *err)
{
	const struct migration *m = find(all, number);
	if (!m)
		return error_set(err, ERR_CONFLICT,
		    "migrations/%s was applied to this database and is missing; bring the file back", name);
	if (strcmp(m->checksum, checksum) != 0)
		return error_set(err, ERR_CONFLICT,
		    "migrations/%.*s changed after it was applied; undo the change and put it into a new "
		    "migration",
		    SLICE_ARG(m->name));
	return RESULT_OK;
}

result migration_late(const struct migration *migration, long long last, struct error *err)
{
	return error_set(err, ERR_CONFLICT,
	    "migrations/%.*s comes before %lld, which is applied; give it a higher number",
	    SLICE_ARG(migration->name), last);
}

static bool reserved(const char *name)
{
	return name && sqlite3_strnicmp(name, "ward_", 5) == 0;
}

/* What a migration may not do: leave its file, its transaction or ward's own tables. */
static int authorize(void *context, int action, const char *a, const char *b, const char *db, const char *via)
{
	(void)context;
	(void)via;
	switch (action) {
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
	case SQLITE_CREATE_TEMP_INDEX:
	case SQLITE_CREATE_TEMP_TABLE:
	case SQLITE_CREATE_TEMP_TRIGGER:
	case SQLITE_CREATE_TEMP_VIEW:
		return SQLITE_DENY;
	case SQLITE_PRAGMA:
		/* Full-text indexes ask it of themselves; it changes nothing. */
		return a && sqlite3_stricmp(a, "data_version") == 0 ? SQLITE_OK : SQLITE_DENY;
	case SQLITE_CREATE_TABLE:
	case SQLITE_DROP_TABLE:
	case SQLITE_CREATE_VIEW:
	case SQLITE_INSERT:
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
	case SQLITE_READ:
		return reserved(a) ? SQLITE_DENY : SQLITE_OK;
	case SQLITE_ALTER_TABLE:
		return reserved(b) ? SQLITE_DENY : SQLITE_OK;
	case SQLITE_CREATE_VTABLE:
		return reserved(a) || (sqlite3_stricmp(b, "fts5") != 0 && sqlite3_stricmp(b, "rtree") != 0)
			   ? SQLITE_DENY
			   : SQLITE_OK;
	case SQLITE_FUNCTION:
		/* sqlite_rename_... are what ALTER TABLE is made of. */
		return sqlite_function_allowed(slice_cstr(b)) || (b && strncmp(b, "sqlite_", 7) == 0)
			   ? SQLITE_OK
			   : SQLITE_DENY;
	default:
		(void)db;
		return SQLITE_OK;
	}
}

static result fail(
    sqlite3 *db, const struct migration *m, const char *at, struct migration_fault *fault, struct error *err)
{
	int offset = sqlite3_error_offset(db);
	struct slice where = slice_of(at, 0);
	bool denied = sqlite3_errcode(db) == SQLITE_AUTH;
	const char *why = denied
			      ? "a migration may not do this (ATTACH, PRAGMA, BEGIN, TEMP, ward_... tables)"
			      : sqlite3_errmsg(db);
	if (offset >= 0)
		where.ptr += offset;
	if (fault) {
		fault->migration = m;
		fault->where = where;
		(void)snprintf(fault->text, sizeof fault->text, "%s", why);
	}
	return error_set(
	    err, sqlite_err_code(sqlite3_errcode(db)), "migrations/%.*s: %s", SLICE_ARG(m->name), why);
}

static result run_statements(
    sqlite3 *db, const struct migration *m, struct migration_fault *fault, struct error *err)
{
	const char *at = m->text.ptr;
	const char *end = m->text.ptr + m->text.len;
	while (at < end) {
		sqlite3_stmt *statement = NULL;
		const char *tail = end;
		int rc = sqlite3_prepare_v3(db, at, (int)(end - at), 0, &statement, &tail);
		while (rc == SQLITE_OK && statement) {
			int step = sqlite3_step(statement);
			if (step == SQLITE_ROW)
				continue;
			rc = step == SQLITE_DONE ? SQLITE_DONE : step;
		}
		result r = rc == SQLITE_OK || rc == SQLITE_DONE ? RESULT_OK : fail(db, m, at, fault, err);
		(void)sqlite3_finalize(statement);
		TRY(r);
		at = tail;
	}
	return RESULT_OK;
}

result migration_execute(
    sqlite3 *db, const struct migration *m, struct migration_fault *fault, struct error *err)
{
	(void)sqlite3_set_authorizer(db, authorize, NULL);
	result r = memchr(m->text.ptr, 0, m->text.len)
		       ? error_set(err, ERR_INVALID, "migrations/%.*s holds a NUL byte", SLICE_ARG(m->name))
		       : run_statements(db, m, fault, err);
	(void)sqlite3_set_authorizer(db, NULL, NULL);
	return r;
}
