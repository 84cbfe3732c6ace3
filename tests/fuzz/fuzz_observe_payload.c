/* The payload sensor: any bytes, no crash, and a finding that is whole. */
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "observe/payload_sensor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct payload_finding f = payload_sense(slice_of((const char *)data, size));
	ASSERT(f.class < PAYLOAD_CLASS_COUNT);
	ASSERT(f.why && (f.class == PAYLOAD_NONE) == (f.why[0] == 0));
	ASSERT(f.token[PAYLOAD_TOKEN_MAX - 1] == 0);
	return 0;
}
