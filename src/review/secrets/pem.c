/* Recognises armoured private keys (pem.h) in text of any origin; reads at most BLOCK_MAX bytes. */
#include "review/secrets/pem.h"

#include <ctype.h>

#include "base/size.h"
#include "review/secrets/check.h"
#include "review/secrets/shape.h"

#define BLOCK_MAX 65536u
#define LABEL_MAX 60u
#define BODY_MIN 40u

static bool holds(struct slice s, const char *word)
{
	return memmem(s.ptr, s.len, word, strlen(word)) != NULL;
}

static bool body_char(char c)
{
	return isalnum((uint8_t)c) || c == '+' || c == '/' || c == '=';
}

/* Characters of base64 in runs of at least 16 (or the last, shorter one), which no quoting or log prefix has.
 */
static size_t body_length(struct slice body)
{
	size_t total = 0, run = 0;
	for (size_t i = 0; i <= body.len; i++) {
		if (i < body.len && body_char(body.ptr[i])) {
			run++;
			continue;
		}
		total += run >= 16 ? run : 0;
		run = 0;
	}
	return total;
}

/* openssh-key-v1 names its key derivation after the cipher: bcrypt means a passphrase. */
static bool openssh_encrypted(struct slice body)
{
	uint8_t out[96];
	size_t i = 0;
	while (i < body.len && !(body_char(body.ptr[i]) && i + 80 < body.len && body_char(body.ptr[i + 15]) &&
				   body_char(body.ptr[i + 8])))
		i++;
	if (i + 64 >= body.len)
		return false;
	long n = base64_lenient_decode(slice_of(body.ptr + i, 64), out);
	return n > 0 && holds(slice_of((const char *)out, (size_t)n), "bcrypt");
}

/* Where the body ends: at the dashes of the end, or where a key cut short by a file's or log's end stops.
 * NULL when neither fits. */
static const char *body_end(struct slice body)
{
	/* The first dashes must be those of the end, so that a file full of beginnings is read once and not
	 * once for each. */
	const char *end = memmem(body.ptr, body.len, "-----", 5);
	if (end)
		return slice_starts(slice_of(end, body.len - (size_t)(end - body.ptr)), SLICE("-----END "))
			   ? end
			   : NULL;
	end = memmem(body.ptr, body.len, "\n\n", 2);
	return end ? end : body.ptr + body.len;
}

bool private_key_block(struct slice text, size_t at, struct slice *ret_block)
{
	struct slice rest = slice_of(text.ptr + at, size_min(text.len - at, BLOCK_MAX));
	struct slice head = slice_of(rest.ptr + 5, size_min(rest.len - 5, LABEL_MAX));
	const char *label_end = memmem(head.ptr, head.len, "-----", 5);
	if (!label_end)
		return false;
	struct slice label = slice_of(head.ptr, (size_t)(label_end - head.ptr));
	if (!holds(label, "PRIVATE KEY") || holds(label, "ENCRYPTED"))
		return false;
	size_t body_at = (size_t)(label_end - rest.ptr) + 5;
	struct slice body = slice_of(rest.ptr + body_at, rest.len - body_at);
	const char *end = body_end(body);
	if (!end)
		return false;
	body.len = (size_t)(end - body.ptr);
	if (holds(body, "ENCRYPTED") || body_length(body) < BODY_MIN || openssh_encrypted(body))
		return false;
	size_t stop = (size_t)(end - rest.ptr), after = size_min(stop + 9, rest.len);
	const char *tail = memmem(rest.ptr + after, size_min(rest.len - after, LABEL_MAX + 5), "-----", 5);
	*ret_block = slice_of(rest.ptr, tail ? (size_t)(tail - rest.ptr) + 5 : stop);
	return true;
}
