/*
 * The bounded walk over a project and the reading of its files. Called by review_run() and by scanners of
 * their own; trusts neither names, sizes nor contents: links are not followed, every open is relative to the
 * root's descriptor.
 */
#include "review/file_set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "review/finding.h"
#include "review/ignore.h"

#define WALK_ARENA_MAX ((size_t)256 << 20)
#define PATH_BYTES_MAX 4096u
#define BINARY_SNIFF_BYTES 8192u

struct walk {
	struct file_set *set;
	const struct file_set_options *options;
	size_t files_max;
	char path[PATH_BYTES_MAX];
};

static const char *const never_entered[] = {".git", "node_modules", ".ward", ".terraform", NULL};

static bool skipped_dir(const char *name)
{
	for (const char *const *n = never_entered; *n; n++)
		if (strcmp(name, *n) == 0)
			return true;
	return false;
}

static size_t file_max(const struct file_set_options *options)
{
	return options && options->file_bytes_max ? options->file_bytes_max : FILE_BYTES_MAX;
}

static result add_file(
    struct file_set *set, struct slice path, const struct stat *st, size_t bytes_max, struct error *err)
{
	if (set->count == set->size) {
		size_t size = set->size ? set->size * 2 : 256;
		struct file_entry *files = reallocarray(set->files, size, sizeof *files);
		if (!files)
			return error_set(err, ERR_MEMORY, "no memory for the list of files");
		set->files = files;
		set->size = size;
	}
	struct slice copy = arena_copy(&set->arena, path);
	if (!copy.ptr)
		return error_set(err, ERR_LIMIT, "the names of this project's files need too much memory");
	set->files[set->count++] = (struct file_entry){
	    .path = copy,
	    .size_bytes = (uint64_t)st->st_size,
	    .mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
	    .inode = st->st_ino,
	    .too_large = (uint64_t)st->st_size > bytes_max,
	};
	return RESULT_OK;
}

static result read_all(int fd, size_t bytes_max, const char *path, struct error *err, struct slice *ret_bytes)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return error_errno(err, "cannot read %s", path);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > bytes_max)
		return error_set(err, ERR_LIMIT, "%s is not a file of at most %zu bytes", path, bytes_max);
	size_t size = (size_t)st.st_size;
	char *bytes = malloc(size + 1);
	if (!bytes)
		return error_set(err, ERR_MEMORY, "no memory for %s", path);
	size_t len = 0;
	while (len < size) {
		ssize_t n = read(fd, bytes + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			free(bytes);
			return error_errno(err, "cannot read %s", path);
		}
		if (n == 0)
			break;
		len += (size_t)n;
	}
	bytes[len] = '\0';
	*ret_bytes = slice_of(bytes, len);
	return RESULT_OK;
}

