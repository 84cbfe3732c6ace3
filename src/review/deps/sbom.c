/* Writes CycloneDX 1.6 (sbom.h) from parsed lockfiles; called by `ward check --sbom`. All texts are escaped;
 * a lockfile is foreign. */
#include "review/deps/sbom.h"

#include <sodium.h>
#include <stdio.h>
#include <time.h>

#include "base/check.h"

#define SBOM_BYTES_MAX (256u << 20)

struct writer {
	struct buf *out;
	struct error *err;
	struct arena arena;
	struct strmap refs; /* package URL to whether it is written */
};

static void add_text(struct buf *b, const char *key, struct slice value, const char *after)
{
	buf_printf(b, "\"%s\": \"", key);
	buf_add_json_escaped(b, value);
	buf_printf(b, "\"%s", after);
}

/* Package URL: pkg:npm/%40scope/name@version, all but letters, digits and -._~ escaped. */
static void add_escaped(struct buf *b, struct slice s, bool keep_slash)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     strchr("-._~", c) || (keep_slash && c == '/');
		if (plain && c)
			buf_add_char(b, (char)c);
		else
			buf_printf(b, "%%%02X", c);
	}
}

static struct slice package_url(struct writer *w, const struct dep *dep)
{
	CLEANUP_BUF struct buf url = BUF_INIT(8192);
	buf_add_cstr(&url, "pkg:npm/");
	add_escaped(&url, dep->name, true);
	buf_add_char(&url, '@');
	add_escaped(&url, dep->version, false);
	return buf_ok(&url) ? arena_copy(&w->arena, buf_slice(&url)) : SLICE_NONE;
}

static const struct {
	struct slice prefix;
	const char *alg;
	size_t bytes;
} algorithms[] = {{SLICE("sha512-"), "SHA-512", 64}, {SLICE("sha384-"), "SHA-384", 48},
    {SLICE("sha256-"), "SHA-256", 32}, {SLICE("sha1-"), "SHA-1", 20}};

static void add_hash(struct buf *b, const struct dep *dep)
{
	uint8_t bytes[64];
	char hex[129];
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
		struct slice prefix = algorithms[i].prefix;
		if (!slice_starts(dep->integrity, prefix))
			continue;
		struct slice digest =
		    slice_of(dep->integrity.ptr + prefix.len, dep->integrity.len - prefix.len);
		digest = slice_cut(&digest, ' ');
		if (sodium_base642bin(bytes, sizeof(bytes), digest.ptr, digest.len, NULL, &n, NULL,
			sodium_base64_VARIANT_ORIGINAL) != 0 ||
		    n != algorithms[i].bytes)
			return;
		sodium_bin2hex(hex, sizeof(hex), bytes, n);
		buf_printf(b, ",\n      \"hashes\": [{\"alg\": \"%s\", \"content\": \"%s\"}]",
		    algorithms[i].alg, hex);
		return;
	}
}

static void add_component(struct buf *b, const struct dep *dep, struct slice url, bool first)
{
	const char *slash =
	    dep->name.len && dep->name.ptr[0] == '@' ? memchr(dep->name.ptr, '/', dep->name.len) : NULL;
	struct slice group = slash ? slice_of(dep->name.ptr, (size_t)(slash - dep->name.ptr)) : SLICE_NONE;
	struct slice name = slash ? slice_of(slash + 1, dep->name.len - group.len - 1) : dep->name;
	buf_printf(b, "%s\n    {\n      \"type\": \"library\",\n      ", first ? "" : ",");
	add_text(b, "bom-ref", url, ",\n      ");
	if (group.len)
		add_text(b, "group", group, ",\n      ");
	add_text(b, "name", name, ",\n      ");
	add_text(b, "version", dep->version, ",\n      ");
	add_text(b, "purl", url, ",\n      ");
	buf_printf(b, "\"scope\": \"%s\"", dep->optional || dep->dev ? "optional" : "required");
	add_hash(b, dep);
	if (dep->license.len) {
		buf_add_cstr(b, ",\n      \"licenses\": [{");
		/* npm's field is an SPDX expression as a rule, which the format takes as it is. */
		add_text(b, "expression", dep->license, "}]");
	}
	if (memmem(dep->resolved.ptr ? dep->resolved.ptr : "", dep->resolved.len, "://", 3)) {
		buf_add_cstr(b, ",\n      \"externalReferences\": [{\"type\": \"distribution\", ");
		add_text(b, "url", dep->resolved, "}]");
	}
	buf_add_cstr(b, "\n    }");
}

