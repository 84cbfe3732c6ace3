/* Forms: what is read, and what two readers might read in two ways. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "http/multipart.h"

#define TYPE "multipart/form-data; boundary=b"
#define DISPOSITION "Content-Disposition: form-data; "
#define FIELD "--b\r\n" DISPOSITION "name=\"a\"\r\n\r\nx\r\n"

/* Parts read, or -1 when the form is refused. */
static int count(const char *type, struct slice body, struct multipart_part *last)
{
	struct multipart m;
	const char *why = NULL;
	int n = 0;
	enum multipart_step step = MULTIPART_BAD;
	if (!multipart_begin(slice_cstr(type), body, &m, &why)) {
		assert_non_null(why);
		return -1;
	}
	while ((step = multipart_next(&m, last, &why)) == MULTIPART_PART)
		n++;
	assert_true(step == MULTIPART_END || why);
	return step == MULTIPART_END ? n : -1;
}

static void fields_and_files_are_read(void **state)
{
	(void)state;
	struct multipart_part part = {0};
	const struct slice body = SLICE(FIELD
	    "--b\r\n" DISPOSITION "name=\"p\"; filename=\"\xc3\xa9 1.png\"\r\ncontent-type: image/png\r\n\r\n"
	    "a\r\n--c\r\n\0b\r\n--b--\r\n");
	assert_int_equal(count("Multipart/Form-Data; Boundary=\"b\"", body, &part), 2);
	assert_true(slice_eq_cstr(part.name, "p"));
	assert_true(slice_eq_cstr(part.file_name, "\xc3\xa9 1.png"));
	assert_true(slice_eq_cstr(part.type, "image/png"));
	assert_true(slice_eq(part.body, SLICE("a\r\n--c\r\n\0b")));
	assert_int_equal(count(TYPE, SLICE("--b--"), &part), 0);
	assert_int_equal(
	    count(TYPE, SLICE("--b\r\n" DISPOSITION "name=\"p\"; filename=\"\"\r\n\r\n\r\n--b--"), &part), 1);
	assert_true(part.file_name.ptr && part.file_name.len == 0 && part.body.len == 0);
}

static void every_prefix_of_a_form_is_refused(void **state)
{
	(void)state;
	static const char body[] = FIELD FIELD "--b--\r\n";
	struct multipart_part part;
	for (size_t n = 0; n < sizeof body - 3; n++)
		assert_int_equal(count(TYPE, slice_of(body, n), &part), -1);
}

static void two_readings_are_refused(void **state)
{
	(void)state;
	static const char *const attacks[] = {
	    "x\r\n" FIELD "--b--\r\n",
	    "\r\n" FIELD "--b--\r\n",
	    FIELD "--b--\r\n\r\n",
	    FIELD "--b--x",
	    FIELD "--bb--",
	    FIELD "--b \r\n",
	    "--b\n" DISPOSITION "name=\"a\"\n\nx\n--b--\n",
	    "--b\r\n\r\nx\r\n--b--",
	    "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--",
	    "--b\r\n" DISPOSITION "name=a\r\n\r\nx\r\n--b--",
	    "--b\r\n" DISPOSITION "name=\"a\" \r\nX: y\r\n\r\nx\r\n--b--",
	    "--b\r\n" DISPOSITION "name=\"a\"; name=\"a\"\r\n\r\nx\r\n--b--",
	    "--b\r\n" DISPOSITION "name=\"a\"; filename*=UTF-8''x\r\n\r\nx\r\n--b--",
	    "--b\r\n" DISPOSITION "name=\"a\"; filename=\"x\\\"y\"\r\n\r\nx\r\n--b--",
	    "--b\r\n" DISPOSITION "name=\"a\"; filename=\"../x\"\r\n\r\nx\r\n--b--",
	    "--b\r\n" DISPOSITION "name=\"a\"; filename=\"..\"\r\n\r\nx\r\n--b--",
	    "--b\r\n" DISPOSITION "name=\"a\"; filename=\"x%0a\"\r\n\r\nx\r\n--b--",
	    "--b\r\n" DISPOSITION "name=\"a\"; filename=\"\xe2\x80\xaegpj.exe\"\r\n\r\nx\r\n--b--",
	    "--b\r\n" DISPOSITION "name=\"\xff\"\r\n\r\nx\r\n--b--",
	    "--b\r\n" DISPOSITION "name=\"\"\r\n\r\nx\r\n--b--",
	    "--b\r\n" DISPOSITION "name=\"a\"\r\n" DISPOSITION "name=\"b\"\r\n\r\nx\r\n--b--",
	    "--b\r\n" DISPOSITION "name=\"a\"\r\nContent-Type:\r\n\r\nx\r\n--b--",
	    "--b\r\n" DISPOSITION "name=\"a\"\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n--b--",
	    "--b\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--b--",
	    "--b\r\nContent-Disposition : form-data; name=\"a\"\r\n\r\nx\r\n--b--",
	    "--b\r\nContent-Disposition: form-data;\r\n name=\"a\"\r\n\r\nx\r\n--b--",
	};
	struct multipart_part part;
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
		if (count(TYPE, slice_cstr(attacks[i]), &part) != -1)
			fail_msg("taken: %s", attacks[i]);
	assert_int_equal(
	    count(TYPE, SLICE("--b\r\n" DISPOSITION "name=\"a\0b\"\r\n\r\nx\r\n--b--"), &part), -1);
}

static void boundaries_are_plain(void **state)
{
	(void)state;
	static const char *const types[] = {"multipart/form-data", "multipart/form-data;",
	    "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
	    "multipart/form-data; boundary=b; boundary=c", "multipart/form-data; x=y; boundary=b",
	    "multipart/form-data; boundary=b b", "multipart/form-data; boundary=\"b"};
	struct multipart_part part;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		assert_int_equal(count(types[i], SLICE("--b--"), &part), -1);
	assert_false(multipart_is(SLICE("multipart/mixed; boundary=b")));
	assert_true(multipart_is(SLICE("multipart/FORM-data")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_and_files_are_read),
	    cmocka_unit_test(every_prefix_of_a_form_is_refused),
	    cmocka_unit_test(two_readings_are_refused),
	    cmocka_unit_test(boundaries_are_plain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
