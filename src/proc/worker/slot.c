/* One request from call to answer. Called by the thread loop; trusts gateway and broker for form, the guest for nothing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/check.h"
#include "base/size.h"
#include "observe/sketch.h"
#include "os/clock.h"
#include "proc/worker/worker.h"

#define LOG_TEXT_MAX 4000u

/* Host replies name a slot and its turn, so that a reply to a request that is over finds nobody. */
static uint32_t host_call_id(uint32_t slot, uint16_t turn, uint32_t engine_call)
{
	return slot << 26 | (uint32_t)(turn & 0x3ff) << 16 | (engine_call & 0xffff);
}

_Static_assert(WORKER_SLOTS_MAX <= 64, "a slot fits six bits of a host call id");

static const uint8_t *next_seed(struct worker_thread *t)
{
	if (t->seeds_left == 0) {
		size_t got = 0;
		while (got < sizeof t->seeds) {
			ssize_t n = getrandom(t->seeds + got, sizeof t->seeds - got, 0);
			ASSERT(n > 0 || errno == EINTR);
			got += n > 0 ? (size_t)n : 0;
		}
		t->seeds_left = sizeof t->seeds / ENGINE_SEED_BYTES;
	}
	return t->seeds + (size_t)--t->seeds_left * ENGINE_SEED_BYTES;
}

/* One line for the supervisor: level, request, text; new lines of the text become U+2028, which it turns back. */
static void log_line(const struct slot *slot, const char *level, struct slice text)
{
	char line[LOG_TEXT_MAX + 64];
	/* Before the line is cut: half a secret would not be found. */
	text = held_text(slot->held, text);
	int n = snprintf(line, sizeof line, "%s\t%016llx\t", level, (unsigned long long)slot->request);
	size_t at = (size_t)n;
	for (size_t i = 0; i < text.len && at + 4 < sizeof line; i++) {
		if (text.ptr[i] == '\n') {
			memcpy(line + at, "\xe2\x80\xa8", 3);
			at += 3;
		} else {
			line[at++] = text.ptr[i];
		}
	}
	line[at++] = '\n';
	/* The pipe is full when the supervisor is busy: lines are lost rather than requests held. */
	ssize_t wrote = write(STDERR_FILENO, line, at);
	(void)wrote;
}

static void pass_logs(struct slot *slot)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	enum engine_log_level level;
	struct slice text;
	while (engine_instance_next_log(slot->instance, &level, &text))
		log_line(slot, names[level], text);
}

static void answer(struct worker_thread *t, struct slot *slot, enum call_outcome outcome, struct slice name,
    struct slice value)
{
	struct engine_usage usage = {0};
	if (!held_value(slot->held, value, &value)) {
		log_line(slot, "error", SLICE("stopped: its answer may show a secret that it holds"));
		outcome = CALL_EXCEPTION;
		name = value = SLICE_NONE;
	}
	if (slot->instance)
		engine_instance_usage(slot->instance, &usage);
	if (outcome != CALL_LATE)
		standing_served(&t->standing, (uint32_t)size_min(usage.cpu_ns / 1000, UINT32_MAX));
	struct result_head head = {.outcome = (uint8_t)outcome,
	    .cpu_us = (uint32_t)size_min(usage.cpu_ns / 1000, UINT32_MAX),
	    .memory_kib = (uint32_t)(usage.memory_bytes / 1024),
	    .queue_us = slot->queue_us,
	    .sequence_count = slot->sequence_count,
	    .name_bytes = (uint32_t)name.len,
	    .value_bytes = (uint32_t)value.len};
	memcpy(head.host_calls, slot->host_calls, sizeof head.host_calls);
	memcpy(head.sequence, slot->sequence, slot->sequence_count * sizeof *head.sequence);
	for (unsigned i = 0; i < slot->sequence_count && i < RESULT_TIMED_MAX; i++) {
		head.began[i] = slot->timed[i].began;
		head.took[i] = slot->timed[i].took;
	}
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head), name, value};
	/* A gateway that cannot take the answer is broken; the thread loop ends the process then. */
	ignore_result(channel_send(&t->gateway, RECORD_RESULT, slot->call_id, parts, 3, NULL));
	if (slot->told_broker)
		ignore_result(channel_send(&t->broker, RECORD_CALL_ENDED, (uint32_t)(slot - t->slots), NULL, 0, NULL));
	held_drop(&slot->held);
	slot->state = SLOT_SPENT;
	t->spent[t->spent_count++] = (uint32_t)(slot - t->slots);
}

