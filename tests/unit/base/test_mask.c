/* Secrets do not come through a mask in any of the forms in which programs write them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/mask.h"

static void same(const struct mask *m, const char *text, const char *wanted)
{
	CLEANUP_BUF struct buf out = BUF_INIT(4096);
	const bool found = mask_text(m, slice_cstr(text), &out);
	assert_string_equal(found ? buf_cstr(&out) : text, wanted);
}

static void plain_values_are_found_wherever_they_stand(void **state)
{
	(void)state;
	struct mask m = {0};
	mask_add(&m, SLICE("KEY"), SLICE("s3cret-value"));
	mask_add(&m, SLICE("OTHER"), SLICE("s3cret-value-longer"));
	mask_add(&m, SLICE("PIN"), SLICE("123"));
	assert_true(mask_ok(&m));
	same(&m, "", "");
	same(&m, "nothing here, s3cret-valu", "nothing here, s3cret-valu");
	same(&m, "s3cret-value", "***KEY***");
	same(&m, "as3cret-values3cret-valueb", "a***KEY******KEY***b");
	same(&m, "s3cret-value-longer", "***OTHER***");
	same(&m, "s3cs3cret-value", "s3c***KEY***");
	same(&m, "too short to be looked for: 123", "too short to be looked for: 123");
	mask_done(&m);
	same(&m, "s3cret-value", "s3cret-value");
	mask_done(&m);
}

static void usual_encodings_are_found(void **state)
{
	(void)state;
	struct mask m = {0};
	mask_add(&m, SLICE("K"), SLICE("p\"a/s & <s>'+\x01\n\xc3\xa4"));
	assert_true(mask_ok(&m));
	same(&m, "{\"x\":\"p\\\"a/s & <s>'+\\u0001\\n\xc3\xa4\"}", "{\"x\":\"***K***\"}");
	same(&m, "p%22a%2Fs%20%26%20%3Cs%3E'%2B%01%0A%C3%A4", "***K***");   /* encodeURIComponent */
	same(&m, "p%22a%2fs%20%26%20%3cs%3e%27%2b%01%0a%c3%a4", "***K***"); /* RFC 3986, lower case */
	same(&m, "p%22a/s%20&%20%3Cs%3E'+%01%0A%C3%A4", "***K***");	    /* encodeURI */
	same(&m, "k=p%22a%2Fs+%26+%3Cs%3E%27%2B%01%0A%C3%A4&l=1", "k=***K***&l=1");
	same(&m, "<b>p&quot;a/s &amp; &lt;s&gt;&#39;+\x01\n\xc3\xa4</b>", "<b>***K***</b>");
	same(&m, "7022612f732026203c733e272b010ac3a4", "***K***");
	same(&m, "7022612F732026203C733E272B010AC3A4", "***K***");
	mask_done(&m);
}

static void lines_of_a_key_are_found_alone(void **state)
{
	(void)state;
	struct mask m = {0};
	mask_add(&m, SLICE("PEM"), SLICE("-----BEGIN-----\r\nMIIBVgIBADANBg\r\nabc\r\n-----END-----\r\n"));
	same(&m, "at line 2: MIIBVgIBADANBg", "at line 2: ***PEM***");
	same(&m, "at line 3: abc", "at line 3: abc");
	mask_done(&m);
}

/* An encoder of its own, so that the two can disagree. */
static void encode(const unsigned char *bytes, size_t n, bool url, char *out)
{
	const char *digits = url ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
				 : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t k = 0;
	for (size_t bit = 0; bit < n * 8; bit += 6) {
		unsigned six = 0;
		for (size_t i = bit; i < bit + 6; i++)
			six = six << 1 | (i < n * 8 ? bytes[i / 8] >> (7 - i % 8) & 1u : 0);
		out[k++] = digits[six];
	}
	out[k] = '\0';
}

/* Every secret at every place in a base64 text: not one character stays that holds a bit of it. */
static void base64_is_found_at_every_alignment(void **state)
{
	(void)state;
	srand(7);
	for (int round = 0; round < 20000; round++) {
		unsigned char bytes[96];
		char text[160], wanted[400];
		const size_t before = (size_t)rand() % 12, after = (size_t)rand() % 12;
		const size_t len = 6 + (size_t)rand() % 60;
		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = (unsigned char)rand();
		struct mask m = {0};
		mask_add(&m, SLICE("K"), slice_of((const char *)bytes + before, len));
		encode(bytes, before + len + after, round % 2, text);
		const size_t from = before * 8 / 6, to = ((before + len) * 8 + 5) / 6;
		(void)snprintf(wanted, sizeof wanted, "%.*s***K***%s", (int)from, text, text + to);
		same(&m, text, wanted);
		mask_done(&m);
	}
}

static void any_bytes_are_taken(void **state)
{
	(void)state;
	srand(11);
	for (int round = 0; round < 3000; round++) {
		char value[64], text[512];
		CLEANUP_BUF struct buf out = BUF_INIT(65536);
		struct mask m = {0};
		const size_t n = 4 + (size_t)rand() % 40, at = (size_t)rand() % 400;
		for (size_t i = 0; i < sizeof text; i++)
			text[i] = (char)(rand() % 3);
		for (size_t i = 0; i < n; i++)
			value[i] = (char)(rand() % 3);
		memcpy(text + at, value, n);
		mask_add(&m, SLICE("K"), slice_of(value, n));
		assert_true(mask_text(&m, slice_of(text, sizeof text), &out));
		assert_null(memmem(out.ptr, out.len, value, n));
		mask_done(&m);
	}
}

static void secret_buffers_wipe_what_they_leave(void **state)
{
	(void)state;
	struct buf b = BUF_SECRET(4096);
	buf_add_cstr(&b, "needle");
	buf_clear(&b);
	assert_memory_equal(b.ptr, "\0\0\0\0\0\0", 6);
	for (int i = 0; i < 1000; i++)
		buf_add_cstr(&b, "abc");
	assert_int_equal(b.len, 3000);
	assert_memory_equal(b.ptr + 2997, "abc", 3);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_values_are_found_wherever_they_stand),
	    cmocka_unit_test(usual_encodings_are_found),
	    cmocka_unit_test(lines_of_a_key_are_found_alone),
	    cmocka_unit_test(base64_is_found_at_every_alignment),
	    cmocka_unit_test(any_bytes_are_taken),
	    cmocka_unit_test(secret_buffers_wipe_what_they_leave),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
