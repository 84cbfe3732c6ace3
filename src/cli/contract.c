/* What several commands begin with: the app built, its resolved contract read. */
#include <stdio.h>

#include "cli/contract.h"

bool take_two(int argc, char **argv, const char *ret_two[2], const char **ret_state)
{
	size_t count = 0;
	*ret_state = NULL;
	for (int i = 1; i < argc; i++) {
		if (option_value(argc, argv, &i, "--state", ret_state))
			continue;
		if (argv[i][0] == '-' || count == 2)
			return false;
		ret_two[count++] = argv[i];
	}
	return count == 2;
}

bool built_contract(const char *dir, const char *state, struct arena *arena, struct app_contract *ret)
{
	const struct build_options o = {.dir = dir, .state = state};
	struct error err = {0};
	arena_init(arena, 256u << 20);
	if (!build_is_fresh(dir) && !build_app(&o, &err))
		return false;
	if (is_ok(app_contract_read(dir, arena, &err, ret)))
		return true;
	(void)fprintf(stderr, "ward: %s\n", err.text);
	return false;
}
