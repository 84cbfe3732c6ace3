/* Readers of `identity` and `mail`: who may vouch for users, and who carries mails to them. */
#include "app/manifest/manifest_schema.h"

#include "http/url.h"

#define ISSUERS_MAX 8u /* as many as sign-in takes: identity/endpoints.h */

static const char *const sign_ups[] = {"open", "closed"};
static const char *const proofs[PROOF_USE_COUNT] = {
    [PROOF_USE_ATTACKED] = "attacked", [PROOF_USE_ALWAYS] = "always"};

const char *proof_use_name(enum proof_use use)
{
	return (unsigned)use < PROOF_USE_COUNT ? proofs[use] : "?";
}

/* One of two words. */
static bool read_word(struct reading *r, const struct key *key, const struct yaml_node *node,
    const char *const words[2], unsigned *ret)
{
	struct slice text;
	if (!wants_text(r, key, node, &text))
		return false;
	for (*ret = 0; *ret < 2; ++*ret)
		if (slice_eq_cstr(text, words[*ret]))
			return true;
	refuse_node(r, node, "wrong-kind", NULL, "\"%s\" is %s or %s", key->name, words[0], words[1]);
	return false;
}

void read_sign_up(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	unsigned which;
	if (read_word(r, key, node, sign_ups, &which))
		*(bool *)target = which == 1;
}

void read_proof(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	unsigned which;
	if (read_word(r, key, node, proofs, &which))
		*(enum proof_use *)target = (enum proof_use)which;
}

/* A place that ward itself sends to; *ret_loopback: this machine, where nobody can listen in between. */
static bool place_of(struct slice text, struct http_url *ret, bool *ret_private, bool *ret_loopback)
{
	char lower[254];
	if (!http_url_split(text, ret) || ret->host.len >= sizeof lower)
		return false;
	for (size_t i = 0; i < ret->host.len; i++)
		if (ret->host.ptr[i] >= 'A' && ret->host.ptr[i] <= 'Z')
			return false;
	*ret_loopback = slice_eq_cstr(ret->host, "localhost") || slice_eq_cstr(ret->host, "127.0.0.1") ||
			slice_eq_cstr(ret->host, "::1");
	return is_host(ret->host, ret_private);
}

void read_issuer_url(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice text;
	struct http_url url;
	bool private, loopback;
	if (!wants_text(r, key, node, &text))
		return;
	/* It is compared byte by byte with what tokens say, so it is kept as it was written. */
	if (text.len > 400 || !place_of(text, &url, &private, &loopback) ||
	    memchr(url.path.ptr, '?', url.path.len) ||
	    !(slice_eq_cstr(url.scheme, "https") || (slice_eq_cstr(url.scheme, "http") && loopback)))
		refuse_node(r, node, "wrong-issuer",
		    "as in https://accounts.example.com, exactly as the provider calls itself",
		    "\"%.*s\" is no issuer", SLICE_ARG(text));
	else
		*(struct slice *)target = text;
}

static void check_issuer(
    struct reading *r, const struct yaml_node *node, const struct manifest_issuer *issuer)
{
	struct http_url url;
	bool private = false, loopback = false;
	if (!issuer->issuer.ptr || !place_of(issuer->issuer, &url, &private, &loopback))
		return;
	if (private && !issuer->private_ok)
		refuse_node(r, node, "private-host", "add `private: true` if that is meant",
		    "%.*s lies in a private or loopback range", SLICE_ARG(url.host));
}

void read_issuers(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct manifest_identity *identity =
	    (void *)((char *)target - offsetof(struct manifest_identity, issuers));
	if (node->kind != YAML_LIST || node->count > ISSUERS_MAX) {
		refuse_node(r, yaml_is_null(node) ? node->key : node, "wrong-kind",
		    "as in - {name: example, issuer: https://..., client_id: ...}",
		    "\"issuers\" is a list of at most %u providers", ISSUERS_MAX);
		return;
	}
	identity->issuers = arena_zalloc(r->arena, (node->count + 1) * sizeof *identity->issuers);
	if (!identity->issuers) {
		r->no_memory = true;
		return;
	}
	for (const struct yaml_node *n = node->first; n; n = n->next) {
		struct manifest_issuer *issuer = &identity->issuers[identity->issuer_count++];
		issuer->place = n->place;
		read_group(r, key->group, n, issuer);
		check_issuer(r, n, issuer);
		for (size_t i = 0; i + 1 < identity->issuer_count; i++)
			if ((issuer->name.ptr && slice_eq(identity->issuers[i].name, issuer->name)) ||
			    (issuer->issuer.ptr && slice_eq(identity->issuers[i].issuer, issuer->issuer)))
				refuse_node(r, n, "duplicate-entry", NULL,
				    "two issuers have the same name or address");
	}
}

void read_identity(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	read_group(r, key->group, node, target);
}

void read_smtp(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct manifest_mail *mail = (void *)((char *)target - offsetof(struct manifest_mail, host));
	struct slice text;
	struct http_url url;
	bool private, loopback;
	if (!wants_text(r, key, node, &text))
		return;
	const bool ok = place_of(text, &url, &private, &loopback) && slice_eq_cstr(url.path, "/") &&
			(slice_eq_cstr(url.scheme, "smtps") || slice_eq_cstr(url.scheme, "smtp"));
	if (!ok) {
		/* The value is not repeated: somebody may have written a password into it. */
		refuse_node(r, node, "wrong-smtp",
		    "as in smtps://mail.example.com or smtp://mail.example.com:587, the password by `secret`",
		    "this is no address of a mail server");
		return;
	}
	mail->host = arena_copy(r->arena, url.host);
	mail->tls = slice_eq_cstr(url.scheme, "smtps");
	mail->port = url.port ? url.port : mail->tls ? 465 : 587;
	mail->loopback = loopback;
	mail->needs_private = private;
	r->no_memory |= !mail->host.ptr;
}

/* "Shop <shop@example.org>" or the address alone; what could end the line or open another address is no part
 * of a name. */
void read_sender(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct slice text;
	if (!wants_text(r, key, node, &text))
		return;
	bool ok = text.len > 2 && text.len <= 200 && memchr(text.ptr, '@', text.len);
	for (size_t i = 0; i < text.len; i++)
		ok = ok && (unsigned char)text.ptr[i] >= 0x20 && text.ptr[i] != 0x7f &&
		     !strchr(",;:\"\\()[]", text.ptr[i]);
	const char *open = memchr(text.ptr ? text.ptr : "", '<', text.len),
		   *close = memchr(text.ptr ? text.ptr : "", '>', text.len);
	ok = ok && (open != NULL) == (close != NULL) &&
	     (!open || (open < close && close == text.ptr + text.len - 1));
	if (!ok)
		refuse_node(r, node, "wrong-sender", "as in Shop <shop@example.org>",
		    "\"%.*s\" cannot be the sender of mails", SLICE_ARG(text));
	else
		*(struct slice *)target = text;
}

void read_mail(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct manifest_mail *mail = target;
	read_group(r, key->group, node, mail);
	if (mail->needs_private && !mail->private_ok)
		refuse_node(r, node, "private-host", "add `private: true` if that is meant",
		    "%.*s lies in a private or loopback range", SLICE_ARG(mail->host));
	if (mail->user.len && !mail->secret.len)
		refuse_node(r, node, "missing-key", "name the secret that holds the password",
		    "a mail server's \"user\" needs a \"secret\"");
	if (mail->secret.len && !mail->user.len)
		refuse_node(r, node, "missing-key", NULL, "a mail server's \"secret\" needs a \"user\"");
}
