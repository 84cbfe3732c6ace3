/*
 * The files of a project that a review reads: a bounded walk that obeys .gitignore, and their bytes.
 *
 * The walk never follows symbolic links, never leaves the root, skips .git, node_modules and .ward, and stops
 * at caps on depth, count and total size that hold for any tree. A file past file_bytes_max is listed with
 * `too_large` set, so that a scanner can say what it did not read; its bytes are never loaded. Paths are
 * relative to the root, '/' between parts, sorted.
 */
#ifndef WARD_REVIEW_FILE_SET_H
#define WARD_REVIEW_FILE_SET_H

#include "base/arena.h"
#include "base/result.h"

/* Text that stands for a file's content on the disk: what an editor holds and has not saved. */
struct file_overlay {
	struct slice path; /* relative to the root */
	struct slice bytes;
};

struct file_set_options {
	bool ignore_gitignore; /* read files that git would not track as well */
	size_t file_bytes_max; /* 0: FILE_BYTES_MAX */
	size_t files_max;      /* 0: FILES_MAX */
	const struct file_overlay
	    *overlays; /* borrowed for as long as the set is read; for files that the walk finds */
	size_t overlay_count;
};

#define FILE_BYTES_MAX (24u << 20)
#define FILES_MAX 500000u
#define TREE_DEPTH_MAX 64u

struct file_entry {
	struct slice path; /* relative, NUL-terminated after its end */
	uint64_t size_bytes;
	int64_t mtime_ns;
	uint64_t inode;
	bool too_large;
	const struct file_overlay *overlay; /* read instead; size, time and inode are then of its bytes */
};

struct file_set {
	struct arena arena;
	int root_fd; /* the root directory, or of a single file its directory */
	struct file_entry *files;
	size_t count;
	size_t size;
	bool truncated; /* a cap ended the walk */
};

/* root: a directory, or one file (then the set holds just it). Free with file_set_done() after success only.
 */
result file_set_open(
    const char *root, const struct file_set_options *options, struct error *err, struct file_set *ret_set);
void file_set_done(struct file_set *set);

/* The entry of a path, or NULL. */
struct file_entry *file_set_find(const struct file_set *set, struct slice path);

/*
 * The bytes of one file, into memory from malloc that file_bytes_free() gives back; NUL-terminated after its
 * end. Safe to call from several threads. ERR_LIMIT when it is larger than the cap, also when it has grown
 * since the walk.
 */
result file_set_read(
    const struct file_set *set, const struct file_entry *file, struct error *err, struct slice *ret_bytes);
void file_bytes_free(struct slice bytes);

/* A NUL in the first 8 KiB, as git decides it. */
bool file_looks_binary(struct slice bytes);

/* Last part of a path, and its extension without the dot (empty when there is none). */
struct slice path_base(struct slice path);
struct slice path_extension(struct slice path);

/* Calls fn for every *.yaml below dir, in order of path, which is the form of a directory of rules; bytes
 * live until it returns. */
result file_set_each_yaml(const char *dir,
    result (*fn)(void *arg, struct slice path, struct slice bytes, struct error *err), void *arg,
    struct error *err);

#endif
