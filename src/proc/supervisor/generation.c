/*
 * Taking up a new app without dropping a request. The new contract goes to broker and gateways; a gateway that has it
 * sends new requests to new workers and reports when the last request of the old generation has ended; then the old
 * workers end and everyone forgets the old contract.
 *
 *	offer → APP to all → APP_READY from all → old drains → APP_DRAINED from all gateways → APP_DROP, kill
 */
#include "base/log.h"
#include "proc/supervisor/supervisor.h"

void generation_offer(struct supervisor *s, struct image *image)
{
	/* A swap is under way: what came later replaces what was waiting. */
	if (s->next)
		image_free(s->next);
	s->next = image;
	generation_progress(s);
}

static bool all_have(const struct supervisor *s, uint32_t generation)
{
	for (unsigned i = 0; i < s->member_count; i++) {
		const struct member *m = &s->members[i];
		bool needs = m->manifest->kind == PROCESS_GATEWAY || m->manifest->kind == PROCESS_BROKER;
		if (needs && m->app_ready < generation)
			return false;
	}
	return true;
}

static bool all_drained(const struct supervisor *s, uint32_t generation)
{
	for (unsigned i = 0; i < s->member_count; i++) {
		const struct member *m = &s->members[i];
		/* A gateway that was started anew never had the old one. */
		if (m->manifest->kind == PROCESS_GATEWAY && m->drained < generation && m->state != MEMBER_DOWN)
			return false;
	}
	return true;
}

static void drop(struct supervisor *s, uint32_t generation)
{
	for (unsigned i = 0; i < s->member_count; i++) {
		const struct member *m = &s->members[i];
		if (member_takes_app(m) && m->state != MEMBER_DOWN)
			ignore_result(
			    control_send(m->proc.control_fd, CONTROL_APP_DROP, generation, 0, 0, NULL, NULL, 0, NULL));
	}
}

void generation_progress(struct supervisor *s)
{
	if (s->previous && all_have(s, s->image->generation) && all_drained(s, s->previous->generation)) {
		LOG_DEBUG("generation_dropped", LOG_INT("generation", s->previous->generation));
		workers_kill(s, s->previous->generation, "its app was replaced");
		drop(s, s->previous->generation);
		image_free(s->previous);
		s->previous = NULL;
	}
	if (s->next && !s->previous) {
		s->previous = s->image;
		s->image = s->next;
		s->next = NULL;
		members_send_app(s, s->image);
	}
}
