/* One sealed value: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with a random nonce of 24 bytes. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/secrets/secret_internal.h"

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define BOUND_BYTES 128u

const size_t secret_box_bytes_min = NONCE_BYTES + TAG_BYTES;
const size_t secret_box_bytes_max = NONCE_BYTES + SECRET_VALUE_MAX + TAG_BYTES;

/* What is authenticated beside the value: where it belongs, so that values cannot be swapped or rolled back
 * in place. */
static size_t bound_text(char text[BOUND_BYTES], const char *name, uint64_t version)
{
	return (size_t)snprintf(text, BOUND_BYTES, "ward secret %s %llu", name, (unsigned long long)version);
}

result secret_seal(const unsigned char *key, struct sealed *s, struct slice value, struct error *err)
{
	char bound[BOUND_BYTES];
	size_t bound_bytes = bound_text(bound, s->name, s->version);
	unsigned long long written = 0;
	s->box_bytes = NONCE_BYTES + value.len + TAG_BYTES;
	s->box = malloc(s->box_bytes);
	if (!s->box)
		return error_set(err, ERR_MEMORY, "no memory for a secret");
	randombytes_buf(s->box, NONCE_BYTES);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(s->box + NONCE_BYTES, &written,
	    (const unsigned char *)value.ptr, value.len, (const unsigned char *)bound, bound_bytes, NULL,
	    s->box, key);
	return RESULT_OK;
}

result secret_open(
    const unsigned char *key, const struct sealed *s, struct error *err, struct secret_value *ret)
{
	char bound[BOUND_BYTES];
	size_t bound_bytes = bound_text(bound, s->name, s->version);
	unsigned long long length = 0;
	unsigned char *memory = sodium_malloc(s->box_bytes);
	if (!memory)
		return error_set(err, ERR_MEMORY, "no locked memory for a secret");
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(memory, &length, NULL, s->box + NONCE_BYTES,
		s->box_bytes - NONCE_BYTES, (const unsigned char *)bound, bound_bytes, s->box, key) != 0) {
		sodium_free(memory);
		return error_set(
		    err, ERR_DENIED, "the secret %s was tampered with, or sealed with another key", s->name);
	}
	*ret = (struct secret_value){slice_of((const char *)memory, (size_t)length), memory};
	return RESULT_OK;
}

void secret_value_done(struct secret_value *value)
{
	sodium_free(value->memory);
	*value = (struct secret_value){0};
}

void sealed_done(struct sealed *s)
{
	free(s->name);
	free(s->box);
	*s = (struct sealed){0};
}
