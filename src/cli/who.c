/* `ward who`: which functions touch a table or a column, and by which query. */
#include <stdio.h>
#include <string.h>

#include "app/contract/explain.h"
#include "cli/contract.h"

int command_who(int argc, char **argv)
{
	struct app_contract contract;
	struct slice nearest;
	CLEANUP_ARENA struct arena arena = {0};
	CLEANUP_BUF struct buf text = BUF_INIT(4u << 20);
	const char *state;
	const char *of[2];
	if (!take_two(argc, argv, of, &state))
		return usage_error("who", "which app and which table or column?");
	if (!built_contract(of[0], state, &arena, &contract))
		return 1;
	if (explain_who(&contract, slice_cstr(of[1]), &text, &nearest) > 0)
		(void)fputs(buf_cstr(&text), stdout);
	else
		(void)printf("No function touches %s.\n", of[1]);
	if (nearest.ptr)
		(void)printf("No query names it; did you mean %.*s?\n", SLICE_ARG(nearest));
	return 0;
}
