/* Between compat.c, which compares contracts, and compat_types.c, which compares schemas. */
#ifndef WARD_APP_COMPAT_TYPES_H
#define WARD_APP_COMPAT_TYPES_H

#include "base/buf.h"
#include "base/result.h"

/* Which way values flow: from old callers into the new function, or from the new function to old callers. */
enum compat_flow { COMPAT_INPUT, COMPAT_OUTPUT };

/* Called for each difference that breaks; old and new are signatures, empty where there is nothing. */
typedef void compat_break_fn(void *context, struct slice where, struct slice before, struct slice after);

/* before and after are JSON schemas as text; ptr NULL: none. where starts every path: "input". */
result compat_types(struct slice before, struct slice after, enum compat_flow flow, const char *where,
    compat_break_fn *tell, void *context, struct error *err);

#endif
