/* `ward new`: a small app that runs, from templates/app. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "os/fd.h"

#define FILE_BYTES_MAX (1u << 20)
#define NAME_BYTES_MAX 64u
#define PLACE "{{app}}"

/* The app's name from the folder's: what ward.yaml allows, the rest left out. */
static void app_name(const char *dir, char name[NAME_BYTES_MAX])
{
	char full[PATH_MAX];
	const char *base = realpath(dir, full) ? full : dir;
	const char *slash = strrchr(base, '/');
	size_t n = 0;
	for (const char *p = slash ? slash + 1 : base; *p && n + 1 < NAME_BYTES_MAX; p++) {
		char c = (char)tolower((unsigned char)*p);
		bool letter = c >= 'a' && c <= 'z';
		if (letter || (n > 0 && ((c >= '0' && c <= '9') || c == '-' || c == '_')))
			name[n++] = c;
	}
	name[n] = '\0';
	if (n == 0)
		(void)strcpy(name, "app");
}

static result copy_file(const char *from, const char *to, const char *name, struct error *err)
{
	struct slice text;
	CLEANUP_BUF struct buf out = BUF_INIT(2 * FILE_BYTES_MAX);
	TRY(file_read(from, FILE_BYTES_MAX, err, &text));
	struct slice rest = text;
	const char *at;
	while (rest.len && (at = memmem(rest.ptr, rest.len, PLACE, strlen(PLACE))) != NULL) {
		size_t before = (size_t)(at - rest.ptr);
		buf_add(&out, rest.ptr, before);
		buf_add_cstr(&out, name);
		rest = slice_of(at + strlen(PLACE), rest.len - before - strlen(PLACE));
	}
	buf_add_slice(&out, rest);
	free((char *)(uintptr_t)text.ptr);
	if (!buf_ok(&out))
		return error_set(err, ERR_LIMIT, "%s is too large", from);
	return file_write_atomic(to, buf_slice(&out), 0644, err);
}

static result copy_tree(const char *from, const char *to, const char *name, struct error *err);

static result copy_entry(
    const char *from, const char *to, const char *entry, const char *name, struct error *err)
{
	char source[PATH_MAX];
	char target[PATH_MAX];
	struct stat st;
	/* A .gitignore in the templates would be obeyed there: it is named without its dot. */
	const char *dot = strcmp(entry, "gitignore") == 0 ? "." : "";
	int n = snprintf(source, sizeof source, "%s/%s", from, entry);
	int m = snprintf(target, sizeof target, "%s/%s%s", to, dot, entry);
	if (n < 0 || (size_t)n >= sizeof source || m < 0 || (size_t)m >= sizeof target)
		return error_set(err, ERR_LIMIT, "the path of %s is too long", entry);
	if (stat(source, &st) < 0)
		return error_errno(err, "cannot read %s", source);
	return S_ISDIR(st.st_mode) ? copy_tree(source, target, name, err)
				   : copy_file(source, target, name, err);
}

static result copy_tree(const char *from, const char *to, const char *name, struct error *err)
{
	if (mkdir(to, 0755) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make %s", to);
	DIR *dir = opendir(from);
	result r = dir ? RESULT_OK : error_errno(err, "cannot read %s", from);
	for (struct dirent *e; is_ok(r) && (e = readdir(dir)) != NULL;)
		if (e->d_name[0] != '.')
			r = copy_entry(from, to, e->d_name, name, err);
	if (dir)
		(void)closedir(dir);
	return r;
}

/* Nobody's files are written over. */
static bool is_empty(const char *path)
{
	DIR *dir = opendir(path);
	bool empty = true;
	if (!dir)
		return errno == ENOENT;
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		empty &= strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	(void)closedir(dir);
	return empty;
}

int command_new(int argc, char **argv)
{
	char template[PATH_MAX];
	char name[NAME_BYTES_MAX];
	struct error err = {0};
	if (argc != 2 || argv[1][0] == '-')
		return usage_error("new", "which folder?");
	if (!is_empty(argv[1])) {
		(void)fprintf(stderr, "ward: %s is there already and is not an empty folder\n", argv[1]);
		return 1;
	}
	(void)snprintf(template, sizeof template, "%s/templates/app", ward_home());
	if (mkdir(argv[1], 0755) < 0 && errno != EEXIST) {
		(void)fprintf(stderr, "ward: cannot make %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	app_name(argv[1], name);
	if (!is_ok(copy_tree(template, argv[1], name, &err))) {
		(void)fprintf(stderr, "ward: %s\n", err.text);
		return 1;
	}
	(void)printf("%s is written. Next:\n\n  ward dev %s     serve it, rebuild it when its files change\n"
		     "  ward lock %s    see what its functions may do, and hold them to it\n",
	    argv[1], argv[1], argv[1]);
	return 0;
}
