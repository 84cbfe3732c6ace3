/* What several commands begin with: the app built, its resolved contract read. */
#ifndef WARD_CLI_CONTRACT_H
#define WARD_CLI_CONTRACT_H

#include "app/app.h"
#include "app/inputs.h"
#include "cli/cli.h"

/* "DIR WHAT [--state STATE]" of a command; *ret_state NULL when it is not said. */
bool take_two(int argc, char **argv, const char *ret_two[2], const char **ret_state);

/* state: NULL for the app's own. Builds the app and reads its contract into the arena, which the caller ends
 * also on failure; tells what is wrong. */
bool built_contract(const char *dir, const char *state, struct arena *arena, struct app_contract *ret);

/* fresh.c: what a build read, taken before it and kept when it found nothing to say. */
struct build_inputs {
	char text[INPUTS_TEXT_BYTES];
};
void build_begins(const char *dir, struct build_inputs *ret);
void build_was_clean(const char *dir, const struct build_inputs *inputs);
bool build_is_fresh(const char *dir);

/* secret.c: names on standard error what the app's functions need and the state directory does not hold. */
void warn_unset_secrets(const struct app_contract *contract, const char *state);

#endif
