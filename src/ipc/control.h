/*
 * Control messages: one SOCK_SEQPACKET datagram each, of one fixed size, with up to CONTROL_FDS_MAX descriptors.
 * The supervisor treats every process as hostile once it has started: a malformed message closes that peer.
 */
#ifndef WARD_IPC_CONTROL_H
#define WARD_IPC_CONTROL_H

#include "base/result.h"
#include "ipc/messages.h"

#define CONTROL_TEXT_MAX 256
#define CONTROL_FDS_MAX 6

struct control_message {
	uint32_t version;
	uint32_t type; /* enum control_type */
	uint32_t a, b, c;
	uint32_t fd_count;
	char text[CONTROL_TEXT_MAX]; /* NUL-terminated */
};

/* Sends; descriptors are borrowed. ERR_CLOSED when the peer is gone, ERR_LIMIT when its queue is full. */
result control_send(int fd, enum control_type type, uint32_t a, uint32_t b, uint32_t c, const char *text,
    const int *fds, unsigned fd_count, struct error *err);

/*
 * Receives one message. Descriptors in ret_fds[0..fd_count) become the caller's (close-on-exec). ERR_NOT_FOUND when
 * there is none now, ERR_CLOSED at the end, ERR_INVALID for anything malformed (descriptors are closed then).
 */
result control_receive(int fd, struct error *err, struct control_message *ret, int ret_fds[CONTROL_FDS_MAX]);

/* Waits for one message of this type; any other is ERR_INVALID. For start-up, before the loop runs. */
result control_expect(int fd, enum control_type type, int timeout_ms, struct error *err,
    struct control_message *ret, int ret_fds[CONTROL_FDS_MAX]);

#endif
