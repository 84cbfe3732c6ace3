/*
 * What the monitor wants told outside: incidents to webhooks and by mail, traces, metrics and logs to
 * collectors. Where to is the contract's to say, what is the monitor's; egress sends it. The monitor reads
 * what hostile processes record, so it is not trusted with an address or a secret: it names the kind, one of
 * the contract's webhooks, and gives the body.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "base/size.h"
#include "ipc/watch_records.h"
#include "proc/broker/broker.h"

#define UNDER_WAY_MAX 16u
#define WHY_BYTES_MAX 150u

/* Paths of OTLP over HTTP, below the collector's one path. */
static const char *const otlp_paths[REPORT_KINDS] = {
    [REPORT_TRACES] = "/v1/traces", [REPORT_METRICS] = "/v1/metrics", [REPORT_LOGS] = "/v1/logs"};

/* How many answers are awaited: a host that hangs must not hold up all others, nor fill the broker's table.
 */
static uint32_t under_way;

/* One request outside. id: of the monitor's message, which it is told of; 0: nobody asks what came of it. */
struct outgoing {
	uint32_t id;
};

static void tell_monitor(struct broker *b, uint32_t id, uint32_t status, bool gone, struct slice why)
{
	why.len = size_min(why.len, WHY_BYTES_MAX);
	const struct report_done_head head = {.status = status, .gone = gone, .why_bytes = (uint32_t)why.len};
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head), why};
	if (b->monitor_up)
		ignore_result(
		    channel_send(&b->monitor, RECORD_REPORT_DONE, id, parts, ARRAY_LEN(parts), NULL));
}

static void sent(struct broker *b, void *context, const struct egress_answer *answer)
{
	struct outgoing *o = context;
	const bool came = answer->code == ERR_NONE, taken = came && answer->status < 300;
	const struct slice why = taken ? SLICE_NONE : came ? SLICE("it was refused") : answer->body;
	under_way--;
	if (!taken)
		LOG_WARN("report_not_taken", LOG_INT("status", answer->status), LOG_SLICE("why", why));
	if (o->id)
		tell_monitor(b, o->id, came ? answer->status : 0, false, why);
	free(o);
}

static const struct app_contract *newest(const struct broker *b)
{
	const struct broker_app *found = NULL;
	for (size_t i = 0; i < BROKER_GENERATIONS_MAX; i++)
		if (b->apps[i] && (!found || b->apps[i]->generation > found->generation))
			found = b->apps[i];
	return found ? &found->contract : NULL;
}

/* lines: header lines to be, already begun. */
static bool post(struct broker *b, const struct manifest_egress *to, const char *below, struct buf *lines,
    struct slice body, struct outgoing *o)
{
	CLEANUP_BUF struct buf path = BUF_INIT(8192);
	struct slice secret = SLICE_NONE;
	struct slice base = to->paths.items[0];
	/* "/" and "/v1/traces" make one path. */
	if (*below && slice_ends(base, SLICE("/")))
		base.len--;
	buf_add_slice(&path, base);
	buf_add_cstr(&path, below);
	buf_add_cstr(lines, "Content-Type: application/json\r\nUser-Agent: ward\r\n");
	if (!secret_header(NULL, to, lines, &secret) || !buf_ok(&path) || !buf_ok(lines))
		return false;
	const struct fetch_head head = {.port = to->port,
	    .tls = to->tls,
	    .private_ok = to->private_ok,
	    .method = HTTP_POST,
	    .timeout_ms = (uint32_t)(to->timeout_us / 1000),
	    .response_bytes_max = (uint32_t)to->response_bytes,
	    .host_bytes = (uint32_t)to->host.len,
	    .path_bytes = (uint32_t)path.len,
	    .headers_bytes = (uint32_t)lines->len,
	    .body_bytes = (uint32_t)body.len};
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head), to->host, buf_slice(&path),
	    buf_slice(lines), body, SLICE_NONE};
	return fetch_own(b, RECORD_FETCH, parts, ARRAY_LEN(parts), sent, o);
}

/* False when it cannot be made; then nobody is told of an answer. */
static bool begin(struct broker *b, const struct manifest_egress *to, const char *below, struct buf *lines,
    struct slice body, uint32_t id)
{
	struct outgoing *o = under_way < UNDER_WAY_MAX && to->paths.count == 1 ? malloc(sizeof *o) : NULL;
	if (o)
		*o = (struct outgoing){id};
	const bool begun = o && post(b, to, below, lines, body, o);
	under_way += begun;
	if (!begun) {
		free(o);
		LOG_WARN("report_not_sent", LOG_SLICE("host", to->host));
	}
	return begun;
}

static void send_incident(struct broker *b, const struct app_contract *c, const struct report_head *head,
    struct slice name, struct slice body, uint32_t id)
{
	for (size_t i = 0; i < c->watch.webhooks.count; i++) {
		const struct manifest_egress *to = &c->watch.webhooks.items[i];
		CLEANUP_BUF struct buf lines = BUF_SECRET(16384);
		CLEANUP_BUF struct buf known = BUF_INIT(4096);
		manifest_webhook_name(to, &known);
		if (!slice_eq(name, buf_slice(&known)))
			continue;
		if (!webhook_sign(to->sign, head->message, body, b->unix_ms, &lines))
			tell_monitor(
			    b, id, 0, false, SLICE("the secret that signs it is not set, or no key"));
		else if (!begin(b, to, "", &lines, body, id))
			tell_monitor(b, id, 0, false, SLICE("it could not be handed on"));
		return;
	}
	tell_monitor(b, id, 0, true, SLICE("the contract names no such webhook any more"));
}

void report_send(struct broker *b, const struct record *record)
{
	struct report_head head;
	struct slice parts[2];
	const struct app_contract *contract = newest(b);
	if (!is_ok(record_split(record->payload, &head, sizeof head, NULL)) ||
	    !is_ok(record_parts(record->payload, sizeof head,
		(const uint32_t[]){head.to_bytes, head.body_bytes}, 2, parts, NULL)))
		return;
	if (!contract && head.kind == REPORT_INCIDENT)
		tell_monitor(b, record->id, 0, false, SLICE("no app is served yet"));
	if (!contract)
		return;
	if (head.kind == REPORT_INCIDENT)
		send_incident(b, contract, &head, parts[0], parts[1], record->id);
	else if (head.kind == REPORT_MAIL)
		accounts_alert(b, contract, parts[0], parts[1]);
	for (size_t i = 0;
	     head.kind < REPORT_KINDS && otlp_paths[head.kind] && i < contract->watch.otlp.count; i++) {
		CLEANUP_BUF struct buf lines = BUF_SECRET(16384);
		(void)begin(b, &contract->watch.otlp.items[i], otlp_paths[head.kind], &lines, parts[1], 0);
	}
}
