/*
 * What the monitor wants told outside: incidents to webhooks, traces and metrics to collectors. Where to is the contract's to
 * say, what is the monitor's; egress sends it. The monitor reads what hostile processes record, so it is not trusted with
 * an address or a secret: it names the kind and gives the body.
 */
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "ipc/watch_records.h"
#include "proc/broker/broker.h"

#define UNDER_WAY_MAX 16u

static const struct {
	const char *path; /* below the host's one path */
	bool otlp;
} kinds[REPORT_KINDS] = {
    [REPORT_INCIDENT] = {"", false}, [REPORT_TRACES] = {"/v1/traces", true}, [REPORT_METRICS] = {"/v1/metrics", true}};

/* How many answers are awaited: a host that hangs must not hold up all others, nor fill the broker's table. */
static uint32_t under_way;

static void sent(struct broker *b, void *context, const struct egress_answer *answer)
{
	(void)b;
	(void)context;
	under_way--;
	if (answer->code != ERR_NONE || answer->status >= 300)
		LOG_WARN("report_not_taken", LOG_INT("status", answer->status),
		    LOG_SLICE("why", answer->code == ERR_NONE ? SLICE("it was refused") : answer->body));
}

static const struct app_contract *newest(const struct broker *b)
{
	const struct broker_app *found = NULL;
	for (size_t i = 0; i < BROKER_GENERATIONS_MAX; i++)
		if (b->apps[i] && (!found || b->apps[i]->generation > found->generation))
			found = b->apps[i];
	return found ? &found->contract : NULL;
}

static bool send_report(struct broker *b, const struct manifest_egress *to, const char *below, struct slice body)
{
	CLEANUP_BUF struct buf lines = BUF_SECRET(16384);
	CLEANUP_BUF struct buf path = BUF_INIT(8192);
	struct slice secret = SLICE_NONE;
	struct slice base = to->paths.items[0];
	/* "/" and "/v1/traces" make one path. */
	if (*below && slice_ends(base, SLICE("/")))
		base.len--;
	buf_add_slice(&path, base);
	buf_add_cstr(&path, below);
	buf_add_cstr(&lines, "Content-Type: application/json\r\nUser-Agent: ward\r\n");
	if (!secret_header(NULL, to, &lines, &secret) || !buf_ok(&path))
		return false;
	const struct fetch_head head = {.port = to->port,
	    .tls = to->tls,
	    .private_ok = to->private_ok,
	    .method = HTTP_POST,
	    .timeout_ms = (uint32_t)(to->timeout_us / 1000),
	    .response_bytes_max = (uint32_t)to->response_bytes,
	    .host_bytes = (uint32_t)to->host.len,
	    .path_bytes = (uint32_t)path.len,
	    .headers_bytes = (uint32_t)lines.len,
	    .body_bytes = (uint32_t)body.len};
	const struct slice parts[] = {
	    slice_of((const char *)&head, sizeof head), to->host, buf_slice(&path), buf_slice(&lines), body, SLICE_NONE};
	return fetch_own(b, RECORD_FETCH, parts, ARRAY_LEN(parts), sent, NULL);
}

void report_send(struct broker *b, const struct record *record)
{
	struct report_head head;
	struct slice body;
	const struct app_contract *contract = newest(b);
	if (!contract || !is_ok(record_split(record->payload, &head, sizeof head, NULL)) ||
	    !is_ok(record_parts(record->payload, sizeof head, &head.bytes, 1, &body, NULL)) || head.kind >= REPORT_KINDS)
		return;
	const struct manifest_hosts *hosts = kinds[head.kind].otlp ? &contract->watch.otlp : &contract->watch.webhooks;
	for (size_t i = 0; i < hosts->count; i++) {
		const struct manifest_egress *to = &hosts->items[i];
		const bool on_its_way = under_way < UNDER_WAY_MAX && to->paths.count == 1 &&
					send_report(b, to, kinds[head.kind].path, body);
		under_way += on_its_way;
		if (!on_its_way)
			LOG_WARN("report_not_sent", LOG_SLICE("host", to->host));
	}
}
