/* The outbox and its texts. Called by the store's thread. */
#include "identity/mail.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "identity/internal.h"

#define DAY_MS (24ll * 60 * 60 * 1000)
#define MINUTE_MS (60ll * 1000)

/* "%s" is the app's name. */
static const struct mail_text {
	const char *subject;
	const char *before; /* the link, or the detail */
	const char *after;
} texts[MAIL_KIND_COUNT] = {
    [MAIL_VERIFY] = {"Confirm your address for %s", "Open this page to confirm that this address is yours:",
	"It works for a day. If you did not sign up, ignore this mail and nothing happens."},
    [MAIL_LINK] = {"Sign in to %s", "Open this page to sign in:",
	"It works once and for ten minutes. Nobody but you should see it. If you did not ask for it, ignore "
	"this mail."},
    [MAIL_RESET] = {"Choose a new password for %s", "Open this page to choose a new password:",
	"It works once and for half an hour. If you did not ask for it, ignore this mail: your password "
	"stays as it is."},
    [MAIL_HAS_ACCOUNT] = {"You have an account at %s already",
	"Somebody, perhaps you, tried to sign up with this address. It has an account already; sign in, or "
	"choose a new password:",
	"If it was not you, ignore this mail: nothing was changed."},
    [MAIL_CHANGED] = {"Your account at %s was changed", "This was changed just now:",
	"If it was not you, sign in, end all other sessions and choose a new password."},
};

/* A mail server that is down for hours must not have the store grow without end. */
static result check_room(struct identity_store *store, struct error *err)
{
	CLEANUP_QUERY struct query q = {0};
	TRY(query_first(store, ST_MAIL_WAITING, SQL_ARGS(SQL_INT(MAIL_WAITING_MAX)), err, &q));
	return sqlite3_column_int64(q.st, 0) < MAIL_WAITING_MAX
		   ? RESULT_OK
		   : error_set(err, ERR_LIMIT, "too many mails wait to be sent");
}

result mail_put(struct identity_store *store, enum mail_kind kind, const char *to, struct slice link,
    const char *detail, int64_t now_ms, struct error *err)
{
	char subject[128];
	const struct mail_text *t = &texts[kind];
	const char *name = store->app_name[0] ? store->app_name : "ward";
	const char *at = strstr(t->subject, "%s");
	CLEANUP_BUF struct buf body = BUF_INIT(sizeof((struct mail *)NULL)->body - 1);
	(void)snprintf(subject, sizeof subject, "%.*s%s%s", (int)(at - t->subject), t->subject, name, at + 2);
	buf_printf(
	    &body, "%s\n\n    %.*s%s\n\n%s\n", t->before, SLICE_ARG(link), detail ? detail : "", t->after);
	if (!buf_ok(&body))
		return error_set(err, ERR_LIMIT, "the mail is too long");
	TRY(check_room(store, err));
	return store_run(store, ST_MAIL_INSERT,
	    SQL_ARGS(SQL_TEXT(to), SQL_TEXT(subject), SQL_SLICE(buf_slice(&body)), SQL_INT(now_ms)), err,
	    NULL);
}

/* What is too long is cut before a character (RFC 3629: its further bytes begin with 10). */
static void copy_text(struct slice from, bool lines, char *to, size_t room)
{
	size_t n = 0, end = from.len < room ? from.len : room - 1;
	while (end > 0 && end < from.len && ((unsigned char)from.ptr[end] & 0xc0) == 0x80)
		end--;
	from.len = end;
	for (size_t i = 0; i < from.len; i++) {
		const unsigned char c = (unsigned char)from.ptr[i];
		to[n++] = (c >= 0x20 && c != 0x7f) || (lines && c == '\n') ? (char)c : ' ';
	}
	to[n] = '\0';
}

result mail_put_text(struct identity_store *store, struct slice to, struct slice subject, struct slice body,
    int64_t now_ms, struct error *err)
{
	struct mail m;
	TRY(email_normalise(to, err, m.to));
	copy_text(subject, false, m.subject, sizeof m.subject);
	copy_text(body, true, m.body, sizeof m.body);
	TRY(check_room(store, err));
	return store_run(store, ST_MAIL_INSERT,
	    SQL_ARGS(SQL_TEXT(m.to), SQL_TEXT(m.subject), SQL_TEXT(m.body), SQL_INT(now_ms)), err, NULL);
}

result mail_next(struct identity_store *store, int64_t now_ms, struct error *err, struct mail *ret)
{
	CLEANUP_QUERY struct query q = {0};
	result r = query_first(store, ST_MAIL_NEXT, SQL_ARGS(SQL_INT(now_ms)), err, &q);
	if (r.code == ERR_NOT_FOUND)
		return error_set(err, ERR_NOT_FOUND, "no mail is due");
	TRY(r);
	ret->id = sqlite3_column_int64(q.st, 0);
	column_copy(&q, 1, ret->to, sizeof ret->to);
	column_copy(&q, 2, ret->subject, sizeof ret->subject);
	column_copy(&q, 3, ret->body, sizeof ret->body);
	return RESULT_OK;
}

result mail_sent(struct identity_store *store, int64_t id, int64_t now_ms, struct error *err)
{
	return store_run(store, ST_MAIL_SENT, SQL_ARGS(SQL_INT(id), SQL_INT(now_ms)), err, NULL);
}

