/* Parts of a contract in one line, the same words in ward.lock, `ward explain` and pages. */
#include "app/manifest/manifest.h"

void manifest_access_text(const struct manifest_access *access, struct buf *out)
{
	buf_add_cstr(out, auth_kind_name(access->kind));
	if (access->name.len)
		buf_printf(out, ":%.*s", SLICE_ARG(access->name));
	if (access->fresh_us) {
		buf_add_cstr(out, ", signed in within ");
		duration_text(access->fresh_us, out);
	}
	if (access->mfa)
		buf_add_cstr(out, ", second factor");
	if (access->tenant)
		buf_add_cstr(out, ", tenant");
}

void manifest_webhook_name(const struct manifest_egress *e, struct buf *out)
{
	bool ip6 = memchr(e->host.ptr, ':', e->host.len) != NULL;
	buf_printf(out, ip6 ? "[%.*s]:%u" : "%.*s:%u", SLICE_ARG(e->host), e->port);
	if (e->paths.count)
		buf_add_slice(out, e->paths.items[0]);
}

void manifest_egress_text(const struct manifest_egress *e, struct buf *out)
{
	bool ip6 = memchr(e->host.ptr, ':', e->host.len) != NULL;
	buf_printf(out, ip6 ? "[%.*s]:%u" : "%.*s:%u", SLICE_ARG(e->host), e->port);
	buf_add_cstr(out, e->tls ? "; https" : "; http");
	if (e->private_ok)
		buf_add_cstr(out, "; private");
	for (size_t m = 0; m < HTTP_METHOD_COUNT; m++)
		if (e->methods & 1u << m)
			buf_printf(out, "; %s", http_method_name((enum http_method)m));
	if (!e->paths.count)
		buf_add_cstr(out, "; every path");
	for (size_t i = 0; i < e->paths.count; i++)
		buf_printf(out, "; %.*s", SLICE_ARG(e->paths.items[i]));
	if (e->secret.len)
		buf_printf(out, "; secret %.*s as %.*s: %.*s", SLICE_ARG(e->secret),
		    SLICE_ARG(e->secret_header), SLICE_ARG(e->secret_format));
	if (e->sign.len)
		buf_printf(out, "; signed by %.*s", SLICE_ARG(e->sign));
	buf_add_cstr(out, "; timeout ");
	duration_text(e->timeout_us, out);
	buf_add_cstr(out, "; answer ");
	size_text(e->response_bytes, out);
}
