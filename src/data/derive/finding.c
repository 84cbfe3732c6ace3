/* Findings with places, and the author's SQL files. Called while an app is built or migrated. */
#include "data/derive/finding.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/derive/scan.h"
#include "os/fd.h"

#define FINDING_TEXT_MAX 600

void finder_add(struct finder *finder, const struct sql_text *in, struct slice where, const char *code,
    const char *hint, const char *fmt, ...)
{
	char text[FINDING_TEXT_MAX];
	uint32_t line = 1;
	uint32_t column = 1;
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	finder->count++;
	if (where.ptr)
		sql_position(in->text, where.ptr, &line, &column);
	if (finder->fn)
		finder->fn(finder->context, in->file, line, column, (uint32_t)where.len, code, text,
		    hint ? hint : "");
}

static int by_file(const void *a, const void *b)
{
	const struct sql_text *x = a;
	const struct sql_text *y = b;
	return slice_cmp(x->file, y->file);
}

static result read_one(const char *app_dir, struct sql_text *file, struct arena *arena, struct error *err)
{
	struct slice text;
	const char *path = arena_printf(arena, "%s/%.*s", app_dir, SLICE_ARG(file->file));
	if (!path)
		return error_set(err, ERR_MEMORY, "no memory for %.*s", SLICE_ARG(file->file));
	TRY(file_read(path, SQL_FILE_BYTES_MAX, err, &text));
	file->text = arena_copy(arena, text);
	free((char *)(uintptr_t)text.ptr);
	return file->text.ptr ? RESULT_OK
			      : error_set(err, ERR_MEMORY, "no memory for %.*s", SLICE_ARG(file->file));
}

static result list(DIR *dir, const char *folder, struct arena *arena, struct error *err,
    struct sql_text *files, size_t *ret_count)
{
	struct dirent *entry;
	size_t count = 0;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' || !slice_ends(slice_cstr(entry->d_name), SLICE(".sql")))
			continue;
		if (count == SQL_FILES_MAX)
			return error_set(
			    err, ERR_LIMIT, "%s holds more than %u files", folder, SQL_FILES_MAX);
		files[count].file = slice_cstr(arena_printf(arena, "%s/%s", folder, entry->d_name));
		if (!files[count++].file.ptr)
			return error_set(err, ERR_MEMORY, "no memory for the names of files in %s", folder);
	}
	*ret_count = count;
	return RESULT_OK;
}

result sql_files_read(const char *app_dir, const char *folder, struct arena *arena, struct error *err,
    struct sql_text **ret_files, size_t *ret_count)
{
	char *path = arena_printf(arena, "%s/%s", app_dir, folder);
	struct sql_text *files = arena_array(arena, SQL_FILES_MAX, sizeof *files);
	size_t count = 0;
	if (!path || !files)
		return error_set(err, ERR_MEMORY, "no memory for %s", folder);
	DIR *dir = opendir(path);
	if (!dir && errno != ENOENT)
		return error_errno(err, "cannot read %s", path);
	if (dir) {
		result r = list(dir, folder, arena, err, files, &count);
		closedir(dir);
		TRY(r);
	}
	qsort(files, count, sizeof *files, by_file);
	for (size_t i = 0; i < count; i++)
		TRY(read_one(app_dir, &files[i], arena, err));
	*ret_files = files;
	*ret_count = count;
	return RESULT_OK;
}
