/* Taking URLs apart. They come from configuration and from providers' documents. */
#include "http/url.h"

#include <string.h>

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool scheme_ok(struct slice scheme)
{
	for (size_t i = 0; i < scheme.len; i++)
		if (!is_lower(scheme.ptr[i]))
			return false;
	return scheme.len > 0;
}

static bool host_ok(struct slice host, const char *others)
{
	for (size_t i = 0; i < host.len; i++) {
		const char c = host.ptr[i];
		if (!is_lower(c) && !is_digit(c) && !(c >= 'A' && c <= 'Z') &&
		    (c == '\0' || !strchr(others, c)))
			return false;
	}
	return host.len > 0 && host.len <= 253;
}

static bool take_port(struct slice text, uint16_t *ret)
{
	uint64_t port;
	if (text.len > 5 || !slice_to_u64(text, &port) || port == 0 || port > 65535)
		return false;
	*ret = (uint16_t)port;
	return true;
}

static bool take_authority(struct slice text, struct http_url *url)
{
	if (slice_starts(text, SLICE("["))) {
		const char *end = memchr(text.ptr, ']', text.len);
		if (!end)
			return false;
		url->host = slice_of(text.ptr + 1, (size_t)(end - text.ptr) - 1);
		const struct slice rest = slice_of(end + 1, text.len - url->host.len - 2);
		return host_ok(url->host, ":.") && memchr(url->host.ptr, ':', url->host.len) &&
		       (rest.len == 0 || (rest.ptr[0] == ':' &&
					     take_port(slice_of(rest.ptr + 1, rest.len - 1), &url->port)));
	}
	url->host = slice_cut(&text, ':');
	return host_ok(url->host, ".-") && (!text.ptr || take_port(text, &url->port));
}

static bool path_ok(struct slice path)
{
	for (size_t i = 0; i < path.len; i++)
		if (path.ptr[i] <= ' ' || path.ptr[i] >= 0x7f || strchr("\\#\"<>^`{|}", path.ptr[i]))
			return false;
	return path.len > 0 && path.ptr[0] == '/';
}

bool http_url_split(struct slice text, struct http_url *ret)
{
	struct http_url url = {.path = SLICE("/")};
	const char *mark = text.len ? memmem(text.ptr, text.len, "://", 3) : NULL;
	if (!mark)
		return false;
	url.scheme = slice_of(text.ptr, (size_t)(mark - text.ptr));
	struct slice rest = slice_of(mark + 3, text.len - url.scheme.len - 3);
	size_t n = 0;
	while (n < rest.len && rest.ptr[n] != '/' && rest.ptr[n] != '?')
		n++;
	if (n < rest.len)
		url.path = slice_of(rest.ptr + n, rest.len - n);
	if (!scheme_ok(url.scheme) || !take_authority(slice_of(rest.ptr, n), &url) || !path_ok(url.path))
		return false;
	*ret = url;
	return true;
}
