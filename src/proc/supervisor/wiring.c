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

static result tell(const struct end *whom, const struct end *of, int memory, struct error *err)
{
	const int fds[] = {memory, of->bell_fd};
	return control_send(
	    whom->control_fd, CONTROL_CHANNEL, of->kind, of->ref, of->index, NULL, fds, 2, err);
}

/* Each end learns who the other is and how to wake it. */
static result wire(const struct end *a, const struct end *b, struct error *err)
{
	CLEANUP_FD int memory = -1;
	TRY(channel_memory(err, &memory));
	TRY(tell(a, b, memory, err));
	return tell(b, a, memory, err);
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

/* The two that a worker's thread talks with, in the order in which it is told of them. */
static void peers_of(struct supervisor *s, uint32_t thread, const struct member *ret[WORKER_PEERS])
{
	ret[0] = member_of(s, PROCESS_GATEWAY, thread);
	ret[1] = member_of(s, PROCESS_BROKER, 0);
}

/* The worker's side of its channels. The other is kept until it is known whose they are. */
result wire_worker(struct supervisor *s, struct worker *w, struct error *err)
{
	for (uint32_t thread = 0; thread < s->gateway_count; thread++) {
		const struct member *peers[WORKER_PEERS];
		peers_of(s, thread, peers);
		TRY(doorbell_new(err, &w->bell_fds[thread]));
		TRY(control_send(w->control.fd, CONTROL_SETUP, thread, thread, s->config->dev ? SETUP_DEV : 0,
		    NULL, &w->bell_fds[thread], 1, err));
		const struct end me = {w->control.fd, PROCESS_WORKER, w->ref, thread, w->bell_fds[thread]};
		for (unsigned i = 0; i < WORKER_PEERS; i++) {
			if (peers[i]->state == MEMBER_DOWN)
				return error_set(
				    err, ERR_CLOSED, "a process that the worker needs is being restarted");
			const struct end peer = end_of(peers[i]);
			TRY(channel_memory(err, &w->channel_fds[thread][i]));
			TRY(tell(&me, &peer, w->channel_fds[thread][i], err));
		}
	}
	return RESULT_OK;
}

/* The peers' side: from here on its function is called. */
result attach_worker(struct supervisor *s, struct worker *w, struct error *err)
{
	for (uint32_t thread = 0; thread < s->gateway_count; thread++) {
		const struct member *peers[WORKER_PEERS];
		peers_of(s, thread, peers);
		const struct end me = {w->control.fd, PROCESS_WORKER, w->ref, thread, w->bell_fds[thread]};
		for (unsigned i = 0; i < WORKER_PEERS; i++) {
			const struct end peer = end_of(peers[i]);
			TRY(tell(&peer, &me, w->channel_fds[thread][i], err));
			fd_cleanup(&w->channel_fds[thread][i]);
		}
	}
	return RESULT_OK;
}

void unwire_worker(struct supervisor *s, const struct worker *w, const char *why)
{
	if (w->ref == NO_FUNCTION)
		return;
	for (unsigned i = 0; i < s->member_count; i++) {
		struct member *m = &s->members[i];
		enum process_kind kind = m->manifest->kind;
		if (m->state == MEMBER_DOWN || (kind != PROCESS_GATEWAY && kind != PROCESS_BROKER))
			continue;
		ignore_result(
		    control_send(m->proc.control_fd, CONTROL_CHANNEL_GONE, PROCESS_WORKER, w->ref, 0, why, NULL, 0, NULL));
	}
}
