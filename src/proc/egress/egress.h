/* Between the files of the egress process: one transfer and what every kind of it shares. */
#ifndef WARD_PROC_EGRESS_EGRESS_H
#define WARD_PROC_EGRESS_EGRESS_H

#include <curl/curl.h>

#include "base/buf.h"
#include "base/mask.h"
#include "ipc/records.h"
#include "ipc/channel.h"

struct fetch {
	bool used;
	uint32_t id; /* the broker's */
	bool private_ok;
	char refused[448]; /* "", or for the author which address was not connected to, and why */
	char host[256];
	CURL *curl;
	struct curl_slist *headers; /* of a mail: its recipients */
	char *body;		    /* sent; owned */
	size_t body_bytes, body_at;
	struct mask mask; /* the secret in the request's headers */
	struct buf response_headers;
	struct buf response_body;
	char error[CURL_ERROR_SIZE];
};

/* A free place with its handle and a copy of the body, or NULL, and the broker has been told. */
struct fetch *fetch_new(uint32_t id, struct slice host, struct slice body, size_t response_bytes_max);
/* What holds for every transfer: no proxy, no redirect, no address that is not public. */
bool fetch_configure(struct fetch *f, const char *url, const char *protocols, uint32_t timeout_ms);
bool fetch_add_line(struct fetch *f, struct slice line);
/* Begins it, or, unless ok, tells the broker that it cannot be made. */
void fetch_start(struct fetch *f, bool ok);
void egress_reply(uint32_t id, enum err_code code, long status, struct slice headers, struct slice body);

/* mail.c: a mail by SMTP (RFC 5321), over TLS unless the server is this machine. */
void mail_start(const struct record *record);

#endif
