/*
 * What operators ask of accounts: GET /_ward/api/identity and /_ward/api/audit (docs/dashboard-api.md). Who
 * may ask is decided by the gateway, before it passes a request on; the rest of the interface is the
 * monitor's.
 */
#ifndef WARD_PROC_BROKER_QUESTIONS_H
#define WARD_PROC_BROKER_QUESTIONS_H

#include "identity/store.h"
#include "proc/broker/broker.h"

/* From now on events are counted. */
void questions_start(void);
void questions_event(const struct broker *b, const struct identity_event *event);

/* A RECORD_WATCH of that gateway; it is answered with one RECORD_WATCH_REPLY. */
void questions_answer(
    struct broker *b, struct identity_store *store, uint32_t gateway, const struct record *record);

#endif
