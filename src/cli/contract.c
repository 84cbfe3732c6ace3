/* What several commands begin with: the app built, its resolved contract read. */
#include <stdio.h>

#include "cli/contract.h"

bool built_contract(const char *dir, struct arena *arena, struct app_contract *ret)
{
	const struct build_options o = {.dir = dir};
	struct error err = {0};
	arena_init(arena, 256u << 20);
	if (!build_is_fresh(dir) && !build_app(&o, &err))
		return false;
	if (is_ok(app_contract_read(dir, arena, &err, ret)))
		return true;
	(void)fprintf(stderr, "ward: %s\n", err.text);
	return false;
}
