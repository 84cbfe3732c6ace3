/* The payload sensor over arbitrary bytes as an encoded input: it tells of a class and a field, whatever it
 * is given. */
#include <stdint.h>

#include "base/check.h"
#include "gateway_harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct invocation v = {0};
	sense_input(slice_of((const char *)data, size), &v);
	ASSERT(v.payload < PAYLOAD_CLASS_COUNT);
	ASSERT(v.payload != PAYLOAD_NONE || v.payload_field == 0);
	return 0;
}
