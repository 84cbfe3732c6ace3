/*
 * From positions in a bundle back to the author's files (ECMA-426, source map format, revision 3). The map is what
 * esbuild wrote when the app was built; a damaged one maps nothing. Used for stacks in the log.
 */
#ifndef WARD_APP_SOURCEMAP_H
#define WARD_APP_SOURCEMAP_H

#include "base/buf.h"
#include "base/result.h"

struct sourcemap;

/* Decodes the whole map: text is JSON, borrowed for the call. ERR_INVALID says what is wrong with it. */
result sourcemap_parse(struct slice text, struct error *err, struct sourcemap **ret);
/* NULL is fine. */
void sourcemap_free(struct sourcemap *map);

struct source_position {
	struct slice file; /* as the map names it, without leading "../"; lives as long as the map */
	uint32_t line;	   /* from 1 */
	uint32_t column;   /* from 1 */
};

/* The source of a position in the bundle (line and column from 1). False when the map has none. */
bool sourcemap_find(const struct sourcemap *map, uint32_t line, uint32_t column, struct source_position *ret);

/*
 * Copies text to out with every "NAME:LINE:COLUMN" whose NAME is `bundle` replaced by its source position; frames
 * that the map does not know stay as they are. map NULL: copied unchanged.
 */
void sourcemap_apply(const struct sourcemap *map, struct slice bundle, struct slice text, struct buf *out);

#endif
