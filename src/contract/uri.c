/* Called by the schema compiler, for texts that the author of a schema wrote. */
#include "contract/uri.h"

/* The part of *rest before the first byte of stop; rest begins at that byte, or ends. */
static struct slice until(struct slice *rest, const char *stop)
{
	size_t n = 0;
	while (n < rest->len && (rest->ptr[n] == '\0' || !strchr(stop, rest->ptr[n])))
		n++;
	struct slice part = slice_of(rest->ptr, n);
	rest->ptr += n;
	rest->len -= n;
	return part;
}

static void drop(struct slice *rest, size_t n)
{
	rest->ptr += n;
	rest->len -= n;
}

struct uri uri_split(struct slice text)
{
	struct uri uri = {0};
	struct slice rest = text.ptr ? text : SLICE("");
	struct slice after = rest;
	struct slice scheme = until(&after, ":/?#");
	if (scheme.len > 0 && after.len > 0 && after.ptr[0] == ':') {
		uri.scheme = scheme;
		rest = after;
		drop(&rest, 1);
	}
	if (slice_starts(rest, SLICE("//"))) {
		drop(&rest, 2);
		uri.authority = until(&rest, "/?#");
	}
	uri.path = until(&rest, "?#");
	if (rest.len > 0 && rest.ptr[0] == '?') {
		drop(&rest, 1);
		uri.query = until(&rest, "#");
	}
	if (rest.len > 0) {
		drop(&rest, 1);
		uri.fragment = rest;
	}
	return uri;
}

/* Section 5.2.4, into out from `start` on. */
static void add_without_dots(struct buf *out, struct slice path)
{
	size_t start = out->len;
	while (path.len > 0) {
		bool last = false;
		struct slice segment = path;
		size_t n = segment.ptr[0] == '/' ? 1 : 0;
		while (n < path.len && path.ptr[n] != '/')
			n++;
		segment.len = n;
		drop(&path, n);
		last = path.len == 0;
		struct slice name = segment;
		if (name.ptr[0] == '/')
			drop(&name, 1);
		if (slice_eq(name, SLICE(".")) || slice_eq(name, SLICE(".."))) {
			if (name.len == 2) {
				while (out->len > start && out->ptr[out->len - 1] != '/')
					out->len--;
				if (out->len > start)
					out->len--;
			}
			if (last)
				buf_add_char(out, '/');
			continue;
		}
		buf_add_slice(out, segment);
	}
}

/* Section 5.2.3. */
static void add_merged(struct buf *out, const struct uri *base, struct slice path)
{
	CLEANUP_BUF struct buf merged = BUF_INIT(1 << 20);
	size_t keep = base->path.len;
	while (keep > 0 && base->path.ptr[keep - 1] != '/')
		keep--;
	if (base->authority.ptr && base->path.len == 0)
		buf_add_char(&merged, '/');
	else
		buf_add(&merged, base->path.ptr, keep);
	buf_add_slice(&merged, path);
	add_without_dots(out, buf_slice(&merged));
}

void uri_resolve(struct slice base_text, struct slice reference, struct buf *out)
{
	struct uri base = uri_split(base_text), r = uri_split(reference);
	bool own = r.scheme.ptr != NULL;
	struct slice scheme = own ? r.scheme : base.scheme;
	struct slice authority = own || r.authority.ptr ? r.authority : base.authority;
	if (scheme.ptr) {
		buf_add_slice(out, scheme);
		buf_add_char(out, ':');
	}
	if (authority.ptr) {
		buf_add_cstr(out, "//");
		buf_add_slice(out, authority);
	}
	struct slice query = r.query;
	if (own || r.authority.ptr) {
		add_without_dots(out, r.path);
	} else if (r.path.len == 0) {
		buf_add_slice(out, base.path);
		if (!query.ptr)
			query = base.query;
	} else if (r.path.ptr[0] == '/') {
		add_without_dots(out, r.path);
	} else {
		add_merged(out, &base, r.path);
	}
	if (query.ptr) {
		buf_add_char(out, '?');
		buf_add_slice(out, query);
	}
	if (r.fragment.ptr) {
		buf_add_char(out, '#');
		buf_add_slice(out, r.fragment);
	}
}
