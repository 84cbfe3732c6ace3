/* Whether what `ward build` left is of the files as they are now, so that asking of a contract costs no
 * build. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/inputs.h"
#include "cli/contract.h"
#include "os/fd.h"

static void path_of(const char *dir, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s/.ward/build/inputs", dir);
}

static bool fingerprint(const char *dir, char text[INPUTS_TEXT_BYTES])
{
	char sdk[PATH_MAX];
	struct error unread;
	const char *const tools[] = {"/proc/self/exe", sdk, NULL};
	(void)snprintf(sdk, sizeof sdk, "%s/sdk", ward_home());
	return is_ok(inputs_fingerprint(dir, tools, &unread, text));
}

void build_begins(const char *dir, struct build_inputs *ret)
{
	char path[PATH_MAX];
	path_of(dir, path);
	(void)unlink(path);
	/* An app that cannot be read as a whole is built each time. */
	if (!fingerprint(dir, ret->text))
		ret->text[0] = '\0';
}

void build_was_clean(const char *dir, const struct build_inputs *inputs)
{
	char path[PATH_MAX];
	path_of(dir, path);
	if (inputs->text[0])
		ignore_result(file_write_atomic(path, slice_cstr(inputs->text), 0644, NULL));
}

bool build_is_fresh(const char *dir)
{
	char path[PATH_MAX];
	char now[INPUTS_TEXT_BYTES];
	struct slice then;
	path_of(dir, path);
	if (!is_ok(file_read(path, INPUTS_TEXT_BYTES, NULL, &then)))
		return false;
	bool fresh = fingerprint(dir, now) && slice_eq_cstr(then, now);
	free((char *)(uintptr_t)then.ptr);
	return fresh;
}
