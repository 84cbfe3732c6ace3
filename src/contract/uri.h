/* URI references, as far as schemas need them: RFC 3986 sections 3 and 5. */
#ifndef WARD_CONTRACT_URI_H
#define WARD_CONTRACT_URI_H

#include "base/buf.h"

/* A component that is not there has ptr NULL; the path is always there. All borrow from the text. */
struct uri {
	struct slice scheme, authority, path, query, fragment;
};

/* Cuts without judging what the components hold (RFC 3986 appendix B). */
struct uri uri_split(struct slice text);
/* Section 5.2: reference against base, appended to out. */
void uri_resolve(struct slice base, struct slice reference, struct buf *out);

#endif
