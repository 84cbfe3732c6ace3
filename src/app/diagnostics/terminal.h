/*
 * Text from files, guests and peers on its way to a terminal: whatever could move the cursor, change the
 * terminal or turn the direction of text becomes U+FFFD; tabs and line ends become spaces, so that a column
 * stays a column.
 */
#ifndef WARD_APP_TERMINAL_H
#define WARD_APP_TERMINAL_H

#include "base/buf.h"

void terminal_add(struct buf *out, struct slice text);
/* How many columns terminal_add() fills, one for each character. */
size_t terminal_columns(struct slice text);

#endif
