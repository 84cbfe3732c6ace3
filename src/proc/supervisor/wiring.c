/* Channels between processes: the supervisor makes the memory, hands it to both ends and forgets it. */
#include <unistd.h>

#include "base/log.h"
#include "os/fd.h"
#include "proc/supervisor/supervisor.h"

struct end {
	int control_fd;
	enum process_kind kind;
	uint32_t ref;
	uint32_t index;
	int bell_fd;
};

/* Each end learns who the other is and how to wake it. */
static result wire(const struct end *a, const struct end *b, struct error *err)
{
	CLEANUP_FD int memory = -1;
	TRY(channel_memory(err, &memory));
	const int to_a[] = {memory, b->bell_fd};
	const int to_b[] = {memory, a->bell_fd};
	TRY(control_send(a->control_fd, CONTROL_CHANNEL, b->kind, b->ref, b->index, NULL, to_a, 2, err));
	return control_send(b->control_fd, CONTROL_CHANNEL, a->kind, a->ref, a->index, NULL, to_b, 2, err);
}

static struct end end_of(const struct member *m)
{
	return (struct end){m->proc.control_fd, m->manifest->kind, 0, m->index, m->bell_fd};
}

/* Which fixed processes talk: every gateway with the broker and the monitor, the broker with egress and the monitor. */
static bool members_talk(enum process_kind a, enum process_kind b)
{
	if (a > b)
		return members_talk(b, a);
	return (a == PROCESS_GATEWAY && (b == PROCESS_BROKER || b == PROCESS_MONITOR)) ||
	       (a == PROCESS_BROKER && (b == PROCESS_EGRESS || b == PROCESS_MONITOR));
}

result wire_members(struct supervisor *s, struct member *started, struct error *err)
{
	for (unsigned i = 0; i < s->member_count; i++) {
		struct member *other = &s->members[i];
		if (other == started || other->state == MEMBER_DOWN ||
		    !members_talk(started->manifest->kind, other->manifest->kind))
			continue;
		const struct end a = end_of(started);
		const struct end b = end_of(other);
		TRY(wire(&a, &b, err));
	}
	return RESULT_OK;
}

void unwire_member(struct supervisor *s, const struct member *ended)
{
	for (unsigned i = 0; i < s->member_count; i++) {
		struct member *other = &s->members[i];
		if (other == ended || other->state == MEMBER_DOWN ||
		    !members_talk(ended->manifest->kind, other->manifest->kind))
			continue;
		ignore_result(control_send(other->proc.control_fd, CONTROL_CHANNEL_GONE, ended->manifest->kind, 0,
		    ended->index, ended->last_end, NULL, 0, NULL));
	}
}

result wire_worker(struct supervisor *s, struct worker *w, int control_fd, struct error *err)
{
	struct member *broker = member_of(s, PROCESS_BROKER, 0);
	for (uint32_t thread = 0; thread < s->gateway_count; thread++) {
		struct member *gateway = member_of(s, PROCESS_GATEWAY, thread);
		if (broker->state == MEMBER_DOWN || gateway->state == MEMBER_DOWN)
			return error_set(err, ERR_CLOSED, "a process that the worker needs is being restarted");
		TRY(doorbell_new(err, &w->bell_fds[thread]));
		TRY(control_send(control_fd, CONTROL_SETUP, thread, thread, s->config->dev ? SETUP_DEV : 0, NULL,
		    &w->bell_fds[thread], 1, err));
		const struct end me = {control_fd, PROCESS_WORKER, w->ref, thread, w->bell_fds[thread]};
		const struct end to_gateway = end_of(gateway);
		const struct end to_broker = end_of(broker);
		TRY(wire(&me, &to_gateway, err));
		TRY(wire(&me, &to_broker, err));
	}
	return RESULT_OK;
}

void unwire_worker(struct supervisor *s, const struct worker *w, const char *why)
{
	for (unsigned i = 0; i < s->member_count; i++) {
		struct member *m = &s->members[i];
		enum process_kind kind = m->manifest->kind;
		if (m->state == MEMBER_DOWN || (kind != PROCESS_GATEWAY && kind != PROCESS_BROKER))
			continue;
		ignore_result(
		    control_send(m->proc.control_fd, CONTROL_CHANNEL_GONE, PROCESS_WORKER, w->ref, 0, why, NULL, 0, NULL));
	}
}
