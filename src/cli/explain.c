/* `ward explain`: the contract of one function in words. */
#include <stdio.h>
#include <string.h>

#include "app/contract/explain.h"
#include "app/manifest/nearest.h"
#include "cli/contract.h"

static int unknown(const struct app_contract *contract, const char *name)
{
	struct nearest n = {.word = slice_cstr(name)};
	for (size_t i = 0; i < contract->function_count; i++)
		nearest_try(&n, contract->functions[i].contract.name);
	(void)fprintf(stderr, "ward: the app has no function %s", name);
	if (n.best.ptr)
		(void)fprintf(stderr, "; did you mean %.*s?", SLICE_ARG(n.best));
	(void)fputc('\n', stderr);
	return 1;
}

static int explain(const char *dir, const char *state, const char *name)
{
	struct error err = {0};
	struct app_contract contract;
	CLEANUP_ARENA struct arena arena = {0};
	CLEANUP_BUF struct buf text = BUF_INIT(4u << 20);
	if (!built_contract(dir, state, &arena, &contract))
		return 1;
	const struct app_function *f = app_contract_find(&contract, slice_cstr(name));
	if (!f)
		return unknown(&contract, name);
	if (!is_ok(explain_function(&contract, f, &text, &err))) {
		(void)fprintf(stderr, "ward: %s\n", err.text);
		return 1;
	}
	(void)fputs(buf_cstr(&text), stdout);
	return 0;
}

int command_explain(int argc, char **argv)
{
	const char *state;
	const char *of[2];
	if (!take_two(argc, argv, of, &state))
		return usage_error("explain", "which app and which function?");
	return explain(of[0], state, of[1]);
}
