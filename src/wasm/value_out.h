/*
 * From JavaScript values to the value encoding, read field by field by their declared type: what the type does not name
 * stays behind. Reading a property may run guest code (getters, proxies), under the same limits as all guest code.
 */
#ifndef WARD_WASM_VALUE_OUT_H
#define WARD_WASM_VALUE_OUT_H

#include "base/buf.h"
#include "contract/value.h"
#include "wasm/plan.h"

enum value_out_failure {
	VALUE_OUT_OK,
	VALUE_OUT_MISMATCH, /* wanted and got say how, path where */
	VALUE_OUT_THREW,    /* an exception is pending in the guest */
	VALUE_OUT_TOO_LARGE, /* the buffer's cap */
};

struct value_step {
	int name; /* id, or -1: index */
	uint32_t index;
};

struct value_out {
	const struct plan *plan;
	js_context context;
	js_value date_value; /* the guest's Date.prototype.getTime, as it was before any guest code */
	struct buf *out;
	enum value_out_failure failure;
	const char *wanted; /* static */
	const char *got;    /* static */
	struct value_step path[VALUE_DEPTH_MAX + 1];
	unsigned depth;
	unsigned failed_depth; /* how much of path counts */
};

/* Appends one value. False: see failure; what was appended is to be thrown away. On the guest stack. */
bool value_out_write(struct value_out *w, plan_index type, js_value v);

/* "items[3].price: expected a number, got a string" */
void value_out_explain(const struct value_out *w, const char *root, struct buf *text);

#endif
