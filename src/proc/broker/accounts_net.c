/*
 * What accounts need of the network, all of it made by egress: documents, keys and tokens of providers, and
 * mails. Where a request goes is never a caller's to say: to the issuers and the mail server of the contract,
 * and to the hosts that an issuer names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "http/url.h"
#include "proc/broker/accounts.h"

#define PROVIDER_TIMEOUT_MS 4000u /* three of them fit into what a gateway waits */
#define MAIL_TIMEOUT_MS 30000u

static void fetched(struct broker *b, void *context, const struct egress_answer *answer)
{
	struct account_job *job = context;
	b->accounts->waiting--;
	if (answer->code != ERR_NONE)
		LOG_WARN("provider_unreachable", LOG_STR("url", job->exchange->flow.url),
		    LOG_SLICE("why", answer->body));
	identity_exchange_fetched(job->exchange, answer->code == ERR_NONE ? answer->status : 0,
	    answer->code == ERR_NONE ? answer->body : SLICE_NONE, b->unix_ms);
	accounts_advance(b, job);
}

static bool send_fetch(struct broker *b, struct account_job *job)
{
	struct http_url url;
	const struct oidc_flow *f = &job->exchange->flow;
	CLEANUP_BUF struct buf lines = BUF_SECRET(16384);
	if (!http_url_split(slice_cstr(f->url), &url))
		return false;
	const bool tls = slice_eq_cstr(url.scheme, "https");
	buf_add_cstr(&lines, "Accept: application/json\r\n");
	if (f->post)
		buf_add_cstr(&lines, "Content-Type: application/x-www-form-urlencoded\r\n");
	if (f->authorization.len)
		buf_printf(
		    &lines, "Authorization: %.*s\r\n", (int)f->authorization.len, f->authorization.ptr);
	const struct slice body = f->post ? buf_slice(&f->body) : SLICE_NONE;
	const struct fetch_head head = {.port = url.port ? url.port
						: tls	 ? 443
							 : 80,
	    .tls = tls,
	    .private_ok = f->private_ok,
	    .method = f->post ? HTTP_POST : HTTP_GET,
	    .timeout_ms = PROVIDER_TIMEOUT_MS,
	    .response_bytes_max = JWKS_BYTES_MAX,
	    .host_bytes = (uint32_t)url.host.len,
	    .path_bytes = (uint32_t)url.path.len,
	    .headers_bytes = (uint32_t)lines.len,
	    .body_bytes = (uint32_t)body.len};
	const struct slice parts[] = {
	    slice_of((const char *)&head, sizeof head), url.host, url.path, buf_slice(&lines), body, SLICE_NONE};
	const bool sent = buf_ok(&lines) && fetch_own(b, RECORD_FETCH, parts, ARRAY_LEN(parts), fetched, job);
	return sent;
}

void accounts_fetch(struct broker *b, struct account_job *job)
{
	b->accounts->waiting++;
	if (!send_fetch(b, job))
		fetched(b, job,
		    &(const struct egress_answer){.code = ERR_LIMIT, .body = SLICE("it could not be asked")});
}

/* RFC 5321 section 4.2.3: what a server says of a recipient that will never be one. */
static bool recipient_refused(uint32_t status)
{
	return status == 550 || status == 551 || status == 553;
}

static void mailed(struct broker *b, void *context, const struct egress_answer *answer)
{
	struct error err = {0};
	struct mail_under_way *place = context;
	struct identity_store *store = b->accounts->store;
	const int64_t id = place->id;
	place->id = 0;
	result r = answer->code == ERR_NONE	       ? mail_sent(store, id, b->unix_ms, &err)
		   : recipient_refused(answer->status) ? mail_refused(store, id, &err)
						       : mail_failed(store, id, b->unix_ms, &err);
	if (answer->code == ERR_NONE)
		LOG_INFO("mail_sent", LOG_INT("mail", id));
	else
		LOG_WARN("mail_failed", LOG_INT("mail", id), LOG_INT("status", answer->status),
		    LOG_SLICE("why", answer->body));
	if (!is_ok(r))
		LOG_ERROR("cannot_keep_mail", LOG_STR("why", err.text));
}

