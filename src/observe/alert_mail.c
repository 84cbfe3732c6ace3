/* Mails about incidents. Called by the monitor every second. */
#include "observe/alert_mail.h"

#define HOUR_MS 3600000
#define GROWS 10u
#define GROWN_LEAST 100u
#define LISTED_MAX 20u

static bool acts(const struct incident *i)
{
	return i->state == INCIDENT_ACTING || i->state == INCIDENT_QUIET;
}

/* What would have to be said of it now. */
static uint8_t news(const struct alert_told *t, const struct incident *i)
{
	const uint8_t known = t->told | t->pending;
	if (acts(i) && !(known & ALERT_BEGAN))
		return ALERT_BEGAN;
	if (i->state == INCIDENT_CLOSED && (known & ALERT_BEGAN) && !(known & ALERT_OVER))
		return ALERT_OVER;
	if (acts(i) && (t->told & ALERT_BEGAN) && i->signals >= GROWN_LEAST &&
	    i->signals / GROWS >= t->signals)
		return ALERT_GREW;
	return 0;
}

/* Brings the places up to date; returns since when the oldest news has waited, 0 without any. */
static int64_t look(struct alert_mailer *m, const struct incident_book *book, int64_t now_ms)
{
	int64_t oldest_ms = 0;
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++) {
		const struct incident *i = &book->incidents[n];
		struct alert_told *t = &m->of[n];
		if (i->state == INCIDENT_NONE)
			continue;
		if (t->incident != i->id || t->opened_ms != i->opened_ms)
			*t = (struct alert_told){.incident = i->id, .opened_ms = i->opened_ms};
		const uint8_t more = news(t, i);
		if (more && !t->pending)
			t->pending_ms = now_ms;
		t->pending |= more;
		if (t->pending && (!oldest_ms || t->pending_ms < oldest_ms))
			oldest_ms = t->pending_ms;
	}
	return oldest_ms;
}

static bool may_send(const struct alert_mailer *m, int64_t now_ms)
{
	uint32_t within_hour = 0;
	int64_t newest_ms = 0;
	for (uint32_t i = 0; i < ALERT_AN_HOUR && i < m->sent_count; i++) {
		within_hour += now_ms - m->sent_ms[i] < HOUR_MS;
		newest_ms = m->sent_ms[i] > newest_ms ? m->sent_ms[i] : newest_ms;
	}
	return within_hour < ALERT_AT_ONCE ||
	       (within_hour < ALERT_AN_HOUR && now_ms - newest_ms >= ALERT_SPACED_MS);
}

size_t alert_mail_due(struct alert_mailer *m, const struct incident_book *book, int64_t now_ms,
    struct alert_line ret_lines[INCIDENTS_MAX])
{
	const int64_t since_ms = look(m, book, now_ms);
	size_t count = 0;
	if (!since_ms || now_ms - since_ms < ALERT_GATHER_MS || !may_send(m, now_ms))
		return 0;
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++) {
		struct alert_told *t = &m->of[n];
		if (!t->pending || book->incidents[n].state == INCIDENT_NONE)
			continue;
		ret_lines[count++] = (struct alert_line){&book->incidents[n], t->pending};
		t->told |= t->pending;
		t->pending = 0;
		t->signals = book->incidents[n].signals;
	}
	m->sent_ms[m->sent_count++ % ALERT_AN_HOUR] = now_ms;
	return count;
}

void alert_mail_skip(struct alert_mailer *m, const struct incident_book *book)
{
	(void)look(m, book, 1);
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++) {
		m->of[n].told |= m->of[n].pending;
		m->of[n].pending = 0;
		m->of[n].signals = book->incidents[n].signals;
	}
}

static const char *event_words(uint8_t events)
{
	if (events & ALERT_OVER)
		return events & ALERT_BEGAN ? "came and is over" : "is over";
	return events & ALERT_BEGAN ? "began" : "has grown";
}

static void write_one(const struct incident_book *book, const struct alert_line *line,
    const struct alert_names *names, struct buf *subject, struct buf *body)
{
	const struct incident *i = line->incident;
	const struct slice name = names->function(names->context, i->function);
	buf_printf(subject, "[%.*s] %s in %.*s %s", SLICE_ARG(names->app), signal_manifests[i->kind].name,
	    SLICE_ARG(name), event_words(line->events));
	incident_explain(book, i, name, names->call, names->call_context(names->context, i->function), body);
	buf_printf(body, "\n\nIncident %u, %llu %s.", i->id, (unsigned long long)i->signals,
	    i->signals == 1 ? "signal" : "signals");
	if (i->evidence_count && i->evidence[0].request)
		buf_printf(body, " One request of it: %016llx (`ward trace %016llx`).",
		    (unsigned long long)i->evidence[0].request, (unsigned long long)i->evidence[0].request);
	buf_add_char(body, '\n');
}

static void write_line(const struct incident_book *book, const struct alert_line *line,
    const struct alert_names *names, struct buf *body)
{
	const struct incident *i = line->incident;
	const struct slice name = names->function(names->context, i->function);
	(void)book;
	buf_printf(body, "%u. %s in %.*s %s (%llu %s, %s).", i->id, signal_manifests[i->kind].name,
	    SLICE_ARG(name), event_words(line->events), (unsigned long long)i->signals,
	    i->signals == 1 ? "signal" : "signals", incident_action_name(i->action));
	if (i->evidence_count && (line->events & ALERT_BEGAN)) {
		buf_add_char(body, ' ');
		signal_explain(
		    &i->evidence[0], names->call, names->call_context(names->context, i->function), body);
	}
	buf_add_char(body, '\n');
}

void alert_mail_write(const struct incident_book *book, const struct alert_line *lines, size_t count,
    const struct alert_names *names, struct buf *subject, struct buf *body)
{
	size_t began = 0, over = 0;
	if (count == 1) {
		write_one(book, lines, names, subject, body);
		return;
	}
	for (size_t n = 0; n < count; n++) {
		began += (lines[n].events & ALERT_BEGAN) != 0;
		over += (lines[n].events & ALERT_OVER) != 0;
	}
	buf_printf(subject, "[%.*s] %zu incidents: %zu began, %zu are over", SLICE_ARG(names->app), count,
	    began, over);
	for (size_t n = 0; n < count && n < LISTED_MAX; n++)
		write_line(book, &lines[n], names, body);
	if (count > LISTED_MAX)
		buf_printf(body, "and %zu more.\n", count - LISTED_MAX);
}
