/*
 * Mails by SMTP: the broker says which server, who the sender is and who gets it, and gives the text. Without
 * TLS nothing leaves this machine: a server that does not offer STARTTLS gets no mail, and no password.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "proc/egress/egress.h"

/* A server says a few lines; they are not looked at. */
#define ANSWER_BYTES_MAX (16u << 10)

static size_t give_bytes(char *to, size_t size, size_t count, void *context)
{
	struct fetch *f = context;
	const size_t room = size * count, left = f->body_bytes - f->body_at, n = left < room ? left : room;
	memcpy(to, f->body + f->body_at, n);
	f->body_at += n;
	return n;
}

static void text_of(char *to, size_t size, struct slice from)
{
	(void)snprintf(to, size, "%.*s", SLICE_ARG(from));
}

static bool configure(struct fetch *f, const struct mail_head *head, const struct slice parts[MAIL_PARTS])
{
	CURL *c = f->curl;
	char url[300], from[300], to[300], user[256], password[1024];
	const bool v6 = memchr(parts[0].ptr, ':', parts[0].len) != NULL;
	(void)snprintf(url, sizeof url, "%s://%s%.*s%s:%u", head->tls ? "smtps" : "smtp", v6 ? "[" : "",
	    SLICE_ARG(parts[0]), v6 ? "]" : "", head->port);
	(void)snprintf(from, sizeof from, "<%.*s>", SLICE_ARG(parts[3]));
	(void)snprintf(to, sizeof to, "<%.*s>", SLICE_ARG(parts[4]));
	text_of(user, sizeof user, parts[1]);
	text_of(password, sizeof password, parts[2]);
	bool ok =
	    fetch_configure(f, url, "smtp,smtps", head->timeout_ms) && fetch_add_line(f, slice_cstr(to));
#define SET(option, value) ok = ok && curl_easy_setopt(c, option, value) == CURLE_OK
	SET(CURLOPT_USE_SSL, (long)(head->plain_ok ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	SET(CURLOPT_MAIL_FROM, from);
	SET(CURLOPT_MAIL_RCPT, f->headers);
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_READFUNCTION, give_bytes);
	SET(CURLOPT_READDATA, f);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)f->body_bytes);
	if (user[0]) {
		SET(CURLOPT_USERNAME, user);
		SET(CURLOPT_PASSWORD, password);
	}
#undef SET
	explicit_bzero(password, sizeof password);
	return ok;
}

void mail_start(const struct record *record)
{
	struct mail_head head;
	struct slice parts[MAIL_PARTS];
	if (!is_ok(record_split(record->payload, &head, sizeof head, NULL)) ||
	    !is_ok(record_parts(record->payload, sizeof head,
		(const uint32_t[]){head.host_bytes, head.user_bytes, head.password_bytes, head.from_bytes,
		    head.to_bytes, head.text_bytes},
		MAIL_PARTS, parts, NULL))) {
		egress_reply(record->id, ERR_INVALID, 0, SLICE_NONE, SLICE("malformed mail"));
		return;
	}
	struct fetch *f = fetch_new(record->id, parts[0], parts[5], ANSWER_BYTES_MAX);
	if (!f)
		return;
	f->private_ok = head.private_ok != 0;
	fetch_start(f, configure(f, &head, parts));
}
