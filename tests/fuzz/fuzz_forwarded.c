/* Forwarded and X-Forwarded-For from arbitrary bytes: the first byte says which, then the header lines. */
#include <stdint.h>

#include "base/check.h"
#include "http/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net_range ranges[2];
	struct net_range own;
	struct net_address stranger, peer;
	char text[48];
	if (size == 0)
		return 0;
	ASSERT(net_range_parse(SLICE("10.0.0.0/8"), &ranges[0]) && net_range_parse(SLICE("fd00::/8"), &ranges[1]));
	ASSERT(net_address_parse(SLICE("8.8.8.8"), &stranger) && net_address_parse(SLICE("10.0.0.1"), &peer));
	const struct slice lines = slice_of((const char *)data + 1, size - 1);
	const enum forwarded_header header = (enum forwarded_header)(data[0] % FORWARDED_HEADER_COUNT);
	const struct net_address client = forwarded_client(lines, header, ranges, 2, &peer);
	net_address_text(&client, text);
	ASSERT(text[0]);
	/* Nobody but a trusted proxy says anything about somebody else. */
	const struct net_address same = forwarded_client(lines, header, ranges, 2, &stranger);
	ASSERT(memcmp(same.bytes, stranger.bytes, sizeof same.bytes) == 0);
	(void)net_range_parse(lines, &own);
	return 0;
}
