/* What several commands begin with: the app built, its resolved contract read. */
#ifndef WARD_CLI_CONTRACT_H
#define WARD_CLI_CONTRACT_H

#include "app/app.h"
#include "cli/cli.h"

/* Builds the app and reads its contract into the arena, which the caller ends also on failure; tells what is
 * wrong. */
bool built_contract(const char *dir, struct arena *arena, struct app_contract *ret);

/* secret.c: names on standard error what the app's functions need and the state directory does not hold. */
void warn_unset_secrets(const struct app_contract *contract, const char *state);

#endif
