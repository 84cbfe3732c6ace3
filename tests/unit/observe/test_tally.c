/* A limit over several processes: never passed, never leaked by one that ends. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "observe/tally.h"

#define LIMIT 5u
#define ROUNDS 200000u

static void rows_and_columns_are_counted_apart(void **state)
{
	(void)state;
	struct tally a = {0}, b = {0};
	struct error err;
	int fd;
	assert_true(is_ok(tally_memory(3, &err, &fd)));
	assert_true(is_ok(tally_map(&a, fd, 0, &err)));
	assert_true(is_ok(tally_map(&b, fd, 7, &err)));
	assert_int_equal(tally_map(&b, fd, TALLY_COLUMNS, &err).code, ERR_INVALID);
	for (int i = 0; i < 3; i++)
		assert_true(tally_enter(&a, 1, 5));
	assert_true(tally_enter(&b, 1, 5));
	assert_true(tally_enter(&b, 1, 5));
	assert_false(tally_enter(&b, 1, 5));
	assert_false(tally_enter(&a, 1, 5));
	assert_true(tally_enter(&a, 2, 1));
	tally_leave(&a, 1);
	assert_true(tally_enter(&b, 1, 5));
	/* Who takes a column over begins at nothing, and the others keep what is theirs. */
	tally_done(&a);
	assert_true(is_ok(tally_map(&a, fd, 0, &err)));
	assert_true(tally_enter(&a, 1, 5));
	assert_true(tally_enter(&a, 1, 5));
	assert_false(tally_enter(&a, 1, 5));
	tally_done(&a);
	tally_done(&b);
	close(fd);
}

static void memory_that_could_shrink_is_not_taken(void **state)
{
	(void)state;
	struct tally t = {0};
	struct error err;
	int fd = memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_true(fd >= 0 && ftruncate(fd, 4096) == 0);
	assert_int_equal(tally_map(&t, fd, 0, &err).code, ERR_DENIED);
	close(fd);
}

static void many_processes_never_pass_the_limit(void **state)
{
	(void)state;
	struct error err;
	int fd;
	/* How many are inside, as they say themselves, and the most that anybody saw. */
	_Atomic int *inside = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	_Atomic int *entered = inside + 16;
	assert_ptr_not_equal(inside, MAP_FAILED);
	assert_true(is_ok(tally_memory(1, &err, &fd)));
	pid_t pids[TALLY_COLUMNS];
	for (uint32_t p = 0; p < TALLY_COLUMNS; p++) {
		pids[p] = fork();
		if (pids[p] != 0)
			continue;
		struct tally t = {0};
		if (!is_ok(tally_map(&t, fd, p, &err)))
			_exit(2);
		for (uint32_t i = 0; i < ROUNDS / TALLY_COLUMNS; i++) {
			if (!tally_enter(&t, 0, LIMIT))
				continue;
			const int now = atomic_fetch_add(inside, 1) + 1;
			atomic_fetch_add(entered, 1);
			if (now > (int)LIMIT)
				_exit(1);
			if (i % 64 == 0)
				(void)sched_yield();
			atomic_fetch_sub(inside, 1);
			tally_leave(&t, 0);
		}
		_exit(0);
	}
	for (uint32_t p = 0; p < TALLY_COLUMNS; p++) {
		int status = 0;
		assert_int_equal(waitpid(pids[p], &status, 0), pids[p]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	assert_true(atomic_load(entered) > 1000);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_and_columns_are_counted_apart),
	    cmocka_unit_test(memory_that_could_shrink_is_not_taken),
	    cmocka_unit_test(many_processes_never_pass_the_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
