/* app.json as a process reads it, and what it reads written and read again: the same. Also a lock, which is a
 * text of a repository. */
#include "app/app.h"
#include "app/lock/lock.h"

#include <stdlib.h>

static void both_ways(const struct app_contract *contract, struct arena *arena)
{
	CLEANUP_BUF struct buf once = BUF_INIT(16u << 20);
	CLEANUP_BUF struct buf twice = BUF_INIT(16u << 20);
	struct app_contract again;
	struct error err = {0};
	app_contract_json(contract, &once);
	if (!buf_ok(&once))
		return;
	if (!is_ok(app_contract_parse(buf_slice(&once), arena, &err, &again)))
		abort();
	app_contract_json(&again, &twice);
	if (!slice_eq(buf_slice(&once), buf_slice(&twice)))
		abort();
}

static void lock_both_ways(const struct app_contract *contract, struct arena *arena)
{
	CLEANUP_BUF struct buf text = BUF_INIT(16u << 20);
	struct lock lock;
	struct error err = {0};
	if (is_ok(lock_write(contract, &text, &err)) &&
	    !is_ok(lock_parse(buf_slice(&text), arena, &err, &lock)) && err.code != ERR_LIMIT)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(64u << 20);
	CLEANUP_BUF struct buf worker = BUF_INIT(16u << 20);
	struct slice text = slice_of((const char *)data, size);
	struct app_contract contract;
	struct lock lock;
	struct error err = {0};
	if (is_ok(lock_parse(text, &arena, &err, &lock))) {
		struct lock_changes changes;
		if (is_ok(lock_compare(&lock, &lock, &arena, &err, &changes)) && changes.count)
			abort();
	}
	if (!is_ok(app_contract_parse(text, &arena, &err, &contract)))
		return 0;
	both_ways(&contract, &arena);
	lock_both_ways(&contract, &arena);
	for (size_t i = 0; i < contract.function_count && i < 8; i++) {
		struct type_set *types = NULL;
		buf_clear(&worker);
		app_contract_function_json(&contract, i, &worker);
		if (is_ok(app_type_set(&contract.functions[i], &err, &types)))
			type_set_free(types);
	}
	return 0;
}
