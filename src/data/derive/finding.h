/* Telling the author what is wrong in which file: the callback of derive.h with a place in a text instead of
 * numbers. */
#ifndef WARD_DATA_FINDING_H
#define WARD_DATA_FINDING_H

#include "base/arena.h"
#include "data/derive.h"

/* A text of the author's, by its path from the app's folder. */
struct sql_text {
	struct slice file;
	struct slice text;
};

struct finder {
	sql_finding_fn *fn; /* may be NULL: only counted */
	void *context;
	size_t count;
};

/* where: a slice of in->text; empty: to the end of the line. hint: "" for none. */
void finder_add(struct finder *finder, const struct sql_text *in, struct slice where, const char *code,
    const char *hint, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/*
 * The files of app_dir/folder that end in .sql, sorted by name, read whole, with file "folder/NAME". A
 * missing folder has none. ERR_LIMIT past SQL_FILES_MAX or SQL_FILE_BYTES_MAX.
 */
#define SQL_FILES_MAX 4096u
#define SQL_FILE_BYTES_MAX (4u << 20)
result sql_files_read(const char *app_dir, const char *folder, struct arena *arena, struct error *err,
    struct sql_text **ret_files, size_t *ret_count);

#endif
