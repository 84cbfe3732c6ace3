#include "corpus.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* WARD_CORPORA, else ../shared/corpora as seen from the checkout or its neighbours. */
static const char *home(void)
{
	static const char *const places[] = {"../shared/corpora", "../../shared/corpora"};
	const char *named = getenv("WARD_CORPORA");
	if (named)
		return access(named, R_OK) == 0 ? named : NULL;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return NULL;
}

bool corpus_unpack(const char *name, char *ret_dir, size_t size)
{
	const char *from = home();
	char command[4096];
	if (!from)
		return false;
	(void)snprintf(ret_dir, size, "build/corpora/%s", name);
	(void)snprintf(command, sizeof command, "'%s/unpack' build/corpora '%s' >&2", from, name);
	return system(command) == 0;
}

bool file_read(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "r");
	if (!f)
		return false;
	size_t n = 1;
	while (n > 0 && buf_reserve(out, 65536)) {
		n = fread(out->ptr + out->len, 1, 65536, f);
		out->len += n;
	}
	fclose(f);
	return buf_ok(out);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **folder_list(const char *dir, const char *suffix)
{
	DIR *d = opendir(dir);
	char **names = NULL;
	size_t count = 0;
	if (!d)
		return NULL;
	names = calloc(1, sizeof *names);
	for (struct dirent *e; names && (e = readdir(d));) {
		if (!slice_ends(slice_cstr(e->d_name), slice_cstr(suffix)))
			continue;
		char **more = realloc(names, (count + 2) * sizeof *names);
		if (!more)
			break;
		names = more;
		names[count++] = strdup(e->d_name);
		names[count] = NULL;
	}
	closedir(d);
	if (names)
		qsort(names, count, sizeof *names, by_name);
	return names;
}

void folder_list_free(char **names)
{
	for (char **name = names; name && *name; name++)
		free(*name);
	free(names);
}
