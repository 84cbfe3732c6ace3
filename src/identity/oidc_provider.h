/* Between the files of the OIDC client: what is known of a provider. */
#ifndef WARD_IDENTITY_OIDC_PROVIDER_H
#define WARD_IDENTITY_OIDC_PROVIDER_H

#include "identity/oidc.h"

#define OIDC_METADATA_KEPT_MS (60ll * 60 * 1000)
#define OIDC_KEYS_KEPT_MS (60ll * 60 * 1000)
/* A token with an unknown key id makes us fetch keys anew, at most this often: providers are not ours to
 * load. */
#define OIDC_KEYS_RENEW_MS (10ll * 1000)

struct oidc_provider {
	char *name, *issuer, *client_id, *client_secret, *scope, *redirect_uri; /* owned */
	bool private_ok;
	/* discovered */
	int64_t metadata_ms; /* when; 0: not yet */
	char authorization_endpoint[OIDC_URL_MAX];
	char token_endpoint[OIDC_URL_MAX];
	char jwks_uri[OIDC_URL_MAX];
	bool secret_in_body; /* client_secret_post, where basic is not offered */
	bool answers_with_issuer;
	struct jwks *keys; /* owned */
	int64_t keys_ms;
};

result oidc_metadata_read(struct oidc_provider *p, struct slice json, int64_t now_ms, struct error *err);
/* application/x-www-form-urlencoded: "name=value", with "&" before it when out is not empty. */
void form_add(struct buf *out, const char *name, struct slice value);
void form_encode(struct buf *out, struct slice value);

#endif
