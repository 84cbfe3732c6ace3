/* ward.lock: what differs between two of them, told; and what is no lock, refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "app/lock/lock.h"
#include "golden.h"

static const char *golden_dir;

static char *lock_text(const char *name)
{
	char stem[512];
	(void)snprintf(stem, sizeof stem, "%s/lock/%s", golden_dir, name);
	return golden_read(stem, ".lock");
}

static size_t told(const char *before, const char *after, const char *kept)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(16u << 20);
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	char *from = lock_text(before);
	char *to = lock_text(after);
	struct lock granted, wanted;
	struct lock_changes changes;
	struct error err = {0};
	assert_true(is_ok(lock_parse(slice_cstr(from), &arena, &err, &granted)));
	assert_true(is_ok(lock_parse(slice_cstr(to), &arena, &err, &wanted)));
	assert_true(is_ok(lock_compare(&granted, &wanted, &arena, &err, &changes)));
	if (kept) {
		char stem[512];
		for (size_t i = 0; i < changes.count; i++)
			buf_printf(&text, "%3u ", changes.items[i].line);
		buf_add_char(&text, '\n');
		lock_changes_print(&changes, false, &text);
		(void)snprintf(stem, sizeof stem, "%s/lock/%s", golden_dir, kept);
		golden_compare(stem, ".txt", &text);
	}
	free(from);
	free(to);
	return changes.count;
}

static void differences_are_told_in_words(void **state)
{
	(void)state;
	assert_int_equal(told("before", "before", NULL), 0);
	assert_int_equal(told("before", "one_column", "one_column"), 1);
	assert_int_equal(told("one_column", "no_gain", "no_gain"), 1);
	assert_true(told("before", "growth", "growth") > 10);
	assert_true(told("growth", "before", "shrink") > 10);
}

/* Each line alone: taken out of a lock, and so to be told when it is asked for. Nothing may differ in
 * silence. */
static void no_line_goes_in_silence(void **state)
{
	char *whole = lock_text("growth");
	size_t tried = 0;
	(void)state;
	for (struct slice rest = slice_cstr(whole); rest.ptr;) {
		CLEANUP_ARENA struct arena arena = ARENA_INIT(16u << 20);
		CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
		struct slice line = slice_cut(&rest, '\n');
		struct lock granted, wanted;
		struct lock_changes changes;
		struct error err = {0};
		if (!slice_starts(line, SLICE("  ")))
			continue;
		buf_add(&text, whole, (size_t)(line.ptr - whole));
		buf_add_slice(&text, rest);
		assert_true(is_ok(lock_parse(buf_slice(&text), &arena, &err, &granted)));
		assert_true(is_ok(lock_parse(slice_cstr(whole), &arena, &err, &wanted)));
		assert_true(is_ok(lock_compare(&granted, &wanted, &arena, &err, &changes)));
		if (changes.count == 0)
			fail_msg("nothing was told of: %.*s", SLICE_ARG(line));
		tried++;
	}
	assert_true(tried > 30);
	free(whole);
}

static void what_is_no_lock_is_refused(void **state)
{
	static const char *const texts[] = {
	    "  auth user\n",				     /* in no section */
	    "function a\n  auth user\n  auth public\n",	     /* two of one kind */
	    "function a\n  limit wall 1s\n  limit cpu 1s\n", /* not sorted */
	    "function b\nfunction a\n",			     /* not sorted */
	    "function a\nfunction a\n",			     /* twice */
	    "query Q\nfunction a\n",			     /* not sorted by kind */
	    "function a\n  frobnicate x\n",		     /* no such word */
	    "function a\n  auth\n",			     /* nothing after the word */
	    "function a\n    auth user\n",		     /* too far in */
	    "function a b\n",
	    "nonsense a\n",
	    "function\n",
	    "<<<<<<< HEAD\n",
	    "function a\n\tauth user\n",
	};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		CLEANUP_ARENA struct arena arena = ARENA_INIT(1u << 20);
		struct lock lock;
		struct error err = {0};
		if (is_ok(lock_parse(slice_cstr(texts[i]), &arena, &err, &lock)))
			fail_msg("taken for a lock: %s", texts[i]);
		assert_non_null(strstr(err.text, "ward.lock line "));
	}
}

int main(int argc, char **argv)
{
	golden_dir = argc > 1 ? argv[1] : "golden";
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(differences_are_told_in_words),
	    cmocka_unit_test(no_line_goes_in_silence),
	    cmocka_unit_test(what_is_no_lock_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
