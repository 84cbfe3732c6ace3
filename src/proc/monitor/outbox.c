/* Messages and mails about incidents. Called by the monitor's loop. */
#include "proc/monitor/outbox.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/check.h"
#include "base/log.h"
#include "ipc/records.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proc/monitor/api.h"
#include "proc/monitor/report.h"

#define FILE_NAME "outbox"
#define KEPT_BYTES_MAX                                                                                       \
	(DELIVERIES_MAX * (DELIVERY_BODY_MAX + sizeof(struct delivery)) + sizeof(struct alert_mailer) + 4096)
#define SUBJECT_BYTES_MAX 256u
#define MAIL_BYTES_MAX 65536u

struct outbox {
	struct deliveries deliveries;
	struct alert_mailer mailer;
	bool mailed; /* since it was kept */
	int64_t looked_ms;
};

/* The file is the monitor's own, of one build for itself: the mailer as it is, then the messages. */
static result recall(struct outbox *o, int64_t now_ms, struct error *err)
{
	struct slice text;
	TRY(file_read(FILE_NAME, KEPT_BYTES_MAX, err, &text));
	result r = text.len > sizeof o->mailer
		       ? deliveries_read(&o->deliveries,
			     slice_of(text.ptr + sizeof o->mailer, text.len - sizeof o->mailer), now_ms, err)
		       : error_set(err, ERR_INVALID, "the outbox is cut short");
	if (is_ok(r))
		memcpy(&o->mailer, text.ptr, sizeof o->mailer);
	free((char *)(uintptr_t)text.ptr);
	return r;
}

static void keep(struct outbox *o)
{
	struct error err = {0};
	CLEANUP_BUF struct buf out = BUF_INIT(KEPT_BYTES_MAX);
	buf_add(&out, &o->mailer, sizeof o->mailer);
	deliveries_write(&o->deliveries, &out);
	o->mailed = false;
	if (!buf_ok(&out) || !is_ok(file_write_atomic(FILE_NAME, buf_slice(&out), 0600, &err)))
		LOG_ERROR("cannot_keep_outbox", LOG_STR("why", buf_ok(&out) ? err.text : "it is too large"));
}

result outbox_open(struct monitor_process *p, struct error *err)
{
	uint64_t seed;
	struct error why = {0};
	p->outbox = calloc(1, sizeof *p->outbox);
	if (!p->outbox || getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
		return error_set(err, ERR_MEMORY, "no memory for messages");
	deliveries_init(&p->outbox->deliveries, seed);
	result r = recall(p->outbox, clock_unix_ms(), &why);
	if (!is_ok(r)) {
		/* None yet, or of another build: nobody is told twice of what was there before. */
		alert_mail_skip(&p->outbox->mailer, &p->monitor->observer.book);
		if (r.code == ERR_INVALID)
			LOG_WARN("outbox_begins_anew", LOG_STR("why", why.text));
	}
	return RESULT_OK;
}

static struct slice function_name(void *context, uint32_t function)
{
	return slice_cstr(api_function_name(context, function));
}

static void *function_contract(void *context, uint32_t function)
{
	return (void *)(uintptr_t)api_function(context, function);
}

/* One object: what happened in a sentence under "text", which many chat programs show as it is, and the
 * incident whole. */
static void write_body(
    const struct monitor_process *p, const struct incident *i, const char *event, struct buf *body)
{
	const struct app_contract *contract = api_contract(p);
	CLEANUP_BUF struct buf words = BUF_INIT(8192);
	struct json_writer w = {.out = body};
	incident_explain(&p->monitor->observer.book, i, slice_cstr(api_function_name(p, i->function)),
	    apps_call_name, (void *)(uintptr_t)api_function(p, i->function), &words);
	json_begin(&w, '{');
	json_member_text(&w, "app", contract ? contract->app : SLICE(""));
	json_member_text(&w, "event", slice_cstr(event));
	json_member_text(&w, "text", buf_slice(&words));
	json_key(&w, SLICE("incident"));
	w.comma = false;
	api_write_incident(p, i, &w);
	json_end(&w, '}');
}

static void add_messages(struct monitor_process *p, const struct incident *i, const char *event)
{
	struct error err = {0};
	const struct app_contract *contract = api_contract(p);
	CLEANUP_BUF struct buf body = BUF_INIT(DELIVERY_BODY_MAX);
	if (!contract || !contract->watch.webhooks.count)
		return;
	write_body(p, i, event, &body);
	for (size_t n = 0; n < contract->watch.webhooks.count; n++) {
		CLEANUP_BUF struct buf to = BUF_INIT(DELIVERY_TO_BYTES);
		manifest_webhook_name(&contract->watch.webhooks.items[n], &to);
		if (!buf_ok(&body) || !buf_ok(&to) ||
		    !is_ok(delivery_add(&p->outbox->deliveries, buf_slice(&to), i->id, event,
			buf_slice(&body), clock_unix_ms(), &err)))
			LOG_WARN("incident_not_told", LOG_INT("id", i->id), LOG_STR("why", err.text));
	}
}

void outbox_incidents(struct monitor_process *p)
{
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++) {
		const struct incident *i = &p->monitor->observer.book.incidents[n];
		struct monitor_reported *r = &p->reported[n];
		const bool over = i->state == INCIDENT_CLOSED, acts = i->action > ACTION_RECORD;
		if (i->state == INCIDENT_NONE || (r->id == i->id && r->over == over) || (!acts && !over))
			continue;
		/* Of what was only recorded nobody hears, nor of what was over before anyone could listen. */
		if (!over || r->id == i->id)
			add_messages(p, i, over ? "over" : "acting");
		*r = (struct monitor_reported){i->id, over};
	}
}

