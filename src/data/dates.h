/* Dates between databases, which keep them as ISO 8601 text in UTC, and functions, which count milliseconds.
 */
#ifndef WARD_DATA_DATES_H
#define WARD_DATA_DATES_H

#include "base/slice.h"

#define DATE_TEXT_MAX 40u

/* "2026-01-02 03:04:05", with ".678" when there are milliseconds, as SQLite's CURRENT_TIMESTAMP. Years 0 to
 * 9999; else false. */
bool sql_date_format(double unix_ms, char text[DATE_TEXT_MAX]);
/* YYYY-MM-DD, then optionally T or a space, HH:MM[:SS[.fraction]], then optionally Z or an offset. */
bool sql_date_parse(struct slice text, double *ret_unix_ms);

#endif
