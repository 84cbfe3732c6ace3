/*
 * What sign-in is like: the origin comes from the supervisor, providers, mails and sign-up from the app's
 * contract. A new app makes a new site; exchanges that are under way end in the one they began in.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "proc/broker/accounts.h"

#define SITE_ARENA_BYTES (64u << 10)

static void site_free(struct account_site *site)
{
	if (!site)
		return;
	identity_service_free(site->service);
	arena_done(&site->arena);
	free(site);
}

void account_site_leave(struct account_site *site)
{
	if (--site->users == 0 && site->retired)
		site_free(site);
}

static void retire(struct account_site *site)
{
	if (!site)
		return;
	site->retired = true;
	if (site->users == 0)
		site_free(site);
}

void account_site_secrets(struct account_site *site)
{
	for (size_t i = 0; i < site->provider_count; i++) {
		struct secret_value value;
		if (!site->secrets[i].len || !secret_find(site->secrets[i], &value))
			continue;
		if (!identity_service_secret(site->service, i, value.bytes))
			LOG_ERROR("no_memory_for_secret", LOG_SLICE("name", site->secrets[i]));
		secret_value_done(&value);
	}
}

static result take_mail(struct account_site *site, const struct manifest_mail *m, struct error *err)
{
	site->mail = *m;
	const struct {
		struct slice *to;
		struct slice from;
	} texts[] = {{&site->mail.host, m->host}, {&site->mail.from, m->from}, {&site->mail.user, m->user},
	    {&site->mail.secret, m->secret}};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		*texts[i].to = texts[i].from.len ? arena_copy(&site->arena, texts[i].from) : SLICE_NONE;
		if (texts[i].from.len && !texts[i].to->ptr)
			return error_set(err, ERR_MEMORY, "no memory for a mail server");
	}
	return RESULT_OK;
}

static result take_service(struct account_site *site, const struct account_service *a,
    const struct app_contract *c, bool dev, struct error *err)
{
	struct oidc_config providers[PROVIDERS_MAX] = {0};
	const struct manifest_identity *identity = &c->identity;
	site->shows_mails = dev && !c->mail.host.len;
	const bool mail = site->shows_mails || c->mail.host.len > 0;
	for (size_t i = 0; i < identity->issuer_count; i++)
		providers[i] = (struct oidc_config){.name = identity->issuers[i].name,
		    .issuer = identity->issuers[i].issuer,
		    .client_id = identity->issuers[i].client_id,
		    .private_ok = identity->issuers[i].private_ok};
	if (identity->verify && !mail)
		LOG_ERROR(
		    "sign_up_needs_mail", LOG_STR("why", "identity.verify without mail: nobody can sign up"));
	const struct identity_site text = {.origin = a->origin,
	    .sign_up_closed = identity->sign_up_closed || (identity->verify && !mail),
	    .mail = mail,
	    .outbox = site->shows_mails,
	    .proof = identity->proof == PROOF_USE_ALWAYS ? PROOF_ALWAYS : PROOF_WHEN_ATTACKED,
	    .providers = providers,
	    .provider_count = identity->issuer_count};
	identity_name_app(a->store, a->name);
	identity_verify_email(a->store, identity->verify);
	return identity_service_new(a->store, &text, err, &site->service);
}

static result take_secrets(struct account_site *site, const struct app_contract *c, struct error *err)
{
	site->provider_count = c->identity.issuer_count;
	site->secrets = arena_array(&site->arena, site->provider_count + 1, sizeof *site->secrets);
	if (!site->secrets)
		return error_set(err, ERR_MEMORY, "no memory for providers");
	for (size_t i = 0; i < site->provider_count; i++) {
		const struct slice name = c->identity.issuers[i].secret;
		site->secrets[i] = name.len ? arena_copy(&site->arena, name) : SLICE_NONE;
	}
	return RESULT_OK;
}

void accounts_app(struct broker *b, const struct app_contract *contract)
{
	struct error err = {0};
	struct account_service *a = b->accounts;
	struct account_site *site = calloc(1, sizeof *site);
	result r = site ? RESULT_OK : error_set(&err, ERR_MEMORY, "no memory for accounts");
	if (site)
		arena_init(&site->arena, SITE_ARENA_BYTES);
	if (is_ok(r) && contract->identity.issuer_count > PROVIDERS_MAX)
		r = error_set(&err, ERR_LIMIT, "too many providers");
	if (is_ok(r))
		r = take_secrets(site, contract, &err);
	if (is_ok(r))
		r = take_mail(site, &contract->mail, &err);
	if (is_ok(r))
		r = take_service(site, a, contract, (b->child->flags & SETUP_DEV) != 0, &err);
	if (!is_ok(r)) {
		LOG_ERROR("cannot_offer_accounts", LOG_STR("why", err.text));
		site_free(site);
		return;
	}
	retire(a->site);
	a->site = site;
}

void accounts_site(struct broker *b, struct slice text)
{
	struct account_service *a = b->accounts;
	arena_clear(&a->arena);
	a->origin = arena_copy(&a->arena, slice_cut(&text, '\n'));
	a->name = arena_copy(&a->arena, text);
}