/* The list of a directory's .gitignore below `parent`; parent itself when there is none. */
static const struct ignore_list *dir_ignores(
    struct walk *w, int dir_fd, size_t dir_len, const struct ignore_list *parent)
{
	if (w->options && w->options->ignore_gitignore)
		return parent;
	int fd = openat(dir_fd, ".gitignore", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return parent;
	struct slice text;
	const struct ignore_list *list = NULL;
	if (is_ok(read_all(fd, 1u << 20, ".gitignore", NULL, &text))) {
		struct slice kept = arena_copy(&w->set->arena, text);
		list = kept.ptr ? ignore_parse(&w->set->arena, parent, dir_len, kept) : NULL;
		file_bytes_free(text);
	}
	(void)close(fd);
	return list ? list : parent;
}

static result walk_dir(struct walk *w, int dir_fd, size_t len, unsigned depth,
    const struct ignore_list *ignores, struct error *err);

static result walk_entry(struct walk *w, int dir_fd, const char *name, size_t len, unsigned depth,
    const struct ignore_list *ignores, struct error *err)
{
	size_t name_len = strlen(name);
	struct stat st;
	if (len + name_len + 2 > sizeof w->path || fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return RESULT_OK;
	memcpy(w->path + len, name, name_len + 1);
	bool is_dir = S_ISDIR(st.st_mode);
	struct slice path = slice_of(w->path, len + name_len);
	if ((!is_dir && !S_ISREG(st.st_mode)) || ignore_match(ignores, path, is_dir))
		return RESULT_OK;
	if (!is_dir) {
		w->set->truncated = w->set->truncated || w->set->count >= w->files_max;
		return w->set->truncated ? RESULT_OK : add_file(w->set, path, &st, file_max(w->options), err);
	}
	if (skipped_dir(name))
		return RESULT_OK;
	if (depth >= TREE_DEPTH_MAX) {
		w->set->truncated = true;
		return RESULT_OK;
	}
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return RESULT_OK;
	w->path[path.len] = '/';
	return walk_dir(w, fd, path.len + 1, depth + 1, ignores, err);
}

/* Takes dir_fd. */
static result walk_dir(struct walk *w, int dir_fd, size_t len, unsigned depth,
    const struct ignore_list *ignores, struct error *err)
{
	DIR *dir = fdopendir(dir_fd);
	if (!dir) {
		(void)close(dir_fd);
		return error_errno(err, "cannot list a directory");
	}
	ignores = dir_ignores(w, dir_fd, len, ignores);
	result r = RESULT_OK;
	for (struct dirent *entry; is_ok(r) && !w->set->truncated && (entry = readdir(dir));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = walk_entry(w, dir_fd, entry->d_name, len, depth, ignores, err);
	(void)closedir(dir);
	return r;
}

static int by_path(const void *a, const void *b)
{
	return slice_cmp(((const struct file_entry *)a)->path, ((const struct file_entry *)b)->path);
}

/* A single file: its directory becomes the root. */
static result open_file(
    const char *path, const struct stat *st, size_t bytes_max, struct error *err, struct file_set *set)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	if (!dir)
		return error_set(err, ERR_MEMORY, "no memory");
	set->root_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (set->root_fd < 0)
		return error_errno(err, "cannot open the directory of %s", path);
	return add_file(set, slice_cstr(slash ? slash + 1 : path), st, bytes_max, err);
}

static result open_dir(
    const char *root, const struct file_set_options *options, struct error *err, struct file_set *set)
{
	set->root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int walk_fd = set->root_fd < 0 ? -1 : openat(set->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (walk_fd < 0)
		return error_errno(err, "cannot open %s", root);
	struct walk w = {.set = set,
	    .options = options,
	    .files_max = options && options->files_max ? options->files_max : FILES_MAX};
	TRY(walk_dir(&w, walk_fd, 0, 0, NULL, err));
	if (set->count)
		qsort(set->files, set->count, sizeof *set->files, by_path);
	return RESULT_OK;
}

/* The content's hash takes the place of time and inode, so that a cache sees each change. */
static void lay_over(struct file_set *set, const struct file_set_options *options)
{
	for (size_t i = 0; options && i < options->overlay_count; i++) {
		const struct file_overlay *o = &options->overlays[i];
		struct file_entry *entry = file_set_find(set, o->path);
		if (!entry)
			continue;
		entry->overlay = o;
		entry->size_bytes = o->bytes.len;
		entry->mtime_ns = (int64_t)finding_fingerprint("overlay", o->path, o->bytes);
		entry->inode = 0;
		entry->too_large = o->bytes.len > file_max(options);
	}
}

struct file_entry *file_set_find(const struct file_set *set, struct slice path)
{
	size_t low = 0;
	size_t high = set->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = slice_cmp(set->files[mid].path, path);
		if (order == 0)
			return &set->files[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

result file_set_open(
    const char *root, const struct file_set_options *options, struct error *err, struct file_set *ret_set)
{
	struct stat st;
	if (stat(root, &st) != 0)
		return error_errno(err, "cannot read %s", root);
	struct file_set set = {.root_fd = -1};
	arena_init(&set.arena, WALK_ARENA_MAX);
	result r = S_ISDIR(st.st_mode) ? open_dir(root, options, err, &set)
				       : open_file(root, &st, file_max(options), err, &set);
	if (is_ok(r)) {
		lay_over(&set, options);
		*ret_set = set;
	} else
		file_set_done(&set);
	return r;
}

void file_set_done(struct file_set *set)
{
	if (!set)
		return;
	if (set->root_fd >= 0)
		(void)close(set->root_fd);
	free(set->files);
	arena_done(&set->arena);
	*set = (struct file_set){.root_fd = -1};
}

static result copy_of(struct slice bytes, struct error *err, struct slice *ret_bytes)
{
	char *copy = malloc(bytes.len + 1);
	if (!copy)
		return error_set(err, ERR_MEMORY, "no memory for a file");
	if (bytes.len)
		memcpy(copy, bytes.ptr, bytes.len);
	copy[bytes.len] = '\0';
	*ret_bytes = slice_of(copy, bytes.len);
	return RESULT_OK;
}

result file_set_read(
    const struct file_set *set, const struct file_entry *file, struct error *err, struct slice *ret_bytes)
{
	if (file->too_large)
		return error_set(err, ERR_LIMIT, "%s is too large to be read", file->path.ptr);
	if (file->overlay)
		return copy_of(file->overlay->bytes, err, ret_bytes);
	int fd = openat(set->root_fd, file->path.ptr, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return error_errno(err, "cannot open %s", file->path.ptr);
	result r = read_all(fd, FILE_BYTES_MAX, file->path.ptr, err, ret_bytes);
	(void)close(fd);
	return r;
}

void file_bytes_free(struct slice bytes)
{
	union {
		const char *borrowed;
		void *owned;
	} memory = {.borrowed = bytes.ptr};
	free(memory.owned);
}

bool file_looks_binary(struct slice bytes)
{
	size_t n = bytes.len < BINARY_SNIFF_BYTES ? bytes.len : BINARY_SNIFF_BYTES;
	return n > 0 && memchr(bytes.ptr, '\0', n) != NULL;
}

struct slice path_base(struct slice path)
{
	size_t at = path.len;
	while (at > 0 && path.ptr[at - 1] != '/')
		at--;
	return slice_of(path.ptr + at, path.len - at);
}

struct slice path_extension(struct slice path)
{
	struct slice base = path_base(path);
	for (size_t i = base.len; i-- > 1;)
		if (base.ptr[i] == '.')
			return slice_of(base.ptr + i + 1, base.len - i - 1);
	return SLICE_NONE;
}

result file_set_each_yaml(const char *dir,
    result (*fn)(void *arg, struct slice path, struct slice bytes, struct error *err), void *arg,
    struct error *err)
{
	struct file_set set;
	const struct file_set_options options = {.ignore_gitignore = true};
	TRY(file_set_open(dir, &options, err, &set));
	result r = RESULT_OK;
	for (size_t i = 0; i < set.count && is_ok(r); i++) {
		struct slice bytes;
		if (!slice_eq_cstr(path_extension(set.files[i].path), "yaml"))
			continue;
		r = file_set_read(&set, &set.files[i], err, &bytes);
		if (!is_ok(r))
			break;
		r = fn(arg, set.files[i].path, bytes, err);
		file_bytes_free(bytes);
	}
	file_set_done(&set);
	return r;
}
