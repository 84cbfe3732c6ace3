/*
 * Which mails are due about incidents, and what they say. An incident is told of once when it is acted on,
 * once more when it has grown tenfold (and to a hundred signals at least), and once when it is over. What
 * comes within five seconds goes into one mail. The first six mails of an hour go at once, then one each ten
 * minutes carries whatever has come since: never more than twelve in an hour, however many incidents there
 * are.
 *
 * No I/O, fixed memory. Its state may be kept as it is, by one build for itself.
 */
#ifndef WARD_OBSERVE_ALERT_MAIL_H
#define WARD_OBSERVE_ALERT_MAIL_H

#include "observe/incident.h"

#define ALERT_GATHER_MS 5000
#define ALERT_AT_ONCE 6u
#define ALERT_SPACED_MS 600000
#define ALERT_AN_HOUR 12u

enum alert_event { ALERT_BEGAN = 1, ALERT_GREW = 2, ALERT_OVER = 4 };

/* What is known outside of the incident in this place of the book, and what is still to be said. */
struct alert_told {
	uint32_t incident;
	int64_t opened_ms;     /* numbers may come again after the book was lost */
	uint8_t told, pending; /* enum alert_event */
	int64_t pending_ms;
	uint64_t signals; /* at the last mail */
};

struct alert_mailer {
	struct alert_told of[INCIDENTS_MAX];
	int64_t sent_ms[ALERT_AN_HOUR]; /* the newest, a ring */
	uint32_t sent_count;
};

struct alert_line {
	const struct incident *incident;
	uint8_t events;
};

/* Looks at the book; returns how many lines the mail that is due now has, 0 when none is. They are told from
 * then on. */
size_t alert_mail_due(struct alert_mailer *m, const struct incident_book *book, int64_t now_ms,
    struct alert_line ret_lines[INCIDENTS_MAX]);
/* What is in the book counts as told: nobody listens. */
void alert_mail_skip(struct alert_mailer *m, const struct incident_book *book);

/* For the texts: a function's name, and the context of the namer for its host calls. */
struct alert_names {
	struct slice app;
	struct slice (*function)(void *context, uint32_t function);
	call_namer call;
	void *(*call_context)(void *context, uint32_t function);
	void *context;
};
/* Subject (one line) and body of the mail; the body of many lists the first twenty. */
void alert_mail_write(const struct incident_book *book, const struct alert_line *lines, size_t count,
    const struct alert_names *names, struct buf *subject, struct buf *body);

#endif
