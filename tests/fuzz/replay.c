/* Runs a fuzz target over the files and folders named: how its kept corpus is a test in every build. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return -1;
	char *bytes = NULL;
	size_t n = 0, room = 0, got;
	do {
		if (n == room) {
			room = room ? room * 2 : 65536;
			char *grown = realloc(bytes, room);
			if (!grown)
				break;
			bytes = grown;
		}
		got = fread(bytes + n, 1, room - n, f);
		n += got;
	} while (got > 0);
	(void)fclose(f);
	/* A block of exactly its size: reads past the end are seen. */
	uint8_t *exact = malloc(n ? n : 1);
	for (size_t i = 0; exact && i < n; i++)
		exact[i] = (uint8_t)bytes[i];
	if (exact)
		(void)LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	free(bytes);
	return 0;
}

static int replay(const char *path, unsigned *count)
{
	struct stat st;
	char inner[4096];
	if (stat(path, &st) < 0)
		return -1;
	if (!S_ISDIR(st.st_mode)) {
		++*count;
		return replay_file(path);
	}
	DIR *d = opendir(path);
	for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		if (snprintf(inner, sizeof inner, "%s/%s", path, e->d_name) < (int)sizeof inner && replay(inner, count) < 0)
			(void)fprintf(stderr, "cannot read %s\n", inner);
	}
	if (d)
		(void)closedir(d);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned count = 0;
	for (int i = 1; i < argc; i++)
		if (replay(argv[i], &count) < 0)
			(void)fprintf(stderr, "cannot read %s\n", argv[i]);
	(void)printf("%u inputs\n", count);
	return count ? 0 : 1;
}
