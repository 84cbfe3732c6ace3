/* URLs of providers: any bytes; what is taken lies within the text, holds nothing that ends a header, and put
 * together again is taken the same. */
#include <stdint.h>
#include <stdio.h>

#include "base/check.h"
#include "http/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool within(struct slice whole, struct slice part)
{
	return part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char again[4096];
	struct http_url url, second;
	const struct slice text = slice_of((const char *)data, size);
	if (size > 2048 || !http_url_split(text, &url))
		return 0;
	ASSERT(within(text, url.scheme) && within(text, url.host));
	for (size_t i = 0; i < size; i++)
		ASSERT(data[i] > ' ' && data[i] < 0x7f && data[i] != '\\');
	ASSERT(url.path.len > 0 && url.path.ptr[0] == '/' && !memchr(url.host.ptr, '@', url.host.len));
	const bool v6 = memchr(url.host.ptr, ':', url.host.len) != NULL;
	int n = snprintf(again, sizeof again, "%.*s://%s%.*s%s:%u%.*s", SLICE_ARG(url.scheme), v6 ? "[" : "",
	    SLICE_ARG(url.host), v6 ? "]" : "", url.port ? url.port : 1, SLICE_ARG(url.path));
	ASSERT(http_url_split(slice_of(again, (size_t)n), &second));
	ASSERT(slice_eq(second.host, url.host) && slice_eq(second.path, url.path) &&
	       slice_eq(second.scheme, url.scheme));
	return 0;
}