/* "Shop <shop@example.org>": the address alone is the envelope's. */
static struct slice address_in(struct slice from)
{
	const char *open = memchr(from.ptr, '<', from.len);
	if (!open)
		return from;
	struct slice rest = slice_of(open + 1, from.len - (size_t)(open + 1 - from.ptr));
	return slice_cut(&rest, '>');
}

static result send_mail(struct broker *b, const struct mail *m, struct slice password,
    struct mail_under_way *place, struct error *err)
{
	char from[EMAIL_BYTES_MAX + 1];
	CLEANUP_BUF struct buf text = BUF_SECRET(16384);
	const struct manifest_mail *server = &b->accounts->site->mail;
	TRY(email_normalise(address_in(server->from), err, from));
	TRY(mail_message(m, server->from, b->unix_ms, &text, err));
	const struct mail_head head = {.port = server->port,
	    .tls = server->tls,
	    .plain_ok = server->loopback,
	    .private_ok = server->private_ok,
	    .timeout_ms = MAIL_TIMEOUT_MS,
	    .host_bytes = (uint32_t)server->host.len,
	    .user_bytes = (uint32_t)server->user.len,
	    .password_bytes = (uint32_t)password.len,
	    .from_bytes = (uint32_t)strlen(from),
	    .to_bytes = (uint32_t)strlen(m->to),
	    .text_bytes = (uint32_t)text.len};
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head), server->host, server->user,
	    password, slice_cstr(from), slice_cstr(m->to), buf_slice(&text)};
	place->id = m->id;
	if (fetch_own(b, RECORD_MAIL, parts, ARRAY_LEN(parts), mailed, place))
		return RESULT_OK;
	place->id = 0;
	return error_set(err, ERR_LIMIT, "the mail could not be handed on");
}

static void begin_mail(struct broker *b, const struct mail *m, struct mail_under_way *place)
{
	struct error err = {0};
	struct secret_value password = {0};
	struct account_service *a = b->accounts;
	const struct slice secret = a->site->mail.secret;
	result r = secret.len && !secret_find(secret, &password)
		       ? error_set(&err, ERR_NOT_FOUND, "the mail server's password is not set")
		       : send_mail(b, m, password.bytes, place, &err);
	if (secret.len)
		secret_value_done(&password);
	if (is_ok(r))
		return;
	LOG_WARN("mail_failed", LOG_INT("mail", m->id), LOG_STR("why", err.text));
	if (!is_ok(mail_failed(a->store, m->id, b->unix_ms, &err)))
		LOG_ERROR("cannot_keep_mail", LOG_STR("why", err.text));
}

/* The link is the developer's own: it goes to the terminal of `ward dev`, and to the page of the outbox. */
static void show_mail(struct broker *b, const struct mail *m)
{
	const char *at = strstr(m->body, "://");
	while (at && at > m->body && at[-1] > ' ')
		at--;
	LOG_INFO("mail", LOG_STR("to", m->to), LOG_STR("subject", m->subject),
	    LOG_SLICE("link", at ? slice_of(at, strcspn(at, " \n")) : SLICE("")));
	ignore_result(mail_shown(b->accounts->store, m->id, b->unix_ms, NULL));
}

static struct mail_under_way *free_place(struct account_service *a)
{
	for (size_t i = 0; i < MAILS_AT_ONCE; i++)
		if (a->mails[i].id == 0)
			return &a->mails[i];
	return NULL;
}

void accounts_mails(struct broker *b)
{
	struct mail m;
	struct account_service *a = b->accounts;
	struct mail_under_way *place;
	if (!a->site || (!a->site->shows_mails && (!a->site->mail.host.len || !b->egress_up)))
		return;
	while ((place = free_place(a)) && is_ok(mail_take(a->store, b->unix_ms, NULL, &m))) {
		if (a->site->shows_mails)
			show_mail(b, &m);
		else
			begin_mail(b, &m, place);
	}
}
