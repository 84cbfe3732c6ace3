/* Trace headers: any bytes; what is taken of version 00 formats back to the same, flags but the first bit
 * aside. */
#include <stdint.h>

#include "base/check.h"
#include "observe/traceparent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct traceparent t;
	char text[TRACEPARENT_TEXT];
	if (!is_ok(traceparent_parse(slice_of((const char *)data, size), NULL, &t)))
		return 0;
	traceparent_format(&t, text);
	ASSERT(memcmp(text + 2, data + 2, TRACEPARENT_TEXT - 4) == 0);
	return 0;
}
