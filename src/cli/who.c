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
	if (argc != 3 || argv[1][0] == '-')
		return usage_error("who", "which app and which table or column?");
	if (!built_contract(argv[1], &arena, &contract))
		return 1;
	if (explain_who(&contract, slice_cstr(argv[2]), &text, &nearest) > 0)
		(void)fputs(buf_cstr(&text), stdout);
	else
		(void)printf("No function touches %s.\n", argv[2]);
	if (nearest.ptr)
		(void)printf("No query names it; did you mean %.*s?\n", SLICE_ARG(nearest));
	return 0;
}
