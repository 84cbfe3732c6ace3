/* docs/processes.md says what is in force: a wider filter, a new message or a new process shows in a review as a diff of it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/buf.h"
#include "os/fd.h"
#include "proc/process.h"

static const char *page;

static void the_page_is_equal_to_the_tables(void **state)
{
	(void)state;
	CLEANUP_BUF struct buf made = BUF_INIT(4u << 20);
	struct slice kept;
	struct error err;
	process_reference(&made);
	assert_true(buf_ok(&made));
	if (!is_ok(file_read(page, 4u << 20, &err, &kept)))
		fail_msg("%s", err.text);
	if (!slice_eq(kept, buf_slice(&made)))
		fail_msg("%s is not what the tables say; write it anew with `build/ward reference processes > docs/processes.md` and look "
			 "at the difference",
		    page);
	free((char *)(uintptr_t)kept.ptr);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	page = argv[1];
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_page_is_equal_to_the_tables)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