result mail_take(struct identity_store *store, int64_t now_ms, struct error *err, struct mail *ret)
{
	TRY(mail_next(store, now_ms, err, ret));
	return store_run(
	    store, ST_MAIL_TAKE, SQL_ARGS(SQL_INT(ret->id), SQL_INT(now_ms + MAIL_TAKEN_MS)), err, NULL);
}

result mail_shown(struct identity_store *store, int64_t id, int64_t now_ms, struct error *err)
{
	return store_run(store, ST_MAIL_SHOWN, SQL_ARGS(SQL_INT(id), SQL_INT(now_ms)), err, NULL);
}

static result tries_of(struct identity_store *store, int64_t id, struct error *err, unsigned *ret)
{
	CLEANUP_QUERY struct query q = {0};
	TRY(query_first(store, ST_MAIL_TRIES, SQL_ARGS(SQL_INT(id)), err, &q));
	*ret = (unsigned)sqlite3_column_int(q.st, 0);
	return RESULT_OK;
}

result mail_failed(struct identity_store *store, int64_t id, int64_t now_ms, struct error *err)
{
	unsigned tries = 0;
	TRY(tries_of(store, id, err, &tries));
	const int64_t wait_ms = tries >= MAIL_TRIES_MAX ? 2 * DAY_MS : MINUTE_MS << tries;
	return store_run(store, ST_MAIL_RETRY, SQL_ARGS(SQL_INT(id), SQL_INT(now_ms + wait_ms)), err, NULL);
}

result mail_refused(struct identity_store *store, int64_t id, struct error *err)
{
	return store_run(store, ST_MAIL_DELETE, SQL_ARGS(SQL_INT(id)), err, NULL);
}

static result add_mails(struct identity_store *store, size_t limit, json_t *mails, struct error *err)
{
	bool row = true;
	CLEANUP_QUERY struct query q = {0};
	TRY(query_start(store, ST_MAIL_LIST, SQL_ARGS(SQL_INT(limit)), err, &q));
	for (;;) {
		struct mail m;
		TRY(query_next(store, &q, err, &row));
		if (!row)
			return RESULT_OK;
		column_copy(&q, 0, m.to, sizeof m.to);
		column_copy(&q, 1, m.subject, sizeof m.subject);
		column_copy(&q, 2, m.body, sizeof m.body);
		(void)json_array_append_new(
		    mails, json_pack("{s:s,s:s,s:s,s:I}", "to", m.to, "subject", m.subject, "body", m.body,
			       "time_ms", (json_int_t)sqlite3_column_int64(q.st, 3)));
	}
}

result mail_outbox_json(struct identity_store *store, size_t limit, struct buf *out, struct error *err)
{
	json_t *mails = json_array();
	result r = add_mails(store, limit, mails, err);
	json_t *root = json_pack("{s:o}", "mails", mails);
	char *text = is_ok(r) ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	if (text)
		buf_add_cstr(out, text);
	free(text);
	TRY(r);
	return buf_ok(out) ? RESULT_OK : error_set(err, ERR_LIMIT, "the outbox is too long for one answer");
}

result mail_sweep(struct identity_store *store, int64_t now_ms, struct error *err)
{
	return store_run(store, ST_MAIL_SWEEP, SQL_ARGS(SQL_INT(now_ms - DAY_MS)), err, NULL);
}

/* RFC 2047: anything that is not plain ASCII, and any control character, goes into an encoded word. */
static void add_header(struct buf *out, const char *name, struct slice value)
{
	bool plain = true;
	char text[512];
	for (size_t i = 0; i < value.len; i++)
		plain = plain && value.ptr[i] >= 0x20 && value.ptr[i] < 0x7f;
	buf_printf(out, "%s: ", name);
	if (plain) {
		buf_add_slice(out, value);
	} else {
		(void)sodium_bin2base64(text, sizeof text, (const unsigned char *)value.ptr,
		    value.len < 300 ? value.len : 300, sodium_base64_VARIANT_ORIGINAL);
		buf_printf(out, "=?utf-8?B?%s?=", text);
	}
	buf_add_cstr(out, "\r\n");
}

result mail_message(
    const struct mail *mail, struct slice from, int64_t now_ms, struct buf *out, struct error *err)
{
	char date[64], id[33];
	uint8_t bytes[16];
	struct tm tm;
	const time_t seconds = now_ms / 1000;
	const char *domain = strchr(mail->to, '@');
	(void)gmtime_r(&seconds, &tm);
	(void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm);
	randombytes_buf(bytes, sizeof bytes);
	(void)sodium_bin2hex(id, sizeof id, bytes, sizeof bytes);
	if (memchr(from.ptr ? from.ptr : "", '\r', from.len) ||
	    memchr(from.ptr ? from.ptr : "", '\n', from.len))
		return error_set(err, ERR_INVALID, "the sender of mails has a line break");
	add_header(out, "From", from);
	add_header(out, "To", slice_cstr(mail->to));
	add_header(out, "Subject", slice_cstr(mail->subject));
	buf_printf(out,
	    "Date: %s\r\nMessage-ID: <%s@%s>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
	    "charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 8bit\r\nAuto-Submitted: auto-generated\r\n\r\n",
	    date, id, domain ? domain + 1 : "localhost");
	for (const char *at = mail->body; *at; at++) {
		if (*at == '\n')
			buf_add_char(out, '\r');
		buf_add_char(out, *at);
	}
	return buf_ok(out) ? RESULT_OK : error_set(err, ERR_LIMIT, "the mail is too long");
}
