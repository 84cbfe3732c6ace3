/* Edits into files. Called by `ward check --fix` after a review; the files are the project's own. */
#include "review/fix.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "review/output.h"

static int by_start(const void *a, const void *b)
{
	uint32_t x = (*(struct finding *const *)a)->edit.start_byte;
	uint32_t y = (*(struct finding *const *)b)->edit.start_byte;
	return x < y ? -1 : x > y;
}

static result write_file(
    const struct file_set *set, struct slice path, const struct buf *text, struct error *err)
{
	char temporary[4200];
	char target[4097];
	(void)snprintf(target, sizeof target, "%.*s", SLICE_ARG(path));
	(void)snprintf(temporary, sizeof temporary, "%s.ward-fix", target);
	struct stat st;
	if (fstatat(set->root_fd, target, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return error_errno(err, "cannot read %s", target);
	int fd = openat(
	    set->root_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, st.st_mode & 0777);
	if (fd < 0)
		return error_errno(err, "cannot write %s", temporary);
	size_t at = 0;
	while (at < text->len) {
		ssize_t n = write(fd, text->ptr + at, text->len - at);
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	bool ok =
	    close(fd) == 0 && at == text->len && renameat(set->root_fd, temporary, set->root_fd, target) == 0;
	if (ok)
		return RESULT_OK;
	result r = error_errno(err, "cannot write %s", target);
	(void)unlinkat(set->root_fd, temporary, 0);
	return r;
}

static result fix_file(struct review *review, struct finding **edits, size_t count, struct error *err)
{
	struct slice path = edits[0]->file;
	const struct file_entry *entry = file_set_find(&review->files, path);
	if (!entry)
		return error_set(err, ERR_INTERNAL, "a finding is in a file that was not read");
	struct slice bytes;
	TRY(file_set_read(&review->files, entry, err, &bytes));
	qsort(edits, count, sizeof(struct finding *), by_start);
	struct buf out = BUF_INIT((size_t)FILE_BYTES_MAX * 2);
	size_t at = 0;
	for (size_t i = 0; i < count; i++) {
		const struct finding_edit *e = &edits[i]->edit;
		if (e->start_byte < at || e->end_byte > bytes.len)
			continue;
		buf_add(&out, bytes.ptr + at, e->start_byte - at);
		buf_add_slice(&out, e->text);
		at = e->end_byte;
		edits[i]->suppressed = true;
		edits[i]->suppressed_why = SLICE("fixed");
	}
	buf_add(&out, bytes.ptr + at, bytes.len - at);
	result r = buf_ok(&out) ? write_file(&review->files, path, &out, err)
				: error_set(err, ERR_MEMORY, "no memory");
	buf_done(&out);
	file_bytes_free(bytes);
	return r;
}

result fix_apply(struct review *review, enum severity least, struct error *err)
{
	struct findings *list = &review->findings;
	struct finding **edits = calloc(list->count + 1, sizeof(struct finding *));
	if (!edits)
		return error_set(err, ERR_MEMORY, "no memory");
	result r = RESULT_OK;
	for (size_t i = 0; i < list->count && is_ok(r);) {
		size_t count = 0;
		struct slice file = list->items[i].file;
		for (; i < list->count && slice_eq(list->items[i].file, file); i++)
			if (list->items[i].edit.present && output_counts(&list->items[i], least))
				edits[count++] = &list->items[i];
		if (count)
			r = fix_file(review, edits, count, err);
	}
	free(edits);
	return r;
}
