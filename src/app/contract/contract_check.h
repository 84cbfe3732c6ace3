/* What a contract that was read must be beyond what its table says. */
#ifndef WARD_APP_CONTRACT_CHECK_H
#define WARD_APP_CONTRACT_CHECK_H

#include "app/app.h"

/* ERR_INVALID says what is wrong. Fills in the parameters of routes, in arena. */
result app_contract_check(struct app_contract *c, struct arena *arena, struct error *err);

#endif