static bool in_bom(const struct dep *dep)
{
	return !dep->workspace && dep->name.len > 0;
}

static result add_components(struct writer *w, const struct deps *deps)
{
	static char present;
	bool first = true;
	buf_add_cstr(w->out, "  \"components\": [");
	for (size_t i = 0; i < deps->lock_count; i++)
		for (size_t k = 0; k < deps->locks[i].count; k++) {
			const struct dep *dep = &deps->locks[i].deps[k];
			struct slice url = package_url(w, dep);
			if (!url.ptr)
				return error_set(w->err, ERR_MEMORY, "no memory for the bill of materials");
			if (!in_bom(dep) || strmap_get(&w->refs, url))
				continue;
			TRY(strmap_set(&w->refs, url, &present));
			add_component(w->out, dep, url, first);
			first = false;
		}
	buf_add_cstr(w->out, first ? "],\n" : "\n  ],\n");
	return RESULT_OK;
}

/* What others name a package by: its place for npm, its keys for the rest. */
static result index_lock(struct writer *w, const struct lockfile *lock, struct strmap *by_key)
{
	for (size_t k = 0; k < lock->count; k++) {
		struct dep *dep = &lock->deps[k];
		if (dep->path.len)
			TRY(strmap_set(by_key, dep->path, dep));
		for (size_t i = 0; i < dep->key_count; i++)
			TRY(strmap_set(by_key, dep->keys[i], dep));
	}
	(void)w;
	return RESULT_OK;
}

/* npm: in the package's own node_modules, then in those of each folder above. */
static const struct dep *resolve(
    struct writer *w, const struct strmap *by_key, const struct dep *from, struct slice want)
{
	struct slice base = from ? from->path : SLICE_NONE;
	if (from && !from->path.len)
		return strmap_get(by_key, want);
	for (;;) {
		const char *path = arena_printf(&w->arena, "%.*s%snode_modules/%.*s", SLICE_ARG(base),
		    base.len ? "/" : "", SLICE_ARG(want));
		const struct dep *hit = path ? strmap_get(by_key, slice_cstr(path)) : NULL;
		if (hit || base.len == 0 || !path)
			return hit;
		const char *up = NULL;
		for (size_t i = base.len; i-- > 1 && !up;)
			if (base.ptr[i] == '/' && base.len - i > 13 &&
			    memcmp(base.ptr + i + 1, "node_modules/", 13) == 0)
				up = base.ptr + i;
		base = up ? slice_of(base.ptr, (size_t)(up - base.ptr)) : SLICE_NONE;
	}
}

static result add_edges(
    struct writer *w, const struct strmap *by_key, const struct dep *dep, struct strmap *written, bool *first)
{
	static char present;
	struct slice url = package_url(w, dep);
	if (!url.ptr)
		return error_set(w->err, ERR_MEMORY, "no memory for the bill of materials");
	if (strmap_get(written, url))
		return RESULT_OK;
	TRY(strmap_set(written, url, &present));
	struct strmap told = {0};
	result r = RESULT_OK;
	buf_printf(w->out, "%s\n    {", *first ? "" : ",");
	*first = false;
	add_text(w->out, "ref", url, ", \"dependsOn\": [");
	for (size_t i = 0, n = 0; i < dep->want_count && is_ok(r); i++) {
		const struct dep *to = resolve(w, by_key, dep, dep->wants[i]);
		struct slice target = to && in_bom(to) ? package_url(w, to) : SLICE_NONE;
		if (!target.ptr || strmap_get(&told, target))
			continue;
		r = strmap_set(&told, target, &present);
		buf_add_cstr(w->out, n++ ? ", \"" : "\"");
		buf_add_json_escaped(w->out, target);
		buf_add_char(w->out, '"');
	}
	buf_add_cstr(w->out, "]}");
	strmap_done(&told);
	return r;
}

