/* The queue of messages to webhooks. Called by the monitor; bodies are its own, what hosts answer is theirs.
 */
#include "observe/delivery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "observe/mix.h"

#define FIRST_WAIT_MS 5000ll
#define HTTP_GONE 410u

static const char *const state_names[DELIVERY_STATE_COUNT] = {
    "none", "waiting", "under way", "taken", "dead"};

const char *delivery_state_name(enum delivery_state state)
{
	return state < DELIVERY_STATE_COUNT ? state_names[state] : "none";
}

void deliveries_init(struct deliveries *d, uint64_t seed)
{
	*d = (struct deliveries){.next_id = 1, .seed = seed};
}

static void clear(struct delivery *one)
{
	free(one->body);
	*one = (struct delivery){0};
}

void deliveries_done(struct deliveries *d)
{
	for (uint32_t i = 0; i < DELIVERIES_MAX; i++)
		clear(&d->of[i]);
}

static bool is_open(const struct delivery *one)
{
	return one->state == DELIVERY_WAITING || one->state == DELIVERY_UNDER_WAY;
}

/* Which of two is missed less: none at all, what was taken, what is dead, what waits; among equals the
 * oldest. */
static bool is_cheaper(const struct delivery *a, const struct delivery *b)
{
	static const int worth[DELIVERY_STATE_COUNT] = {
	    [DELIVERY_TAKEN] = 1, [DELIVERY_DEAD] = 2, [DELIVERY_WAITING] = 3, [DELIVERY_UNDER_WAY] = 4};
	return worth[a->state] != worth[b->state] ? worth[a->state] < worth[b->state] : a->id < b->id;
}

static struct delivery *make_room(struct deliveries *d)
{
	struct delivery *place = &d->of[0];
	for (uint32_t i = 1; i < DELIVERIES_MAX; i++)
		place = is_cheaper(&d->of[i], place) ? &d->of[i] : place;
	d->lost += place->state >= DELIVERY_WAITING && place->state != DELIVERY_TAKEN;
	clear(place);
	return place;
}

result delivery_add(struct deliveries *d, struct slice to, uint32_t incident, const char *event,
    struct slice body, int64_t now_ms, struct error *err)
{
	if (to.len >= DELIVERY_TO_BYTES || body.len > DELIVERY_BODY_MAX || body.len == 0)
		return error_set(err, ERR_LIMIT, "a message for a webhook is too long");
	char *copy = malloc(body.len);
	if (!copy)
		return error_set(err, ERR_MEMORY, "no memory for a message");
	memcpy(copy, body.ptr, body.len);
	struct delivery *one = make_room(d);
	*one = (struct delivery){.id = d->next_id,
	    .state = DELIVERY_WAITING,
	    .message = mix64(d->seed ^ d->next_id),
	    .incident = incident,
	    .made_ms = now_ms,
	    .next_ms = now_ms,
	    .body = copy,
	    .body_bytes = (uint32_t)body.len};
	d->next_id++;
	(void)snprintf(one->event, sizeof one->event, "%s", event);
	(void)snprintf(one->to, sizeof one->to, "%.*s", SLICE_ARG(to));
	d->changed = true;
	return RESULT_OK;
}

/* Whether something has to go to the same host before it. */
static bool is_behind(const struct deliveries *d, const struct delivery *one)
{
	for (uint32_t i = 0; i < DELIVERIES_MAX; i++) {
		const struct delivery *other = &d->of[i];
		if (other == one || !is_open(other) || strcmp(other->to, one->to) != 0)
			continue;
		if (other->state == DELIVERY_UNDER_WAY ||
		    (other->incident == one->incident && other->id < one->id))
			return true;
	}
	return false;
}

struct delivery *delivery_next(struct deliveries *d, int64_t now_ms)
{
	struct delivery *next = NULL;
	for (uint32_t i = 0; i < DELIVERIES_MAX; i++) {
		struct delivery *one = &d->of[i];
		if (one->state == DELIVERY_UNDER_WAY && now_ms - one->next_ms >= DELIVERY_ANSWER_MS)
			delivery_answered(d, one->id, 0, false, SLICE("no answer was told of"), now_ms);
		if (one->state == DELIVERY_WAITING && one->next_ms <= now_ms && !is_behind(d, one) &&
		    (!next || one->id < next->id))
			next = one;
	}
	if (!next)
		return NULL;
	next->state = DELIVERY_UNDER_WAY;
	next->tries++;
	next->next_ms = now_ms;
	d->changed = true;
	return next;
}

static void end(struct delivery *one, enum delivery_state state, int64_t now_ms)
{
	one->state = state;
	one->ended_ms = now_ms;
	if (state != DELIVERY_TAKEN)
		return;
	free(one->body);
	one->body = NULL;
	one->body_bytes = 0;
}

static struct delivery *find(struct deliveries *d, uint32_t id, enum delivery_state state)
{
	for (uint32_t i = 0; id && i < DELIVERIES_MAX; i++)
		if (d->of[i].id == id && d->of[i].state == state)
			return &d->of[i];
	return NULL;
}