static void send_messages(struct monitor_process *p, int64_t now_ms)
{
	struct delivery *one;
	while (report_ready(p) && (one = delivery_next(&p->outbox->deliveries, now_ms))) {
		const struct report_outgoing out = {.kind = REPORT_INCIDENT,
		    .id = one->id,
		    .message = one->message,
		    .to = slice_cstr(one->to),
		    .body = slice_of(one->body, one->body_bytes)};
		if (!report_post(p, &out))
			delivery_answered(&p->outbox->deliveries, one->id, 0, false,
			    SLICE("the broker does not listen"), now_ms);
	}
}

static void send_mail(struct monitor_process *p, int64_t now_ms)
{
	static struct alert_line lines[INCIDENTS_MAX];
	const struct app_contract *contract = api_contract(p);
	const struct incident_book *book = &p->monitor->observer.book;
	if (!contract || !report_ready(p))
		return;
	if (!contract->watch.mail.count) {
		alert_mail_skip(&p->outbox->mailer, book);
		return;
	}
	const size_t count = alert_mail_due(&p->outbox->mailer, book, now_ms, lines);
	if (count == 0)
		return;
	const struct alert_names names = {contract->app, function_name, apps_call_name, function_contract, p};
	CLEANUP_BUF struct buf subject = BUF_INIT(SUBJECT_BYTES_MAX);
	CLEANUP_BUF struct buf body = BUF_INIT(MAIL_BYTES_MAX);
	alert_mail_write(book, lines, count, &names, &subject, &body);
	const struct report_outgoing out = {
	    .kind = REPORT_MAIL, .to = buf_slice(&subject), .body = buf_slice(&body)};
	if (!report_post(p, &out))
		LOG_ERROR("alert_not_mailed", LOG_STR("why", "the broker does not listen"));
	p->outbox->mailed = true;
}

void outbox_turn(struct monitor_process *p, int64_t now_ms)
{
	struct outbox *o = p->outbox;
	send_messages(p, now_ms);
	if (now_ms - o->looked_ms >= 1000 || now_ms < o->looked_ms) {
		o->looked_ms = now_ms;
		send_mail(p, now_ms);
	}
	if (o->deliveries.changed || o->mailed)
		keep(o);
}

void outbox_done(struct monitor_process *p, const struct record *record)
{
	struct report_done_head head;
	struct slice why;
	if (!is_ok(record_split(record->payload, &head, sizeof head, NULL)) ||
	    !is_ok(record_parts(record->payload, sizeof head, &head.why_bytes, 1, &why, NULL)))
		return;
	delivery_answered(
	    &p->outbox->deliveries, record->id, head.status, head.gone != 0, why, clock_unix_ms());
}

void outbox_interrupted(struct monitor_process *p)
{
	deliveries_interrupted(&p->outbox->deliveries, clock_unix_ms());
}

static void write_one(const struct delivery *d, struct json_writer *w)
{
	json_begin(w, '{');
	json_member_uint(w, "id", d->id);
	json_member_text(w, "to", slice_cstr(d->to));
	json_member_uint(w, "incident", d->incident);
	json_member_text(w, "event", slice_cstr(d->event));
	json_member_text(w, "state", slice_cstr(delivery_state_name(d->state)));
	json_member_uint(w, "tries", d->tries);
	json_member_uint(w, "status", d->status);
	json_member_text(w, "why", slice_cstr(d->why));
	json_member_uint(w, "made_ms", (uint64_t)d->made_ms);
	json_member_uint(w, "next_ms", d->state == DELIVERY_WAITING ? (uint64_t)d->next_ms : 0);
	json_member_uint(w, "ended_ms", (uint64_t)d->ended_ms);
	json_end(w, '}');
}

static int newest_first(const void *a, const void *b)
{
	const struct delivery *const *x = a, *const *y = b;
	return (*x)->id > (*y)->id ? -1 : 1;
}

void outbox_write(const struct monitor_process *p, struct json_writer *w)
{
	const struct delivery *found[DELIVERIES_MAX];
	size_t count = 0;
	for (uint32_t i = 0; i < DELIVERIES_MAX; i++)
		if (p->outbox->deliveries.of[i].state != DELIVERY_NONE)
			found[count++] = &p->outbox->deliveries.of[i];
	qsort(found, count, sizeof(struct delivery *), newest_first);
	json_begin(w, '{');
	json_member_begin(w, "deliveries", '[');
	for (size_t i = 0; i < count; i++)
		write_one(found[i], w);
	json_end(w, ']');
	json_member_uint(w, "lost", p->outbox->deliveries.lost);
	json_end(w, '}');
}

uint32_t outbox_dead(const struct monitor_process *p)
{
	uint32_t dead = 0;
	for (uint32_t i = 0; i < DELIVERIES_MAX; i++)
		dead += p->outbox->deliveries.of[i].state == DELIVERY_DEAD;
	return dead;
}

bool outbox_retry(struct monitor_process *p, uint32_t id)
{
	return delivery_retry(&p->outbox->deliveries, id, clock_unix_ms());
}
