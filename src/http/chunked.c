#include "http/chunked.h"

#include "http/head.h"

/* Sixteen hexadecimal digits hold any 64-bit size; eight are plenty for a body that memory bounds. */
#define CHUNK_SIZE_DIGITS_MAX 8u

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* A whole size line "1a2\r\n" at bytes; returns its length, 0 when more is needed, -1 when malformed. */
static int read_size_line(const char *bytes, size_t n, uint64_t *ret_size)
{
	uint64_t size = 0;
	size_t digits = 0;
	while (digits < n && digits <= CHUNK_SIZE_DIGITS_MAX && hex_digit(bytes[digits]) >= 0) {
		size = size * 16 + (uint64_t)hex_digit(bytes[digits]);
		digits++;
	}
	if (digits > CHUNK_SIZE_DIGITS_MAX)
		return -1;
	if (digits == n)
		return 0;
	if (digits == 0 || bytes[digits] != '\r')
		return -1;
	if (digits + 1 == n)
		return 0;
	if (bytes[digits + 1] != '\n')
		return -1;
	*ret_size = size;
	return (int)digits + 2;
}

/* "\r\n" at bytes: 2, 0 when more is needed, -1 when malformed. */
static int read_line_end(const char *bytes, size_t n)
{
	if ((n > 0 && bytes[0] != '\r') || (n > 1 && bytes[1] != '\n'))
		return -1;
	return n > 1 ? 2 : 0;
}

int http_chunked_decode(struct http_chunked *c, char *bytes, size_t n, size_t *ret_used, size_t *ret_data)
{
	size_t used = 0;
	size_t data = 0;
	int step = 1;
	while (step > 0 && c->state != CHUNK_DONE) {
		uint64_t size = 0;
		switch (c->state) {
		case CHUNK_SIZE:
			step = read_size_line(bytes + used, n - used, &size);
			if (step > 0) {
				c->left = size;
				c->state = size ? CHUNK_DATA : CHUNK_LAST;
			}
			break;
		case CHUNK_DATA:
			step = (int)(n - used < c->left ? n - used : c->left);
			memmove(bytes + data, bytes + used, (size_t)step);
			data += (size_t)step;
			c->left -= (uint64_t)step;
			if (c->left == 0)
				c->state = CHUNK_DATA_END;
			break;
		case CHUNK_DATA_END:
		case CHUNK_LAST:
			step = read_line_end(bytes + used, n - used);
			if (step > 0)
				c->state = c->state == CHUNK_LAST ? CHUNK_DONE : CHUNK_SIZE;
			break;
		case CHUNK_DONE:
			break;
		}
		if (step > 0)
			used += (size_t)step;
	}
	*ret_used = used;
	*ret_data = data;
	if (step < 0)
		return 400;
	return c->state == CHUNK_DONE ? HTTP_OK : HTTP_MORE;
}