void delivery_answered(
    struct deliveries *d, uint32_t id, uint32_t status, bool gone, struct slice why, int64_t now_ms)
{
	struct delivery *one = find(d, id, DELIVERY_UNDER_WAY);
	if (!one)
		return;
	d->changed = true;
	one->status = status;
	(void)snprintf(one->why, sizeof one->why, "%.*s", SLICE_ARG(why));
	if (status >= 200 && status < 300) {
		end(one, DELIVERY_TAKEN, now_ms);
	} else if (gone || status == HTTP_GONE || one->tries >= DELIVERY_TRIES_MAX) {
		end(one, DELIVERY_DEAD, now_ms);
	} else {
		one->state = DELIVERY_WAITING;
		one->next_ms = now_ms + (FIRST_WAIT_MS << (one->tries - 1));
	}
}

void deliveries_interrupted(struct deliveries *d, int64_t now_ms)
{
	for (uint32_t i = 0; i < DELIVERIES_MAX; i++)
		if (d->of[i].state == DELIVERY_UNDER_WAY)
			delivery_answered(d, d->of[i].id, 0, false, SLICE("ward was interrupted"), now_ms);
}

bool delivery_retry(struct deliveries *d, uint32_t id, int64_t now_ms)
{
	struct delivery *one = find(d, id, DELIVERY_DEAD);
	if (!one)
		return false;
	one->state = DELIVERY_WAITING;
	one->tries = 0;
	one->next_ms = now_ms;
	one->ended_ms = 0;
	d->changed = true;
	return true;
}

struct kept_head {
	char magic[8];
	uint32_t delivery_bytes, count, next_id;
	uint64_t seed, lost;
};
static const char kept_magic[8] = "WARDTOLD";

void deliveries_write(struct deliveries *d, struct buf *out)
{
	struct kept_head head = {.delivery_bytes = sizeof(struct delivery),
	    .next_id = d->next_id,
	    .seed = d->seed,
	    .lost = d->lost};
	memcpy(head.magic, kept_magic, sizeof head.magic);
	for (uint32_t i = 0; i < DELIVERIES_MAX; i++)
		head.count += d->of[i].state != DELIVERY_NONE;
	buf_add(out, &head, sizeof head);
	for (uint32_t i = 0; i < DELIVERIES_MAX; i++) {
		if (d->of[i].state == DELIVERY_NONE)
			continue;
		struct delivery plain = d->of[i];
		plain.body = NULL;
		buf_add(out, &plain, sizeof plain);
		buf_add(out, d->of[i].body, d->of[i].body_bytes);
	}
	d->changed = false;
}

static result read_one(struct slice *rest, struct error *err, struct delivery *ret)
{
	struct delivery one;
	if (rest->len < sizeof one)
		return error_set(err, ERR_INVALID, "the outbox is cut short");
	memcpy(&one, rest->ptr, sizeof one);
	one.body = NULL;
	*rest = slice_of(rest->ptr + sizeof one, rest->len - sizeof one);
	if (one.state == DELIVERY_NONE || one.state >= DELIVERY_STATE_COUNT ||
	    one.body_bytes > DELIVERY_BODY_MAX || one.body_bytes > rest->len ||
	    !memchr(one.to, 0, sizeof one.to) || !memchr(one.why, 0, sizeof one.why) ||
	    !memchr(one.event, 0, sizeof one.event) || one.tries > DELIVERY_TRIES_MAX ||
	    (one.body_bytes == 0) != (one.state == DELIVERY_TAKEN))
		return error_set(err, ERR_INVALID, "the outbox is damaged");
	if (one.body_bytes && !(one.body = malloc(one.body_bytes)))
		return error_set(err, ERR_MEMORY, "no memory for a message");
	if (one.body)
		memcpy(one.body, rest->ptr, one.body_bytes);
	*rest = slice_of(rest->ptr + one.body_bytes, rest->len - one.body_bytes);
	*ret = one;
	return RESULT_OK;
}

result deliveries_read(struct deliveries *d, struct slice bytes, int64_t now_ms, struct error *err)
{
	struct kept_head head;
	struct deliveries *made = bytes.len >= sizeof head ? calloc(1, sizeof *made) : NULL;
	if (!made)
		return error_set(err, ERR_INVALID, "the outbox is cut short");
	memcpy(&head, bytes.ptr, sizeof head);
	struct slice rest = slice_of(bytes.ptr + sizeof head, bytes.len - sizeof head);
	result r = RESULT_OK;
	if (memcmp(head.magic, kept_magic, sizeof head.magic) != 0 ||
	    head.delivery_bytes != sizeof(struct delivery) || head.count > DELIVERIES_MAX)
		r = error_set(err, ERR_INVALID, "the outbox is of another build");
	deliveries_init(made, head.seed);
	made->next_id = head.next_id;
	made->lost = head.lost;
	for (uint32_t i = 0; is_ok(r) && i < head.count; i++)
		r = read_one(&rest, err, &made->of[i]);
	if (is_ok(r) && rest.len)
		r = error_set(err, ERR_INVALID, "the outbox is damaged");
	if (is_ok(r)) {
		deliveries_done(d);
		*d = *made;
		deliveries_interrupted(d, now_ms);
	} else {
		deliveries_done(made);
	}
	free(made);
	return r;
}
