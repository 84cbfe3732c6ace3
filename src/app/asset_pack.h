/*
 * The files of public/ in one sealed memory file: the gateway serves them without a file system.
 *
 * Layout, integers little-endian: "WARDPACK", u32 count, then per file 8 x u32 (offset and length of path, content
 * type, etag, bytes, all from the start of the pack), then the texts and bytes.
 */
#ifndef WARD_APP_ASSET_PACK_H
#define WARD_APP_ASSET_PACK_H

#include "base/buf.h"
#include "base/result.h"

#define ASSET_PACK_BYTES_MAX (512u << 20)
#define ASSETS_MAX 10000u

struct asset_source {
	const char *dir;    /* NULL ends a list */
	const char *prefix; /* of the paths that its files get: "" or "/_ward/account" */
};

/*
 * Packs what lies below the given directories (a later one wins over an earlier one for the same path). Dot files, symbolic links and TypeScript sources are left out. A missing directory is empty.
 */
result asset_pack_build(const struct asset_source *sources, struct buf *out, struct error *err);

/* Both check every offset: ERR_INVALID for a pack that is not as built. */
result asset_pack_count(struct slice pack, struct error *err, size_t *ret_count);
result asset_pack_get(struct slice pack, size_t i, struct error *err, struct slice *ret_path, struct slice *ret_type,
    struct slice *ret_etag, struct slice *ret_bytes);

#endif
