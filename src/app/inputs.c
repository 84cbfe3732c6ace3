/* The fingerprint of a build's inputs. */
#include "app/inputs.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/fd.h"

#define FILES_MAX 20000u
#define BYTES_MAX (256ll << 20)
#define DEPTH_MAX 32u
#define CHUNK_BYTES 65536u

struct walk {
	crypto_generichash_state hash;
	bool by_content;
	size_t files;
	long long bytes;
	struct error *err;
};

static void add(struct walk *w, const void *bytes, size_t n)
{
	(void)crypto_generichash_update(&w->hash, bytes, n);
}

/* Name and size first, so that no two trees give the same stream of bytes. */
static result add_head(struct walk *w, const char *name, const struct stat *st)
{
	char head[PATH_MAX + 128];
	int n = w->by_content
		    ? snprintf(head, sizeof head, "%s%c%lld", name, 0, (long long)st->st_size)
		    : snprintf(head, sizeof head, "%s%c%lld %lld.%09ld", name, 0, (long long)st->st_size,
			  (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	add(w, head, (size_t)n + 1);
	w->bytes += w->by_content ? (long long)st->st_size : 0;
	if (++w->files > FILES_MAX || w->bytes > BYTES_MAX)
		return error_set(w->err, ERR_LIMIT, "the app has more files than a build reads");
	return RESULT_OK;
}

static result add_file(struct walk *w, int dir_fd, const char *entry, const char *name)
{
	char chunk[CHUNK_BYTES];
	struct stat st;
	ssize_t n;
	CLEANUP_FD int fd = openat(dir_fd, entry, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(w->err, "cannot read %s", name);
	TRY(add_head(w, name, &st));
	while (w->by_content && (n = read(fd, chunk, sizeof chunk)) != 0) {
		if (n < 0)
			return error_errno(w->err, "cannot read %s", name);
		add(w, chunk, (size_t)n);
	}
	return RESULT_OK;
}

static int is_input(const struct dirent *e)
{
	return e->d_name[0] != '.' && strcmp(e->d_name, "node_modules") != 0;
}

static result add_dir(struct walk *w, int fd, const char *name, unsigned depth);

static result add_entry(struct walk *w, int dir_fd, const char *entry, const char *parent, unsigned depth)
{
	char name[PATH_MAX];
	struct stat st;
	int n = snprintf(name, sizeof name, "%s/%s", parent, entry);
	if (n < 0 || (size_t)n >= sizeof name || depth == DEPTH_MAX)
		return error_set(w->err, ERR_LIMIT, "a path below %s is too long", parent);
	if (fstatat(dir_fd, entry, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(w->err, "cannot read %s", name);
	if (S_ISREG(st.st_mode))
		return add_file(w, dir_fd, entry, name);
	if (!S_ISDIR(st.st_mode))
		return RESULT_OK;
	CLEANUP_FD int fd = openat(dir_fd, entry, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? error_errno(w->err, "cannot read %s", name) : add_dir(w, fd, name, depth + 1);
}

static result add_dir(struct walk *w, int fd, const char *name, unsigned depth)
{
	struct dirent **entries = NULL;
	int count = scandirat(fd, ".", &entries, is_input, alphasort);
	result r = count < 0 ? error_errno(w->err, "cannot read %s", name) : RESULT_OK;
	for (int i = 0; i < count; i++) {
		if (is_ok(r))
			r = add_entry(w, fd, entries[i]->d_name, name, depth);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static result add_root(struct walk *w, const char *path)
{
	struct stat st;
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(w->err, "cannot read %s", path);
	return S_ISDIR(st.st_mode) ? add_dir(w, fd, "", 0) : add_head(w, path, &st);
}

result inputs_fingerprint(
    const char *app_dir, const char *const *tools, struct error *err, char ret_text[INPUTS_TEXT_BYTES])
{
	unsigned char digest[(INPUTS_TEXT_BYTES - 1) / 2];
	struct walk w = {.by_content = true, .err = err};
	(void)crypto_generichash_init(&w.hash, NULL, 0, sizeof digest);
	TRY(add_root(&w, app_dir));
	w.by_content = false;
	for (size_t i = 0; tools[i]; i++)
		TRY(add_root(&w, tools[i]));
	(void)crypto_generichash_final(&w.hash, digest, sizeof digest);
	(void)sodium_bin2hex(ret_text, INPUTS_TEXT_BYTES, digest, sizeof digest);
	return RESULT_OK;
}
