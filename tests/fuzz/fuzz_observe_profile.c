/* Committed profiles out of a repository; what was read is written and read again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "observe/profile_file.h"

static struct buf out;

/* Host calls are numbered by a hash of their names: different names may meet, which a contract's never do. */
static bool number_of(
    void *context, struct slice function, enum host_kind kind, struct slice name, uint16_t *ret)
{
	uint32_t sum = 7;
	(void)context;
	(void)function;
	for (size_t i = 0; i < name.len; i++)
		sum = sum * 31 + (unsigned char)name.ptr[i];
	*ret = call_of(kind, sum % 512);
	return sum % 5 != 0;
}

static struct slice name_of(void *context, uint16_t call)
{
	static char text[16];
	(void)context;
	const int n = snprintf(text, sizeof text, "q%u", call_index(call));
	return slice_of(text, (size_t)n);
}

static result take(void *context, struct slice function, const struct profile *p, struct error *err)
{
	(void)context;
	(void)err;
	if (p->call_count > PROFILE_CALLS || p->edge_count > PROFILE_EDGES)
		abort();
	profile_file_add(p, function, name_of, NULL, &out);
	profile_describe(p, name_of, NULL, &out);
	(void)profile_diff(p, p, function, name_of, NULL, &out);
	return RESULT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct profile_file_reader reader = {number_of, take, NULL};
	struct error err = {0};
	out = BUF_INIT(1u << 20);
	(void)profile_file_read(slice_of((const char *)data, size), &reader, &err);
	buf_done(&out);
	return 0;
}
