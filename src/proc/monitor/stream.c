/*
 * Server-sent events (HTML Living Standard, section 9.2): what changes, to those who listen. Made once a second and
 * once for all of them; what nobody listens to is not made.
 */
#include <string.h>

#include "base/check.h"
#include "os/clock.h"
#include "proc/monitor/actions.h"
#include "proc/monitor/api.h"
#include "proc/monitor/gateways.h"

#define EVENT_BYTES_MAX (4u << 20)
#define REQUESTS_MOST 20u
#define PROCESSES_MS 5000

static bool anyone(const struct monitor_process *p)
{
	return p->stream_count > 0;
}

static void send_piece(struct monitor_process *p, const struct monitor_stream *s, struct slice event)
{
	const struct watch_reply_head head = {.status = 200,
	    .step = WATCH_PIECE,
	    .type = WATCH_EVENTS,
	    .bytes = (uint32_t)event.len};
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head), event};
	gateway_send(p, s->gateway, RECORD_WATCH_REPLY, s->id, parts, ARRAY_LEN(parts));
}

/* One event to one listener, or to all (NULL). The JSON has no line ends, so that it is one line of data. */
static void send_event(
    struct monitor_process *p, const struct monitor_stream *to, const char *name, struct slice json)
{
	CLEANUP_BUF struct buf event = BUF_INIT(EVENT_BYTES_MAX);
	buf_printf(&event, "event: %s\ndata: ", name);
	buf_add_slice(&event, json);
	buf_add_cstr(&event, "\n\n");
	if (!buf_ok(&event))
		return;
	for (uint32_t i = 0; i < p->stream_count; i++)
		if (!to || to == &p->streams[i])
			send_piece(p, &p->streams[i], buf_slice(&event));
}

static void send_overview(struct monitor_process *p, const struct monitor_stream *to, int64_t now_ms)
{
	CLEANUP_BUF struct buf json = BUF_INIT(EVENT_BYTES_MAX);
	struct json_writer w = {.out = &json};
	api_write_overview(p, now_ms, true, &w);
	if (buf_ok(&json))
		send_event(p, to, "overview", buf_slice(&json));
}

static void send_actions(struct monitor_process *p, const struct monitor_stream *to)
{
	CLEANUP_BUF struct buf json = BUF_INIT(EVENT_BYTES_MAX);
	struct json_writer w = {.out = &json};
	api_write_actions(p, &w);
	if (buf_ok(&json))
		send_event(p, to, "action", buf_slice(&json));
}

static void send_hello(struct monitor_process *p, const struct monitor_stream *to, int64_t now_ms)
{
	const struct app_contract *contract = api_contract(p);
	CLEANUP_BUF struct buf json = BUF_INIT(4096);
	struct json_writer w = {.out = &json};
	json_begin(&w, '{');
	json_member_text(&w, "app", contract ? contract->app : SLICE(""));
	json_member_uint(&w, "generation", api_generation(p));
	json_member_uint(&w, "now_ms", (uint64_t)now_ms);
	json_end(&w, '}');
	send_event(p, to, "hello", buf_slice(&json));
}

/* What was before the first listener is no news. */
static void begin(struct monitor_process *p)
{
	p->streamed_count = p->monitor->recent_count;
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++) {
		const struct incident *i = &p->monitor->observer.book.incidents[n];
		p->told[n].id = i->id;
		p->told[n].state = i->state;
		p->told[n].signals = i->signals;
	}
}

void stream_add(struct monitor_process *p, uint32_t gateway, uint32_t id)
{
	ASSERT(p->stream_count < MONITOR_STREAMS_MAX);
	const int64_t now_ms = clock_unix_ms();
	struct monitor_stream *s = &p->streams[p->stream_count++];
	*s = (struct monitor_stream){.gateway = gateway, .id = id};
	if (p->stream_count == 1)
		begin(p);
	send_hello(p, s, now_ms);
	send_overview(p, s, now_ms);
	send_actions(p, s);
	monitor_process_want_processes(p);
}

static void remove_stream(struct monitor_process *p, uint32_t i)
{
	p->streams[i] = p->streams[--p->stream_count];
}

void stream_end(struct monitor_process *p, uint32_t gateway, uint32_t id)
{
	for (uint32_t i = 0; i < p->stream_count; i++)
		if (p->streams[i].gateway == gateway && p->streams[i].id == id) {
			remove_stream(p, i);
			return;
		}
}

void stream_end_gateway(struct monitor_process *p, uint32_t gateway)
{
	for (uint32_t i = p->stream_count; i > 0; i--)
		if (p->streams[i - 1].gateway == gateway)
			remove_stream(p, i - 1);
}

static void send_incident(struct monitor_process *p, uint32_t n)
{
	const struct incident *incident = &p->monitor->observer.book.incidents[n];
	CLEANUP_BUF struct buf json = BUF_INIT(EVENT_BYTES_MAX);
	struct json_writer w = {.out = &json};
	p->told[n].id = incident->id;
	p->told[n].state = incident->state;
	p->told[n].signals = incident->signals;
	api_write_incident(p, incident, &w);
	if (buf_ok(&json))
		send_event(p, NULL, "incident", buf_slice(&json));
}

/* Those whose state has changed, or, once a second, that signals have joined since they were told of. */
static void send_incidents(struct monitor_process *p, bool joined)
{
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++) {
		const struct incident *i = &p->monitor->observer.book.incidents[n];
		if (i->state != INCIDENT_NONE &&
		    (p->told[n].id != i->id || p->told[n].state != i->state ||
			(joined && p->told[n].signals != i->signals)))
			send_incident(p, n);
	}
}

void stream_turn(struct monitor_process *p)
{
	if (p->incidents_changed && anyone(p))
		send_incidents(p, false);
	p->incidents_changed = false;
}

void stream_processes(struct monitor_process *p, struct slice json)
{
	CLEANUP_BUF struct buf line = BUF_INIT(EVENT_BYTES_MAX);
	if (!anyone(p))
		return;
	for (size_t i = 0; i < json.len; i++)
		if (json.ptr[i] != '\n')
			buf_add_char(&line, json.ptr[i]);
	send_event(p, NULL, "processes", buf_slice(&line));
}

void stream_tick(struct monitor_process *p, int64_t now_ms)
{
	if (!anyone(p)) {
		p->actions->changed = false;
		return;
	}
	send_overview(p, NULL, now_ms);
	if (p->monitor->recent_count != p->streamed_count) {
		CLEANUP_BUF struct buf json = BUF_INIT(EVENT_BYTES_MAX);
		struct json_writer w = {.out = &json};
		api_write_requests(p, p->streamed_count, REQUESTS_MOST, &w);
		p->streamed_count = p->monitor->recent_count;
		send_event(p, NULL, "requests", buf_slice(&json));
	}
	send_incidents(p, true);
	if (p->actions->changed)
		send_actions(p, NULL);
	p->actions->changed = false;
	if (now_ms - p->processes_asked_ms >= PROCESSES_MS)
		monitor_process_want_processes(p);
}
