/*
 * ward.lock: what each function of an app may do, resolved to tables, columns, hosts and types, in text that
 *is stable, sorted and made to be read in a diff. `ward lock` writes it on consent, `ward check --frozen`
 *refuses any difference.
 *
 *	app shop
 *	  database sqlite
 *	function pay
 *	  auth user
 *	  host api.stripe.com:443; https; POST; /v1/charges; secret STRIPE_KEY as Authorization
 *	  input 5b2f0c1a9d3e { card: string(12..19); order: integer }
 *	  query GetOwnOrder
 *	query GetOwnOrder
 *	  read orders: customer, id, status
 *
 * A section is a line without indentation; what it grants follows, two spaces in, one grant a line, sorted.
 *The start of a line says what it is about (the "key": "limit cpu", "host api.stripe.com:443"), so that one
 *change is one line. "#" starts a comment line.
 */
#ifndef WARD_APP_LOCK_H
#define WARD_APP_LOCK_H

#include "app/app.h"

#define LOCK_FILE "ward.lock"
#define LOCK_BYTES_MAX (8u << 20)

struct lock_line {
	struct slice text; /* without the indentation */
	struct slice key;  /* the start of text that names the grant */
	uint32_t line;
};

struct lock_section {
	struct slice kind; /* "app", "function", "query" */
	struct slice name;
	uint32_t line;
	struct lock_line *lines; /* sorted by key */
	size_t count;
};

struct lock {
	struct lock_section *sections; /* sorted by kind and name */
	size_t count;
};

enum lock_direction { LOCK_GROWS, LOCK_CHANGES, LOCK_SHRINKS, LOCK_DIRECTION_COUNT };

struct lock_change {
	enum lock_direction direction;
	uint32_t line;	   /* in the granted lock: what is changed, or the section that it would stand in; 0:
			      nowhere */
	struct slice text; /* "pay now also reads users.email (GetOwnOrder)" */
};

struct lock_changes {
	struct lock_change *items; /* growth first, then by text */
	size_t count;
};

/* The lock of a contract. Ask buf_ok(). */
result lock_write(const struct app_contract *contract, struct buf *out, struct error *err);

/* Reads a lock; ERR_INVALID says at which line it is not as ward writes it. text is borrowed for as long as
 * the lock. */
result lock_parse(struct slice text, struct arena *arena, struct error *err, struct lock *ret);

/*
 * What `wanted` asks beyond or below `granted`: at least one change for every line that differs, in the words
 * of a reviewer. All in the arena.
 */
result lock_compare(const struct lock *granted, const struct lock *wanted, struct arena *arena,
    struct error *err, struct lock_changes *ret);

/* How strictly an app is held to its lock. */
enum lock_hold {
	LOCK_HOLD_NONE,
	LOCK_HOLD_DEPLOY, /* `ward serve`: more authority is an error, any other difference and a missing lock
			     are warnings */
	LOCK_HOLD_FROZEN, /* `ward check --frozen`: every difference and a missing lock are errors */
};

/* Differences between the app's contract and dir/ward.lock as findings at ward.lock:line. */
result lock_check(const char *dir, const struct app_contract *contract, enum lock_hold hold,
    struct diagnostics *diagnostics, struct error *err);

/* The changes grouped by direction, as `ward lock` shows them. */
void lock_changes_print(const struct lock_changes *changes, bool colour, struct buf *out);

const struct lock_section *lock_find(const struct lock *lock, struct slice kind, struct slice name);

#endif
