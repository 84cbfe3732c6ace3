/*
 * What only the whole app can tell: names that point to nothing, routes that collide, files that are not
 * there, and queries that reach other people's rows. Findings go to diagnostics.
 */
#ifndef WARD_APP_CHECKS_H
#define WARD_APP_CHECKS_H

#include "app/app.h"

void app_check(const struct app *app, struct diagnostics *diagnostics);
/* checks_routes.c: two functions that would answer the same request. */
void check_routes(const struct app *app, struct diagnostics *diagnostics);
/* checks_rows.c: owners and tenants of rows. */
void check_rows(const struct app *app, const struct manifest_function *f, const struct sql_query *q,
    struct text_place place, struct diagnostics *diagnostics);

/* NULL when there is no such query. */
const struct sql_query *app_query_find(const struct app *app, struct slice name);

/* A finding in ward.yaml; hint may be NULL. */
void refuse_place(struct diagnostics *diagnostics, struct text_place place, enum diagnostic_severity severity,
    const char *code, const char *hint, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

#endif
