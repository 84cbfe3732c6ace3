/* What value_out.c (scalars, unions, the way in) and value_out_container.c share. All return false on a failure of w. */
#ifndef WARD_WASM_VALUE_OUT_PARTS_H
#define WARD_WASM_VALUE_OUT_PARTS_H

#include "wasm/value_out.h"

/* By enum engine_kind, for messages: "a string". */
extern const char *const value_out_kinds[];

/* Both note the failure and return false. */
bool value_out_fail(struct value_out *w, enum value_out_failure failure);
bool value_out_mismatch(struct value_out *w, const char *wanted, js_value v);
/* Whether the buffer took everything so far. */
bool value_out_done(struct value_out *w);
bool value_out_put(struct value_out *w, enum value_tag tag, const void *payload, size_t n);
bool value_out_node(struct value_out *w, plan_index type, js_value v);

/* value_out_container.c */
bool value_out_array(struct value_out *w, const struct plan_node *node, js_value v);
bool value_out_object(struct value_out *w, const struct plan_node *node, js_value v);

#endif
