/* The W3C test vectors: each registration, the sign-in after it, and both again with one thing wrong at a
 * time. */
#include "identity/webauthn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "score.h"

struct vector {
	const char *id;
	struct slice challenge, client_data, object; /* registration */
	struct slice get_challenge, get_client_data, auth_data, signature;
};

static const struct slice origins[] = {SLICE("https://example.org")};
static const struct slice tops[] = {SLICE("https://example.com")};
static struct slice root_cert;

static struct webauthn_policy policy_for(const char *id)
{
	const bool attested = strncmp(id, "none-", 5) != 0 && !strstr(id, "-self-");
	return (struct webauthn_policy){.rp_id = SLICE("example.org"),
	    .origins = origins,
	    .origin_count = 1,
	    .allow_cross_origin = strstr(id, "rigin") != NULL,
	    .top_origins = tops,
	    .top_origin_count = 1,
	    .attestation_roots = &root_cert,
	    .attestation_root_count = attested};
}

static struct slice flipped(struct slice s, size_t at)
{
	char *copy = malloc(s.len + 1);
	if (!copy)
		exit(2);
	memcpy(copy, s.ptr, s.len);
	copy[at % s.len] = (char)(copy[at % s.len] ^ 1);
	return slice_of(copy, s.len);
}

static void negative(const struct vector *v, const char *what, result r, const struct error *err)
{
	char id[160];
	(void)snprintf(id, sizeof id, "%s with %s", v->id, what);
	score("webauthn", id, false, r, err);
}

static void refuse_registrations(const struct vector *v)
{
	struct passkey p;
	static const struct slice other[] = {SLICE("https://example.org.evil.net")};
	struct webauthn_policy policy = policy_for(v->id);
	struct error e[7] = {0};
	negative(v, "another challenge",
	    webauthn_register(&policy, flipped(v->challenge, 3), v->client_data, v->object, &e[0], &p),
	    &e[0]);
	policy.origins = other;
	negative(v, "another origin",
	    webauthn_register(&policy, v->challenge, v->client_data, v->object, &e[1], &p), &e[1]);
	policy = policy_for(v->id);
	policy.rp_id = SLICE("example.com");
	negative(v, "another site",
	    webauthn_register(&policy, v->challenge, v->client_data, v->object, &e[2], &p), &e[2]);
	policy = policy_for(v->id);
	negative(v, "the client data of a sign-in",
	    webauthn_register(&policy, v->get_challenge, v->get_client_data, v->object, &e[3], &p), &e[3]);
	negative(v, "its object cut",
	    webauthn_register(
		&policy, v->challenge, v->client_data, slice_of(v->object.ptr, v->object.len - 1), &e[4], &p),
	    &e[4]);
	if (policy.attestation_root_count)
		negative(v, "its last byte changed",
		    webauthn_register(&policy, v->challenge, v->client_data,
			flipped(v->object, v->object.len - 1), &e[5], &p),
		    &e[5]);
	if (policy.allow_cross_origin) {
		policy.allow_cross_origin = false;
		negative(v, "no frames allowed",
		    webauthn_register(&policy, v->challenge, v->client_data, v->object, &e[6], &p), &e[6]);
	}
}

static void refuse_sign_ins(const struct vector *v, const struct passkey *p)
{
	struct passkey_proof proof;
	const struct webauthn_policy policy = policy_for(v->id);
	struct error e[6] = {0};
	for (size_t i = 0; i < 5; i++) {
		static const char *const what[] = {"another challenge", "another signature",
		    "other client data", "other authenticator data", "nobody present"};
		struct slice challenge = i == 0 ? flipped(v->get_challenge, 1) : v->get_challenge;
		struct slice signature = i == 1 ? flipped(v->signature, v->signature.len - 1) : v->signature;
		/* A letter within "origin", so that the JSON stays JSON; and the counter, and the first flag.
		 */
		struct slice client =
		    i == 2 ? flipped(v->get_client_data, v->get_client_data.len - 4) : v->get_client_data;
		struct slice data = i == 3   ? flipped(v->auth_data, 36)
				    : i == 4 ? flipped(v->auth_data, 32)
					     : v->auth_data;
		negative(v, what[i],
		    webauthn_sign_in(&policy, challenge, p, client, data, signature, &e[i], &proof), &e[i]);
	}
	struct passkey other = *p;
	other.cose_key[other.cose_key_len - 1] ^= 1;
	negative(v, "another key",
	    webauthn_sign_in(&policy, v->get_challenge, &other, v->get_client_data, v->auth_data,
		v->signature, &e[5], &proof),
	    &e[5]);
}

static result right_passkey(const json_t *registration, const struct passkey *p, struct error *err)
{
	if (!slice_eq(bytes_of(p->id, p->id_len), score_hex(registration, "credential_id")) ||
	    !slice_eq(bytes_of(p->aaguid, 16), score_hex(registration, "aaguid")))
		return error_set(err, ERR_INTERNAL, "the credential was read wrongly");
	return RESULT_OK;
}

static void run(const json_t *entry)
{
	struct passkey p;
	struct passkey_proof proof;
	struct error err = {0};
	const json_t *made = json_object_get(entry, "registration");
	const json_t *got = json_object_get(entry, "authentication");
	const struct vector v = {.id = json_string_value(json_object_get(entry, "id")),
	    .challenge = score_hex(made, "challenge"),
	    .client_data = score_hex(made, "clientDataJSON"),
	    .object = score_hex(made, "attestationObject"),
	    .get_challenge = score_hex(got, "challenge"),
	    .get_client_data = score_hex(got, "clientDataJSON"),
	    .auth_data = score_hex(got, "authenticatorData"),
	    .signature = score_hex(got, "signature")};
	const struct webauthn_policy policy = policy_for(v.id);
	char id[160];
	result r = webauthn_register(&policy, v.challenge, v.client_data, v.object, &err, &p);
	if (is_ok(r))
		r = right_passkey(made, &p, &err);
	(void)snprintf(id, sizeof id, "%s registration", v.id);
	score("webauthn", id, true, r, &err);
	if (!is_ok(r))
		return;
	r = webauthn_sign_in(
	    &policy, v.get_challenge, &p, v.get_client_data, v.auth_data, v.signature, &err, &proof);
	(void)snprintf(id, sizeof id, "%s sign-in", v.id);
	score("webauthn", id, true, r, &err);
	refuse_registrations(&v);
	refuse_sign_ins(&v, &p);
}

void score_webauthn(const char *dir)
{
	json_t *root = score_load(dir, "webauthn/vectors.json");
	for (size_t i = 0; i < json_array_size(root); i++) {
		const json_t *entry = json_array_get(root, i);
		const json_t *made = json_object_get(entry, "registration");
		if (json_object_get(made, "attestation_ca_cert"))
			root_cert = score_hex(made, "attestation_ca_cert");
		else
			run(entry);
	}
	json_decref(root);
}
