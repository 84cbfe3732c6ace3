/*
 * The audit log: what happened to accounts, and every act of an operator, in the identity store. It is only
 * added to; rows go by age alone, and those of the app's users also when there are very many of them, or with
 * their account. Tries that were refused are no acts: they are counted and logged, and whoever makes them
 * cannot fill this up.
 */
#ifndef WARD_IDENTITY_AUDIT_H
#define WARD_IDENTITY_AUDIT_H

#include "base/buf.h"
#include "identity/store.h"

#define AUDIT_NAME_MAX 96u
#define AUDIT_KIND_MAX 32u
#define AUDIT_DETAIL_MAX 1024u
#define AUDIT_PAGE_MAX 1000u

/* "signed_in", "roles_changed" ... */
const char *identity_event_name(enum identity_event_kind kind);

/* An act that was done outside this store: "act", what in detail. by: who, as the log shows them. */
result audit_act(struct identity_store *store, struct slice by, struct slice address, struct slice detail,
    int64_t now_ms, struct error *err);

/* From now on acts are by somebody else than the account concerned: `ward user`. */
void audit_acting(struct identity_store *store, const char *by, enum user_realm realm, int64_t now_ms);

/*
 * {"events":[{"id","time_ms","realm","kind","user","by","address","detail"}],"more":bool}, newest first,
 * those before the given id (0: the newest), at most limit.
 */
result audit_json(
    struct identity_store *store, int64_t before, size_t limit, struct buf *out, struct error *err);

/* For the store. */
void audit_event(
    struct identity_store *store, const struct identity_event *event, const struct identity_caller *caller);
result audit_forget(struct identity_store *store, const char *user, struct error *err);
result audit_sweep(struct identity_store *store, int64_t now_ms, struct error *err);

#endif