static enum call_outcome limit_outcome(enum engine_limit limit, enum call_outcome otherwise)
{
	switch (limit) {
	case ENGINE_LIMIT_CPU: return CALL_CPU;
	case ENGINE_LIMIT_MEMORY: return CALL_MEMORY;
	case ENGINE_LIMIT_STACK: return CALL_STACK;
	case ENGINE_LIMIT_RESULT: return CALL_RESULT_SIZE;
	case ENGINE_LIMIT_NONE: break;
	}
	return otherwise;
}

static void answer_thrown(struct worker_thread *t, struct slot *slot)
{
	struct engine_thrown thrown;
	engine_instance_thrown(slot->instance, &thrown);
	if (thrown.declared.len) {
		answer(t, slot, CALL_ERROR, thrown.declared, thrown.data);
		return;
	}
	CLEANUP_BUF struct buf text = BUF_SECRET(LOG_TEXT_MAX * 2);
	buf_add_slice(&text, thrown.message);
	buf_add_char(&text, '\n');
	buf_add_slice(&text, thrown.stack);
	log_line(slot, "thrown", buf_slice(&text));
	/* A function that leaves it at that is not at fault, and trying again is worth it. */
	const enum call_outcome otherwise = slot->lacked ? CALL_UNAVAILABLE : CALL_EXCEPTION;
	answer(t, slot, thrown.output_mismatch ? CALL_MISMATCH : limit_outcome(thrown.limit, otherwise), SLICE_NONE, SLICE_NONE);
}

static void answer_trapped(struct worker_thread *t, struct slot *slot)
{
	struct engine_trap trap;
	engine_instance_trap(slot->instance, &trap);
	CLEANUP_BUF struct buf text = BUF_INIT(1024);
	buf_printf(&text, "stopped: %s", trap.what);
	log_line(slot, "thrown", buf_slice(&text));
	answer(t, slot, limit_outcome(trap.limit, CALL_TRAPPED), SLICE_NONE, SLICE_NONE);
}

static bool verb_of(struct slice text, enum host_verb *ret)
{
	static const char *const names[HOST_VERB_COUNT] = {
	    [HOST_QUERY] = "query", [HOST_HTTP] = "http", [HOST_BEGIN] = "begin", [HOST_COMMIT] = "commit",
	    [HOST_ROLLBACK] = "rollback", [HOST_SECRET] = "secret"};
	for (int i = 0; i < HOST_VERB_COUNT; i++)
		if (slice_eq_cstr(text, names[i])) {
			*ret = (enum host_verb)i;
			return true;
		}
	return false;
}

static uint32_t place_in(const struct slice_list *list, struct slice name)
{
	for (size_t i = 0; i < list->count; i++)
		if (slice_eq(list->items[i], name))
			return (uint32_t)i;
	return RESULT_GRANT_NONE;
}

/* The number of what is asked for in the contract, for whoever watches; whether it is granted the broker decides. */
static uint32_t grant_of(const struct app_function *f, enum host_verb verb, struct slice name)
{
	const struct manifest_function *c = &f->contract;
	if (verb == HOST_QUERY)
		return place_in(&c->queries, name);
	if (verb == HOST_SECRET)
		return place_in(&c->secrets, name);
	for (size_t i = 0; verb == HOST_HTTP && i < c->egress_count; i++) {
		const struct slice host = c->egress[i].host;
		const bool whole = name.len == host.len || (name.len > host.len && name.ptr[host.len] == ':');
		if (whole && slice_eq_nocase(slice_of(name.ptr, host.len), host))
			return (uint32_t)i;
	}
	return RESULT_GRANT_NONE;
}

_Static_assert(SKETCH_BUCKETS <= UINT8_MAX, "a time is one byte");

static uint8_t time_bucket(uint64_t from_ns, uint64_t to_ns)
{
	return (uint8_t)sketch_bucket_of((to_ns - from_ns) / 1000);
}

