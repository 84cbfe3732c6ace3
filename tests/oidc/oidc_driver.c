/*
 * The OIDC client of ward behind lines of JSON, so that a script with a real provider can be the browser:
 *
 *	{"op":"provider","issuer":..,"client_id":..,"client_secret":..,"redirect_uri":..}
 *	{"op":"start"}                                     -> {"url":..}
 *	{"op":"finish","code":..,"iss":..,"later_s":..}    -> {"subject":..,"email":..} or {"error":..}
 *
 * Fetches are done here by libcurl, as the egress process does them for the broker.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch.h"
#include "os/clock.h"

#define LINE_BYTES_MAX 65536

static struct oidc_provider *provider;
static struct oidc_secrets secrets;

static result op_provider(const json_t *in, struct error *err, json_t *out)
{
	const struct oidc_config config = {.name = SLICE("test"),
	    .issuer = token_member_text(in, "issuer"),
	    .client_id = token_member_text(in, "client_id"),
	    .client_secret = token_member_text(in, "client_secret"),
	    .redirect_uri = token_member_text(in, "redirect_uri"),
	    .private_ok = true};
	(void)out;
	oidc_provider_free(provider);
	provider = NULL;
	return oidc_provider_new(&config, err, &provider);
}

static result op_start(const json_t *in, struct error *err, json_t *out)
{
	struct oidc_flow f;
	const int64_t now_ms = clock_unix_ms();
	CLEANUP_BUF struct buf url = BUF_INIT(8192);
	(void)in;
	TRY(oidc_flow_start(provider, now_ms, err, &f));
	result r = fetch_all(&f, now_ms, err);
	oidc_secrets_make(&secrets);
	if (is_ok(r))
		r = oidc_authorize_url(&f, &secrets, SLICE("the-state"), &url, err);
	if (is_ok(r))
		(void)json_object_set_new(out, "url", json_string(buf_cstr(&url)));
	oidc_flow_done(&f);
	return r;
}

static result op_finish(const json_t *in, struct error *err, json_t *out)
{
	struct oidc_flow f;
	const int64_t now_ms = clock_unix_ms() + json_integer_value(json_object_get(in, "later_s")) * 1000;
	const struct oidc_callback callback = {.code = token_member_text(in, "code"),
	    .issuer = token_member_text(in, "iss"),
	    .error = token_member_text(in, "error")};
	result r = oidc_flow_finish(provider, &callback, &secrets, now_ms, err, &f);
	if (is_ok(r))
		r = fetch_all(&f, now_ms, err);
	if (is_ok(r)) {
		(void)json_object_set_new(out, "subject", json_string(f.subject));
		(void)json_object_set_new(out, "email", json_string(f.email));
		(void)json_object_set_new(out, "email_verified", json_boolean(f.email_verified));
	}
	oidc_flow_done(&f);
	return r;
}

static const struct operation {
	const char *name;
	result (*run)(const json_t *in, struct error *err, json_t *out);
} operations[] = {{"provider", op_provider}, {"start", op_start}, {"finish", op_finish}};

int main(void)
{
	static char line[LINE_BYTES_MAX];
	fetch_init();
	while (fgets(line, sizeof line, stdin)) {
		struct error err = {0};
		json_t *in = json_loads(line, 0, NULL);
		json_t *out = json_object();
		result r = error_set(&err, ERR_INVALID, "no such operation");
		for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
			if (slice_eq_cstr(token_member_text(in, "op"), operations[i].name))
				r = operations[i].run(in, &err, out);
		if (!is_ok(r))
			(void)json_object_set_new(out, "error", json_string(err.text));
		(void)json_dumpf(out, stdout, JSON_COMPACT);
		(void)putchar('\n');
		(void)fflush(stdout);
		json_decref(in);
		json_decref(out);
	}
	oidc_provider_free(provider);
	return 0;
}
