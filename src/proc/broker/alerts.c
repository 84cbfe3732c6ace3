/*
 * Mails about incidents. The monitor says what is in them, the contract who gets them; they go through the
 * outbox of the accounts, so that a mail server that is down costs none. The monitor reads what hostile
 * processes record and keeps its own measure; a measure is kept here too, so that whoever has taken it over
 * cannot fill mailboxes.
 */
#include "base/log.h"
#include "identity/mail.h"
#include "proc/broker/accounts.h"

#define HOUR_MS 3600000
#define MAILS_AN_HOUR 20u
#define BODY_BYTES_MAX 16384u

static bool may_mail(int64_t now_ms)
{
	static int64_t began_ms;
	static uint32_t count;
	if (now_ms - began_ms >= HOUR_MS || now_ms < began_ms) {
		began_ms = now_ms;
		count = 0;
	}
	return count++ < MAILS_AN_HOUR;
}

void accounts_alert(
    struct broker *b, const struct app_contract *contract, struct slice subject, struct slice text)
{
	struct error err = {0};
	struct account_service *a = b->accounts;
	CLEANUP_BUF struct buf body = BUF_INIT(BODY_BYTES_MAX);
	if (!a->site || (!a->site->shows_mails && !a->site->mail.host.len)) {
		LOG_WARN(
		    "alert_not_mailed", LOG_STR("why", "watch.mail without mail: there is no mail server"));
		return;
	}
	if (!may_mail(b->unix_ms)) {
		LOG_WARN("alert_not_mailed", LOG_STR("why", "there were too many in an hour"));
		return;
	}
	buf_add_slice(&body, text);
	if (a->origin.len)
		buf_printf(&body, "\nAll of them: %.*s/_ward/incidents\n", SLICE_ARG(a->origin));
	for (size_t i = 0; i < contract->watch.mail.count; i++)
		if (!buf_ok(&body) || !is_ok(mail_put_text(a->store, contract->watch.mail.items[i], subject,
					  buf_slice(&body), b->unix_ms, &err)))
			LOG_WARN("alert_not_mailed", LOG_SLICE("to", contract->watch.mail.items[i]),
			    LOG_STR("why", buf_ok(&body) ? err.text : "it is too long"));
	accounts_mails(b);
}
