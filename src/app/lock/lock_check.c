/* `ward check --frozen`: the app against its committed ward.lock. */
#include "app/lock/lock.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "os/fd.h"

struct holding {
	enum lock_hold hold;
	struct diagnostics *diagnostics;
};

static void tell(const struct holding *h, bool grows, uint32_t line, const char *code, const char *hint,
    struct slice message)
{
	const struct diagnostic item = {.file = SLICE(LOCK_FILE),
	    .line = line,
	    .severity = grows || h->hold == LOCK_HOLD_FROZEN ? DIAGNOSTIC_ERROR : DIAGNOSTIC_WARNING,
	    .code = slice_cstr(code),
	    .message = message,
	    .hint = slice_cstr(hint)};
	diagnostics_add(h->diagnostics, &item);
}

static const char *const codes[LOCK_DIRECTION_COUNT] = {
    [LOCK_GROWS] = "lock-grows", [LOCK_CHANGES] = "lock-changes", [LOCK_SHRINKS] = "lock-shrinks"};

static result compare(
    const struct holding *h, struct slice kept, const struct app_contract *contract, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(64u << 20);
	CLEANUP_BUF struct buf text = BUF_INIT(LOCK_BYTES_MAX);
	struct lock granted, wanted;
	struct lock_changes changes;
	struct error wrong = {0};
	if (!is_ok(lock_parse(kept, &arena, &wrong, &granted))) {
		/* What cannot be read grants nothing. */
		tell(h, true, 0, "lock-unreadable", "write it anew with `ward lock`", slice_cstr(wrong.text));
		return RESULT_OK;
	}
	TRY(lock_write(contract, &text, err));
	TRY(lock_parse(buf_slice(&text), &arena, err, &wanted));
	TRY(lock_compare(&granted, &wanted, &arena, err, &changes));
	for (size_t i = 0; i < changes.count; i++)
		tell(h, changes.items[i].direction == LOCK_GROWS, changes.items[i].line,
		    codes[changes.items[i].direction], "if that is meant: `ward lock`, and commit " LOCK_FILE,
		    changes.items[i].text);
	return RESULT_OK;
}

result lock_check(const char *dir, const struct app_contract *contract, enum lock_hold hold,
    struct diagnostics *diagnostics, struct error *err)
{
	const struct holding h = {hold, diagnostics};
	char path[PATH_MAX];
	struct slice kept;
	int n = snprintf(path, sizeof path, "%s/" LOCK_FILE, dir);
	if (hold == LOCK_HOLD_NONE)
		return RESULT_OK;
	if (n < 0 || (size_t)n >= sizeof path || !is_ok(file_read(path, LOCK_BYTES_MAX, NULL, &kept))) {
		tell(&h, false, 0, "lock-missing", "write it with `ward lock`, and commit it",
		    SLICE("there is no " LOCK_FILE " to hold the app to"));
		return RESULT_OK;
	}
	result r = compare(&h, kept, contract, err);
	free((char *)(uintptr_t)kept.ptr);
	return r;
}