static void count_call(struct slot *slot, enum host_verb verb, uint32_t grant, uint32_t engine_call)
{
	if (slot->host_calls[verb] < UINT16_MAX)
		slot->host_calls[verb]++;
	if (slot->sequence_count < RESULT_TIMED_MAX) {
		struct slot_timed *timed = &slot->timed[slot->sequence_count];
		timed->engine_call = (uint16_t)engine_call;
		timed->began_ns = clock_mono_ns();
		timed->began = time_bucket(slot->began_ns, timed->began_ns);
		timed->took = 0;
	}
	if (slot->sequence_count < RESULT_CALLS_MAX)
		slot->sequence[slot->sequence_count++] = result_call(verb, grant);
}

static void time_answer(struct slot *slot, uint16_t engine_call)
{
	for (unsigned i = 0; i < slot->sequence_count && i < RESULT_TIMED_MAX; i++)
		if (slot->timed[i].engine_call == engine_call && slot->timed[i].took == 0) {
			const uint8_t took = time_bucket(slot->timed[i].began_ns, clock_mono_ns());
			slot->timed[i].took = took ? took : 1;
			return;
		}
}

static bool send_host_call(struct worker_thread *t, struct slot *slot, const struct engine_call *call)
{
	enum host_verb verb;
	if (!verb_of(call->verb, &verb))
		return false;
	if (verb == HOST_SECRET && !held_ask(&slot->held, call->id & 0xffff, call->name))
		return false;
	const struct slice name = held_text(slot->held, call->name);
	const struct host_call_head head = {.request_slot = (uint32_t)(slot - t->slots),
	    .verb = (uint8_t)verb,
	    .ticket_bytes = (uint32_t)slot->ticket_bytes,
	    .name_bytes = (uint32_t)name.len,
	    .argument_bytes = (uint32_t)call->argument.len};
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head),
	    slice_of(slot->ticket, slot->ticket_bytes), name, call->argument};
	slot->told_broker = true;
	count_call(slot, verb, grant_of(t->process->function, verb, call->name), call->id);
	/* The argument of a request that was given a secret may hold it. */
	return is_ok((slot->held ? channel_send_secret : channel_send)(&t->broker, RECORD_HOST_CALL,
	    host_call_id((uint32_t)(slot - t->slots), slot->turn, call->id), parts, 4, NULL));
}

/* What a slice of guest time led to. Calls that cannot be made are answered at once, which runs the guest again. */
static void proceed(struct worker_thread *t, struct slot *slot, enum engine_state state)
{
	struct engine_call call;
	while (state == ENGINE_WAITING && engine_instance_next_call(slot->instance, &call)) {
		if (send_host_call(t, slot, &call))
			continue;
		const struct engine_answer refused = {.code = "denied", .value = SLICE("this host call is not available")};
		state = engine_instance_resume(slot->instance, call.id, &refused);
	}
	pass_logs(slot);
	switch (state) {
	case ENGINE_WAITING:
		return;
	case ENGINE_DONE:
		answer(t, slot, CALL_DONE, SLICE_NONE, engine_instance_result(slot->instance));
		return;
	case ENGINE_THREW:
		answer_thrown(t, slot);
		return;
	case ENGINE_TRAPPED:
		answer_trapped(t, slot);
		return;
	}
}

static struct slot *take_slot(struct worker_thread *t)
{
	ASSERT(t->free_count > 0);
	struct slot *slot = &t->slots[t->free[--t->free_count]];
	slot->state = SLOT_BUSY;
	slot->turn++;
	memset(slot->host_calls, 0, sizeof slot->host_calls);
	slot->sequence_count = 0;
	slot->told_broker = slot->lacked = false;
	return slot;
}

static void note_times(struct slot *slot, const struct call_head *head)
{
	slot->began_ns = clock_mono_ns();
	slot->deadline_ns = slot->began_ns + (uint64_t)head->wall_ms * 1000000u;
	slot->queue_us =
	    slot->began_ns > head->posted_ns ? (uint32_t)size_min((slot->began_ns - head->posted_ns) / 1000, UINT32_MAX) : 0;
}

