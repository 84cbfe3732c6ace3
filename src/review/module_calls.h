/*
 * Calls of Terraform modules that live in the same project, so that a variable of a module has the value its
 * caller gives. Filled before the scopes are read, read by all threads afterwards. Arguments that are
 * references in the caller are followed there only through variables' defaults and locals that are literals.
 */
#ifndef WARD_REVIEW_MODULE_CALLS_H
#define WARD_REVIEW_MODULE_CALLS_H

#include "review/node.h"

struct module_call {
	struct slice dir; /* of the called module, relative, with its '/' ("" for the root) */
	struct node *block;
	const struct node *caller; /* root of the calling file */
};

struct module_calls {
	struct arena arena;
	struct module_call *items;
	size_t count;
	size_t size;
};

#define MODULE_CALLS_MAX 10000u

void module_calls_init(struct module_calls *calls);
void module_calls_done(struct module_calls *calls);
/* Reads a .tf file's module blocks with a local source. path is the file's. bytes must outlive the calls. */
void module_calls_add_file(struct module_calls *calls, struct slice path, struct slice bytes);
/*
 * The literal that callers of the module in dir pass for a variable, or NULL: when nobody calls it, when the
 * argument is missing or when it is not a literal.
 */
struct node *module_argument(const struct module_calls *calls, struct slice dir, struct slice name);

#endif
