/* Operators' questions about accounts. Called by accounts.c; trusts the gateway for form and for who may ask.
 */
#include "proc/broker/questions.h"

#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "identity/overview.h"
#include "ipc/watch_records.h"
#include "os/clock.h"

#define ANSWER_BYTES_MAX (4u << 20)

/* The broker is one process with one store. */
static struct identity_tally tally;

void questions_start(void)
{
	tally_begin(&tally, clock_unix_ms());
}

void questions_event(const struct broker *b, const struct identity_event *event)
{
	tally_add(&tally, event->kind, b->unix_ms);
}

struct question {
	struct broker *b;
	struct identity_store *store;
	struct slice query;
};

static result answer_identity(const struct question *q, struct error *err, struct buf *out)
{
	return identity_overview_json(q->store, &tally, q->b->unix_ms, err, out);
}

static const struct {
	const char *path;
	result (*answer)(const struct question *q, struct error *err, struct buf *out);
} answers[] = {
    {"/_ward/api/identity", answer_identity},
};

static void send_reply(struct broker *b, uint32_t gateway, uint32_t id, uint16_t status, enum watch_type type,
    struct slice bytes)
{
	const struct watch_reply_head head = {
	    .status = status, .step = WATCH_WHOLE, .type = (uint8_t)type, .bytes = (uint32_t)bytes.len};
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head), bytes};
	/* A gateway that has gone needs no answer. */
	ignore_result(
	    channel_send(&b->gateways[gateway], RECORD_WATCH_REPLY, id, parts, ARRAY_LEN(parts), NULL));
}

static void answer(struct question *q, uint32_t gateway, uint32_t id, struct slice path)
{
	struct error err = {0};
	CLEANUP_BUF struct buf out = BUF_INIT(ANSWER_BYTES_MAX);
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		if (!slice_eq_cstr(path, answers[i].path))
			continue;
		if (is_ok(answers[i].answer(q, &err, &out))) {
			send_reply(q->b, gateway, id, 200, WATCH_JSON, buf_slice(&out));
			return;
		}
		LOG_ERROR("cannot_answer_operator", LOG_SLICE("path", path), LOG_STR("why", err.text));
		send_reply(q->b, gateway, id, 500, WATCH_PROBLEM,
		    SLICE("{\"type\":\"about:blank\",\"status\":500,\"title\":\"Something went wrong\"}"));
		return;
	}
	send_reply(q->b, gateway, id, 404, WATCH_PROBLEM,
	    SLICE(
		"{\"type\":\"about:blank\",\"status\":404,\"title\":\"There is nothing at this address\"}"));
}

void questions_answer(
    struct broker *b, struct identity_store *store, uint32_t gateway, const struct record *record)
{
	struct watch_head head;
	struct slice parts[WATCH_PARTS];
	if (!is_ok(record_split(record->payload, &head, sizeof head, NULL)) ||
	    !is_ok(record_parts(record->payload, sizeof head,
		(const uint32_t[]){head.path_bytes, head.query_bytes, head.body_bytes, head.operator_bytes},
		WATCH_PARTS, parts, NULL)))
		return;
	struct question q = {.b = b, .store = store, .query = parts[1]};
	answer(&q, gateway, record->id, head.post ? SLICE("") : parts[0]);
}
