/* A provider's configuration and discovery document (OpenID Connect Discovery 1.0, section 3). */
#include "identity/oidc_provider.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "identity/wallet.h"

void form_encode(struct buf *out, struct slice value)
{
	for (size_t i = 0; i < value.len; i++) {
		const unsigned char c = (unsigned char)value.ptr[i];
		if (c < 0x80 && (isalnum(c) || (c != '\0' && strchr("-._~", c))))
			buf_add_char(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

void form_add(struct buf *out, const char *name, struct slice value)
{
	if (out->len && out->ptr[out->len - 1] != '?')
		buf_add_char(out, '&');
	buf_add_cstr(out, name);
	buf_add_char(out, '=');
	form_encode(out, value);
}

static char *copy(struct slice text)
{
	char *to = malloc(text.len + 1);
	if (to) {
		if (text.len)
			memcpy(to, text.ptr, text.len);
		to[text.len] = '\0';
	}
	return to;
}

static bool url_ok(const struct oidc_provider *p, struct slice url)
{
	const bool scheme_ok =
	    slice_starts(url, SLICE("https://")) || (p->private_ok && slice_starts(url, SLICE("http://")));
	return scheme_ok && url.len < OIDC_URL_MAX && uri_is_valid(url);
}

/* "https://host:port" of a URL, with the slash that ends it or none. */
static struct slice place_of(struct slice url)
{
	const char *mark = memmem(url.ptr, url.len, "://", 3);
	size_t n = mark ? (size_t)(mark - url.ptr) + 3 : 0;
	while (n < url.len && url.ptr[n] != '/' && url.ptr[n] != '?')
		n++;
	return slice_of(url.ptr, n);
}

/* Where ward itself will go. The document is the provider's word: it must not send ward to other places of a
 * private network. */
static bool may_go(const struct oidc_provider *p, struct slice url)
{
	return !p->private_ok || slice_eq(place_of(url), place_of(slice_cstr(p->issuer)));
}

bool oidc_provider_secret(struct oidc_provider *p, struct slice secret)
{
	char *text = copy(secret);
	if (!text)
		return false;
	explicit_bzero(p->client_secret, strlen(p->client_secret));
	free(p->client_secret);
	p->client_secret = text;
	return true;
}

result oidc_provider_new(const struct oidc_config *config, struct error *err, struct oidc_provider **ret)
{
	struct oidc_provider *p = calloc(1, sizeof *p);
	if (!p)
		return error_set(err, ERR_MEMORY, "no memory for a provider");
	p->private_ok = config->private_ok;
	const struct {
		char **place;
		struct slice text;
	} texts[] = {{&p->name, config->name}, {&p->issuer, config->issuer},
	    {&p->client_id, config->client_id}, {&p->client_secret, config->client_secret},
	    {&p->scope, config->scope.len ? config->scope : SLICE("openid email")},
	    {&p->redirect_uri, config->redirect_uri}};
	bool whole = true;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		whole = (*texts[i].place = copy(texts[i].text)) != NULL && whole;
	result r = !whole ? error_set(err, ERR_MEMORY, "no memory for a provider")
		   : url_ok(p, config->issuer) && url_ok(p, config->redirect_uri) && config->client_id.len
		       ? RESULT_OK
		       : error_set(err, ERR_INVALID,
			     "a provider needs an issuer and a redirect address on https, and a client id");
	if (!is_ok(r)) {
		oidc_provider_free(p);
		return r;
	}
	*ret = p;
	return RESULT_OK;
}

void oidc_provider_free(struct oidc_provider *p)
{
	if (!p)
		return;
	free(p->name);
	free(p->issuer);
	free(p->client_id);
	free(p->client_secret);
	free(p->scope);
	free(p->redirect_uri);
	jwks_free(p->keys);
	free(p);
}

struct slice oidc_provider_name(const struct oidc_provider *p)
{
	return slice_cstr(p->name);
}

static bool offers(const json_t *list, const char *name)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *one = json_string_value(json_array_get(list, i));
		if (one && strcmp(one, name) == 0)
			return true;
	}
	return false;
}

static result read_metadata(struct oidc_provider *p, const json_t *root, struct error *err)
{
	const struct {
		const char *name;
		char *place;
	} urls[] = {{"authorization_endpoint", p->authorization_endpoint},
	    {"token_endpoint", p->token_endpoint}, {"jwks_uri", p->jwks_uri}};
	/* Section 4.3: exactly the issuer that was asked, or one provider could speak for another. */
	if (!slice_eq_cstr(token_member_text(root, "issuer"), p->issuer))
		return error_set(
		    err, ERR_DENIED, "the provider calls itself by another name than %s", p->issuer);
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct slice url = token_member_text(root, urls[i].name);
		if (!url_ok(p, url))
			return error_set(
			    err, ERR_INVALID, "the provider's %s is no https address", urls[i].name);
		if (urls[i].place != p->authorization_endpoint && !may_go(p, url))
			return error_set(
			    err, ERR_DENIED, "the provider's %s is not where its issuer is", urls[i].name);
		(void)snprintf(urls[i].place, OIDC_URL_MAX, "%.*s", SLICE_ARG(url));
	}
	const json_t *methods = json_object_get(root, "token_endpoint_auth_methods_supported");
	p->secret_in_body =
	    methods && !offers(methods, "client_secret_basic") && offers(methods, "client_secret_post");
	p->answers_with_issuer =
	    json_is_true(json_object_get(root, "authorization_response_iss_parameter_supported"));
	return RESULT_OK;
}

result oidc_metadata_read(struct oidc_provider *p, struct slice json, int64_t now_ms, struct error *err)
{
	json_t *root =
	    json.len <= JWKS_BYTES_MAX ? json_loadb(json.ptr, json.len, JSON_REJECT_DUPLICATES, NULL) : NULL;
	result r = json_is_object(root)
		       ? read_metadata(p, root, err)
		       : error_set(err, ERR_INVALID, "the provider's discovery document is no JSON object");
	json_decref(root);
	if (is_ok(r))
		p->metadata_ms = now_ms;
	return r;
}
