/* From the value encoding (contract/value.h) to JavaScript values, by QuickJS's own constructors. */
#ifndef WARD_WASM_VALUE_IN_H
#define WARD_WASM_VALUE_IN_H

#include "wasm/plan.h"

struct value_in {
	const struct plan *plan; /* atoms of name ids */
	js_context context;
	js_value bigint_of; /* the guest's BigInt, as it was before any guest code */
	const uint8_t *at, *end;
	bool malformed; /* set when JS_EXCEPTION means a wrong encoding and not an exception of the guest */
};

/* One value that fills [at, end). JS_EXCEPTION on failure. On the guest stack. */
js_value value_in_read(struct value_in *in);

#endif
