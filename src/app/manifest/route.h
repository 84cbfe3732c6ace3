/* Paths of routes: "/orders/{order}/pay". */
#ifndef WARD_APP_ROUTE_H
#define WARD_APP_ROUTE_H

#include "app/manifest/manifest.h"

#define ROUTE_PATH_PARAMS_MAX 16u

/*
 * NULL when the path is well formed, with its parameters in *ret_params (in the arena); else what is wrong
 * with it, for the author to read.
 */
const char *route_path_parse(struct slice path, struct arena *arena, struct slice_list *ret_params);

#endif
