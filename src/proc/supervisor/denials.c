/* Denied calls: counted, and kept in the state directory for `ward why`. */
#include <stdio.h>

#include "app/usage/denial.h"
#include "base/log.h"
#include "os/clock.h"
#include "proc/supervisor/supervisor.h"

/* A function that does nothing but ask for what it may not have must not keep the supervisor busy writing. */
#define KEPT_PER_SECOND 50u

const char *supervisor_denied(struct supervisor *s, const char *function, const char *what)
{
	static char id[DENIAL_ID_BYTES];
	static uint64_t second;
	static unsigned kept;
	struct error err = {0};
	uint64_t now = clock_mono_ms() / 1000;
	s->denials++;
	id[0] = '\0';
	if (now != second) {
		second = now;
		kept = 0;
	}
	if (kept++ < KEPT_PER_SECOND && !is_ok(denial_append(s->config->state_dir, clock_unix_ms(),
					    slice_cstr(function), slice_cstr(what), &err, id)))
		LOG_ERROR("cannot_keep_denial", LOG_STR("why", err.text));
	return id;
}

const char *supervisor_refused(struct supervisor *s, const char *function, const char *call)
{
	char what[160];
	(void)snprintf(what, sizeof what, "the system call %s is not in the table of its process", call);
	return supervisor_denied(s, function, what);
}

void supervisor_tell_denied(struct supervisor *s, uint32_t request, uint32_t ref, uint32_t verb, const char *what)
{
	const struct member *m = member_of(s, PROCESS_MONITOR, 0);
	if (m && m->state != MEMBER_DOWN)
		ignore_result(control_send(m->proc.control_fd, CONTROL_DENIED, request, ref, verb, what, NULL, 0, NULL));
}
