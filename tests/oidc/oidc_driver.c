/*
 * The OIDC client of ward behind lines of JSON, so that a script with a real provider can be the browser:
 *
 *	{"op":"provider","issuer":..,"client_id":..,"client_secret":..,"redirect_uri":..}
 *	{"op":"start"}                                     -> {"url":..}
 *	{"op":"finish","code":..,"iss":..,"later_s":..}    -> {"subject":..,"email":..} or {"error":..}
 *
 * Fetches are done here by libcurl, as the egress process does them for the broker.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity/oidc.h"
#include "os/clock.h"

#define LINE_BYTES_MAX 65536

static struct oidc_provider *provider;
static struct oidc_secrets secrets;

static size_t keep(char *bytes, size_t size, size_t count, void *to)
{
	buf_add(to, bytes, size * count);
	return size * count;
}

static long fetch(struct oidc_flow *f, struct buf *body)
{
	long status = 0;
	CLEANUP_BUF struct buf header = BUF_INIT(4096);
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
	if (f->authorization.len) {
		buf_printf(&header, "Authorization: %s", buf_cstr(&f->authorization));
		headers = curl_slist_append(headers, buf_cstr(&header));
	}
	(void)curl_easy_setopt(curl, CURLOPT_URL, f->url);
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10l);
	if (f->post)
		(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, buf_cstr(&f->body));
	if (curl_easy_perform(curl) == CURLE_OK)
		(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return status;
}

static result run(struct oidc_flow *f, int64_t now_ms, struct error *err)
{
	while (oidc_flow_wants_fetch(f)) {
		CLEANUP_BUF struct buf body = BUF_INIT(1u << 20);
		const long status = fetch(f, &body);
		TRY(oidc_flow_fetched(f, (uint32_t)status, buf_slice(&body), now_ms, err));
	}
	return RESULT_OK;
}

static result op_provider(const json_t *in, struct error *err, json_t *out)
{
	const struct oidc_config config = {.name = SLICE("test"),
	    .issuer = token_member_text(in, "issuer"),
	    .client_id = token_member_text(in, "client_id"),
	    .client_secret = token_member_text(in, "client_secret"),
	    .redirect_uri = token_member_text(in, "redirect_uri"),
	    .allow_http = true};
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
	result r = run(&f, now_ms, err);
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
		r = run(&f, now_ms, err);
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
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
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