static result add_dependencies(struct writer *w, const struct deps *deps)
{
	struct strmap written = {0};
	bool first = true;
	result r = RESULT_OK;
	buf_add_cstr(w->out, "  \"dependencies\": [");
	for (size_t i = 0; i < deps->lock_count && is_ok(r); i++) {
		struct strmap by_key = {0};
		r = index_lock(w, &deps->locks[i], &by_key);
		for (size_t k = 0; k < deps->locks[i].count && is_ok(r); k++)
			if (in_bom(&deps->locks[i].deps[k]))
				r = add_edges(w, &by_key, &deps->locks[i].deps[k], &written, &first);
		strmap_done(&by_key);
	}
	buf_add_cstr(w->out, first ? "]\n}\n" : "\n  ]\n}\n");
	strmap_done(&written);
	return r;
}

static void add_head(
    struct writer *w, const struct deps *deps, const struct sbom_options *o, const char *serial)
{
	struct slice name = o->name, version = o->version;
	struct tm tm;
	char stamp[32];
	time_t at = (time_t)o->time_s;
	if (!name.len && deps->lock_count) {
		name = deps->locks[0].root_name;
		version = deps->locks[0].root_version;
	}
	buf_printf(w->out,
	    "{\n  \"$schema\": \"http://cyclonedx.org/schema/bom-1.6.schema.json\",\n  \"bomFormat\": "
	    "\"CycloneDX\",\n"
	    "  \"specVersion\": \"1.6\",\n  \"serialNumber\": \"urn:uuid:%s\",\n  \"version\": 1,\n  "
	    "\"metadata\": {\n",
	    serial);
	if (o->time_s > 0 && gmtime_r(&at, &tm) && strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm))
		buf_printf(w->out, "    \"timestamp\": \"%s\",\n", stamp);
	buf_add_cstr(
	    w->out, "    \"tools\": {\"components\": [{\"type\": \"application\", \"name\": \"ward\", ");
	add_text(w->out, "version", o->tool_version.len ? o->tool_version : SLICE("0"), "}]},\n");
	buf_add_cstr(w->out, "    \"component\": {\"type\": \"application\", \"bom-ref\": \"project\", ");
	add_text(w->out, "name", name.len ? name : SLICE("project"), version.len ? ", " : "");
	if (version.len)
		add_text(w->out, "version", version, "");
	buf_add_cstr(w->out, "}\n  },\n");
}

/* Of all that the document holds, in the shape of a UUID of version 8. */
static void serial_of(const struct deps *deps, char *out)
{
	crypto_generichash_state state;
	uint8_t h[16];
	crypto_generichash_init(&state, NULL, 0, sizeof(h));
	for (size_t i = 0; i < deps->lock_count; i++)
		for (size_t k = 0; k < deps->locks[i].count; k++) {
			const struct dep *d = &deps->locks[i].deps[k];
			const struct slice parts[] = {
			    d->name, SLICE("@"), d->version, SLICE(" "), d->integrity, SLICE("\n")};
			for (size_t p = 0; p < ARRAY_LEN(parts); p++)
				crypto_generichash_update(
				    &state, (const uint8_t *)parts[p].ptr, parts[p].len);
		}
	crypto_generichash_final(&state, h, sizeof(h));
	h[6] = (uint8_t)((h[6] & 0x0f) | 0x80);
	h[8] = (uint8_t)((h[8] & 0x3f) | 0x80);
	char hex[33];
	sodium_bin2hex(hex, sizeof(hex), h, sizeof(h));
	(void)snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

result sbom_write(
    const struct deps *deps, const struct sbom_options *options, struct buf *out, struct error *err)
{
	char serial[37];
	struct writer w = {.out = out, .err = err, .arena = ARENA_INIT(SBOM_BYTES_MAX)};
	serial_of(deps, serial);
	add_head(&w, deps, options, serial);
	result r = add_components(&w, deps);
	if (is_ok(r))
		r = add_dependencies(&w, deps);
	strmap_done(&w.refs);
	arena_done(&w.arena);
	if (is_ok(r) && !buf_ok(out))
		return error_set(err, ERR_LIMIT, "the bill of materials is too large");
	return r;
}
