/* Rollup cells: any bytes, no crash; what decodes encodes to something that decodes to the same. */
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "observe/rollup_cell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rollup_cell cell, again;
	CLEANUP_BUF struct buf out = BUF_INIT(1 << 16);
	if (!is_ok(rollup_cell_decode(slice_of((const char *)data, size), NULL, &cell)))
		return 0;
	rollup_cell_encode(&cell, &out);
	ASSERT(buf_ok(&out) && is_ok(rollup_cell_decode(buf_slice(&out), NULL, &again)));
	ASSERT(memcmp(&cell, &again, sizeof cell) == 0);
	return 0;
}
