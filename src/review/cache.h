/*
 * What a review found last time, so that unchanged files are not read again.
 *
 * One file a project under the user's cache directory. A unit is a directory of configuration or a file of
 * code; it is reused when the rules, and path, size, time and inode of all its files are what they were. Code
 * that calls or offers functions across files is reused only when no code at all has changed. The file is
 * ours, but it is read as a stranger's: anything odd makes it empty.
 */
#ifndef WARD_REVIEW_CACHE_H
#define WARD_REVIEW_CACHE_H

#include "base/buf.h"
#include "base/strmap.h"
#include "review/code/code_rules.h"
#include "review/rules.h"

enum cache_unit { CACHE_CONFIGURATION = 'c', CACHE_CODE = 'j' };

struct cache_record {
	struct slice findings; /* encoded */
	uint32_t count;
	uint64_t stamp;
	bool alone; /* code that neither calls nor offers anything across files */
	struct slice raw;
	const struct cache_record *next; /* the same unit's, of a second round */
};

struct review_cache {
	struct arena arena;
	char *bytes;
	struct strmap records; /* kind and name to struct cache_record * */
	uint64_t code_stamp;   /* of all code files together */
};

/* rules_hash names the rules; a cache of others is empty. A missing or broken file gives an empty cache. */
void cache_open(struct review_cache *c, const char *path, uint64_t rules_hash);
void cache_done(struct review_cache *c);

const struct cache_record *cache_find(const struct review_cache *c, enum cache_unit kind, struct slice name);
/* The record's findings onto the list. False when one names a rule that is gone: then nothing was added. */
bool cache_replay(const struct cache_record *r, const struct rules *rules, const struct code_rules *code,
    struct findings *findings);

/* Encodes findings [from, count) of one unit. */
void cache_write(struct buf *out, enum cache_unit kind, struct slice name, uint64_t stamp, bool alone,
    const struct findings *findings, size_t from);
/* Replaces the file at once; parts are what cache_write() and raw records gave. Failure changes nothing but
 * speed. */
void cache_save(
    const char *path, uint64_t rules_hash, uint64_t code_stamp, const struct buf *parts, size_t count);

/* The cache file of the project at root: under $XDG_CACHE_HOME or ~/.cache. False when there is no such
 * place. */
bool cache_path_of(const char *root, char *path, size_t size);

uint64_t cache_stamp(
    uint64_t before, struct slice path, uint64_t size_bytes, int64_t mtime_ns, uint64_t inode);

#endif
