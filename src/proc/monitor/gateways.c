/* Channels to gateways. A gateway is trusted to ask for operators only, and for nothing else: it may be broken. */
#include "proc/monitor/gateways.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "ipc/records.h"
#include "os/clock.h"
#include "proc/monitor/actions.h"
#include "proc/monitor/api.h"

#define WAITING_MAX 16u

struct gateways {
	struct {
		struct channel channel;
		bool up;
	} of[MONITOR_GATEWAYS_MAX];
	/* Who waits for the supervisor. */
	struct {
		uint32_t gateway, id;
	} waiting[WAITING_MAX];
	uint32_t waiting_count;
};

result gateways_prepare(struct monitor_process *p, struct error *err)
{
	p->gateways = calloc(1, sizeof *p->gateways);
	return p->gateways ? RESULT_OK : error_set(err, ERR_MEMORY, "no memory for channels");
}

void gateway_here(struct monitor_process *p, uint32_t index, int *fds, uint32_t count)
{
	struct error err = {0};
	if (count != 2 || index >= MONITOR_GATEWAYS_MAX)
		return;
	gateway_gone(p, index);
	p->gateways->of[index].up =
	    is_ok(channel_open(&p->gateways->of[index].channel, fds[0], 1, fds[1], &err));
	if (!p->gateways->of[index].up) {
		LOG_ERROR("cannot_open_channel", LOG_STR("why", err.text));
		return;
	}
	fds[1] = -1;
	if (p->monitor)
		actions_tell_all(p, index);
}

void gateway_gone(struct monitor_process *p, uint32_t index)
{
	if (index >= MONITOR_GATEWAYS_MAX || !p->gateways->of[index].up)
		return;
	channel_done(&p->gateways->of[index].channel);
	p->gateways->of[index].up = false;
	stream_end_gateway(p, index);
}

void gateway_send(struct monitor_process *p, uint32_t index, enum record_type type, uint32_t id,
    const struct slice *parts, size_t count)
{
	if (p->gateways->of[index].up)
		ignore_result(channel_send(&p->gateways->of[index].channel, type, id, parts, count, NULL));
}

static void reply(struct monitor_process *p, uint32_t gateway, uint32_t id, const struct api_answer *a,
    enum watch_step step)
{
	const struct watch_reply_head head = {.status = (uint16_t)a->status,
	    .step = (uint8_t)step,
	    .type = (uint8_t)a->type,
	    .bytes = (uint32_t)a->body.len};
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head), buf_slice(&a->body)};
	gateway_send(p, gateway, RECORD_WATCH_REPLY, id, parts, ARRAY_LEN(parts));
}

static void begin_stream(struct monitor_process *p, uint32_t gateway, uint32_t id, struct api_answer *a)
{
	if (p->stream_count == MONITOR_STREAMS_MAX) {
		api_problem(a, 503, "overloaded", "Too many listen already", NULL);
		reply(p, gateway, id, a, WATCH_WHOLE);
		return;
	}
	reply(p, gateway, id, a, WATCH_BEGIN);
	stream_add(p, gateway, id);
}

static void wait_for_processes(struct monitor_process *p, uint32_t gateway, uint32_t id, struct api_answer *a)
{
	struct gateways *g = p->gateways;
	if (g->waiting_count == WAITING_MAX) {
		api_problem(a, 503, "overloaded", "Too many ask at once", NULL);
		reply(p, gateway, id, a, WATCH_WHOLE);
		return;
	}
	g->waiting[g->waiting_count].gateway = gateway;
	g->waiting[g->waiting_count++].id = id;
	monitor_process_want_processes(p);
}

void gateways_processes(struct monitor_process *p, struct slice json)
{
	struct gateways *g = p->gateways;
	struct api_answer a = {.status = 200, .body = BUF_INIT(API_ANSWER_BYTES_MAX)};
	buf_add_slice(&a.body, json);
	for (uint32_t i = 0; i < g->waiting_count; i++)
		reply(p, g->waiting[i].gateway, g->waiting[i].id, &a, WATCH_WHOLE);
	g->waiting_count = 0;
	buf_done(&a.body);
	stream_processes(p, json);
}

static void take_request(struct monitor_process *p, uint32_t gateway, const struct record *record)
{
	struct watch_head head;
	struct slice parts[WATCH_PARTS];
	if (!is_ok(record_split(record->payload, &head, sizeof head, NULL)) ||
	    !is_ok(record_parts(record->payload, sizeof head,
		(const uint32_t[]){head.path_bytes, head.query_bytes, head.body_bytes, head.operator_bytes},
		WATCH_PARTS, parts, NULL)))
		return;
	struct api_request q = {.p = p,
	    .post = head.post != 0,
	    .path = parts[0],
	    .query = parts[1],
	    .body = parts[2],
	    .operator= parts[3],
	    .now_ms = clock_unix_ms()};
	struct api_answer a = {.body = BUF_INIT(API_ANSWER_BYTES_MAX)};
	api_answer(&q, &a);
	switch (a.more) {
	case API_WHOLE:
		reply(p, gateway, record->id, &a, WATCH_WHOLE);
		break;
	case API_STREAM:
		begin_stream(p, gateway, record->id, &a);
		break;
	case API_PROCESSES:
		wait_for_processes(p, gateway, record->id, &a);
		break;
	}
	buf_done(&a.body);
}

static void drain(struct monitor_process *p, uint32_t index)
{
	struct record record;
	struct error err = {0};
	result r;
	while (p->gateways->of[index].up &&
	       is_ok(r = channel_next(&p->gateways->of[index].channel, &err, &record))) {
		if (record.type == RECORD_WATCH)
			take_request(p, index, &record);
		else if (record.type == RECORD_WATCH_END)
			stream_end(p, index, record.id);
	}
}

void gateways_drain(struct monitor_process *p)
{
	for (uint32_t i = 0; i < MONITOR_GATEWAYS_MAX; i++)
		drain(p, i);
}

bool gateways_may_sleep(struct monitor_process *p)
{
	bool may = true;
	for (uint32_t i = 0; i < MONITOR_GATEWAYS_MAX; i++) {
		if (!p->gateways->of[i].up)
			continue;
		channel_flush(&p->gateways->of[i].channel);
		may = channel_may_sleep(&p->gateways->of[i].channel) && may;
	}
	return may;
}

void gateways_awake(struct monitor_process *p)
{
	for (uint32_t i = 0; i < MONITOR_GATEWAYS_MAX; i++)
		if (p->gateways->of[i].up)
			channel_awake(&p->gateways->of[i].channel);
}
