/*
 * The app's database when it is on a PostgreSQL server. The supervisor knows where it is and what roles log in with, from
 * the start of ward; no byte to or from the server passes through it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "os/fd.h"
#include "proc/supervisor/supervisor.h"

#define ROOTS_BYTES_MAX (4u << 20)

static result seal_roots(const char *path, struct error *err, int *ret_fd)
{
	struct slice text = SLICE_NONE;
	TRY(file_read(path, ROOTS_BYTES_MAX, err, &text));
	result r = fd_sealed("ward-roots", text, err, ret_fd);
	free((char *)(uintptr_t)text.ptr);
	return r;
}

result database_tell(const struct member *broker, struct error *err)
{
	const struct app_database *database = broker->owner->config->database;
	CLEANUP_FD int where = -1;
	CLEANUP_FD int roots = -1;
	TRY(fd_sealed("ward-database", slice_of((const char *)database, sizeof *database), err, &where));
	if (database->place.roots[0])
		TRY(seal_roots(database->place.roots, err, &roots));
	const int fds[] = {where, roots};
	return control_send(broker->proc.control_fd, CONTROL_DATABASE, 0, 0, 0, NULL, fds, roots < 0 ? 1 : 2, err);
}

void database_setup_text(const struct supervisor *s, char *text, size_t size)
{
	const struct sql_place *place = &s->config->database->place;
	(void)snprintf(text, size, "%s\n%s", place->host, place->port);
}

void database_socket(struct supervisor *s, const char *why, const int *fds, unsigned fd_count)
{
	const struct member *broker = member_of(s, PROCESS_BROKER, 0);
	if (broker && broker->state != MEMBER_DOWN)
		ignore_result(control_send(broker->proc.control_fd, CONTROL_SOCKET, 0, 0, 0, why, fds, fd_count ? 1 : 0, NULL));
}

void database_socket_wanted(struct supervisor *s)
{
	const struct member *dialer = member_of(s, PROCESS_DIALER, 0);
	if (!dialer || dialer->state == MEMBER_DOWN ||
	    !is_ok(control_send(dialer->proc.control_fd, CONTROL_SOCKET_WANTED, 0, 0, 0, NULL, NULL, 0, NULL)))
		database_socket(s, "the dialer is being restarted", NULL, 0);
}
