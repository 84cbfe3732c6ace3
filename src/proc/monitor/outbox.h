/*
 * Who is told of incidents: each webhook of the contract gets a message when one is acted on and when it is
 * over, tried until it is taken (observe/delivery.h); those under watch.mail get few mails
 * (observe/alert_mail.h). What is still to be said lies in STATE/monitor/outbox, so that neither an end of
 * the monitor nor one of ward loses it.
 */
#ifndef WARD_PROC_MONITOR_OUTBOX_H
#define WARD_PROC_MONITOR_OUTBOX_H

#include "app/contract/json_write.h"
#include "observe/alert_mail.h"
#include "observe/delivery.h"
#include "proc/monitor/monitor.h"

/* After recalling incidents: what is known of them outside. */
result outbox_open(struct monitor_process *p, struct error *err);
/* When incidents have changed: makes messages of it. */
void outbox_incidents(struct monitor_process *p);
/* Each turn: sends what is due; keeps what has changed. */
void outbox_turn(struct monitor_process *p, int64_t now_ms);
/* The broker says what came of a message; it has gone. */
void outbox_done(struct monitor_process *p, const struct record *record);
void outbox_interrupted(struct monitor_process *p);

/* {"deliveries":[...],"lost":0}, newest first. */
void outbox_write(const struct monitor_process *p, struct json_writer *w);
/* Messages that nobody took. */
uint32_t outbox_dead(const struct monitor_process *p);
bool outbox_retry(struct monitor_process *p, uint32_t id);

#endif