void slot_call(struct worker_thread *t, const struct record *record)
{
	struct call_head head;
	struct slice parts[3];
	struct slot *slot = take_slot(t);
	slot->call_id = record->id;
	slot->queue_us = 0;
	bool whole = is_ok(record_split(record->payload, &head, sizeof head, NULL)) &&
		     is_ok(record_parts(record->payload, sizeof head,
			 (const uint32_t[]){head.caller_bytes, head.ticket_bytes, head.input_bytes}, 3, parts, NULL)) &&
		     parts[1].len <= sizeof slot->ticket;
	if (whole)
		note_times(slot, &head);
	if (whole && standing_late(&t->standing, slot->queue_us, slot->began_ns / 1000)) {
		answer(t, slot, CALL_LATE, SLICE_NONE, SLICE_NONE);
		return;
	}
	struct error err = {0};
	if (!whole || (!slot->instance &&
			  !is_ok(engine_instance_new(t->process->program, &err, &slot->instance)))) {
		answer(t, slot, CALL_UNAVAILABLE, SLICE_NONE, SLICE_NONE);
		return;
	}
	slot->request = head.request;
	slot->ticket_bytes = parts[1].len;
	memcpy(slot->ticket, parts[1].ptr, parts[1].len);
	const struct engine_request request = {.input = parts[2], .caller = parts[0], .seed = next_seed(t)};
	proceed(t, slot, engine_instance_start(slot->instance, &request));
}

void slot_cancel(struct worker_thread *t, uint32_t call_id)
{
	for (uint32_t i = 0; i < WORKER_SLOTS_MAX; i++)
		if (t->slots[i].state == SLOT_BUSY && t->slots[i].call_id == call_id) {
			pass_logs(&t->slots[i]);
			answer(t, &t->slots[i], CALL_WALL, SLICE_NONE, SLICE_NONE);
			return;
		}
}

void slot_host_reply(struct worker_thread *t, const struct record *record)
{
	struct host_reply_head head;
	struct slice value;
	struct slot *slot = &t->slots[record->id >> 26];
	if (slot->state != SLOT_BUSY || (uint32_t)(slot->turn & 0x3ff) != (record->id >> 16 & 0x3ff))
		return;
	if (!is_ok(record_split(record->payload, &head, sizeof head, NULL)) ||
	    !is_ok(record_parts(record->payload, sizeof head, &head.value_bytes, 1, &value, NULL)))
		return;
	slot->lacked = slot->lacked || head.code == ERR_CLOSED;
	time_answer(slot, (uint16_t)(record->id & 0xffff));
	if (head.code == ERR_NONE)
		held_take(slot->held, record->id & 0xffff, value);
	const struct engine_answer reply = {
	    .code = head.code == ERR_NONE ? NULL : err_code_name((enum err_code)head.code), .value = value};
	proceed(t, slot, engine_instance_resume(slot->instance, record->id & 0xffff, &reply));
}

uint64_t slots_next_ns(const struct worker_thread *t)
{
	uint64_t next = UINT64_MAX;
	if (t->free_count + t->spent_count == WORKER_SLOTS_MAX)
		return next;
	for (uint32_t i = 0; i < WORKER_SLOTS_MAX; i++) {
		const struct slot *slot = &t->slots[i];
		if (slot->state != SLOT_BUSY)
			continue;
		uint64_t timer = engine_instance_deadline(slot->instance);
		next = timer < next ? timer : next;
		next = slot->deadline_ns < next ? slot->deadline_ns : next;
	}
	return next;
}

void slots_tick(struct worker_thread *t, uint64_t now_ns)
{
	for (uint32_t i = 0; i < WORKER_SLOTS_MAX; i++) {
		struct slot *slot = &t->slots[i];
		if (slot->state != SLOT_BUSY)
			continue;
		if (slot->deadline_ns <= now_ns) {
			pass_logs(slot);
			log_line(slot, "error", SLICE("stopped: it took longer than its wall-clock limit"));
			answer(t, slot, CALL_WALL, SLICE_NONE, SLICE_NONE);
		} else if (engine_instance_deadline(slot->instance) <= now_ns) {
			proceed(t, slot, engine_instance_tick(slot->instance, now_ns));
		}
	}
}

void slots_reset_spent(struct worker_thread *t)
{
	while (t->spent_count > 0) {
		uint32_t at = t->spent[--t->spent_count];
		if (t->slots[at].instance)
			engine_instance_reset(t->slots[at].instance);
		t->slots[at].state = SLOT_FREE;
		t->free[t->free_count++] = at;
	}
}
