/* What the egress process does for the broker, done here by libcurl: whatever an OIDC flow wants fetched. */
#ifndef WARD_TEST_FETCH_H
#define WARD_TEST_FETCH_H

#include "identity/oidc.h"

void fetch_init(void);
/* One: the status, 0 when nobody answers. */
uint32_t fetch_one(const struct oidc_flow *f, struct buf *body);
/* Until the flow wants no more. */
result fetch_all(struct oidc_flow *f, int64_t now_ms, struct error *err);

#endif
