#include "app/asset_pack.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "os/fd.h"

#define PACK_MAGIC "WARDPACK"
#define PACK_HEAD 12u
#define ROW_BYTES 32u
#define DEPTH_MAX 16
#define FILE_BYTES_MAX (128u << 20)
#define PACK_ARENA_BYTES (640u << 20)

struct file {
	struct slice path;
	struct slice type;
	struct slice etag;
	struct slice bytes;
};

struct packing {
	struct arena arena;
	struct file files[ASSETS_MAX];
	size_t count;
};

static const struct {
	const char *ending;
	const char *type;
} types[] = {
    {".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"},
    {".json", "application/json"}, {".map", "application/json"}, {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"}, {".png", "image/png"}, {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"},
    {".gif", "image/gif"}, {".webp", "image/webp"}, {".avif", "image/avif"}, {".ico", "image/x-icon"},
    {".woff2", "font/woff2"}, {".woff", "font/woff"}, {".ttf", "font/ttf"}, {".txt", "text/plain; charset=utf-8"},
    {".xml", "application/xml"}, {".pdf", "application/pdf"}, {".wasm", "application/wasm"}, {".mp4", "video/mp4"},
};

static struct slice type_of(struct slice path)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (slice_ends(path, slice_cstr(types[i].ending)))
			return slice_cstr(types[i].type);
	/* Never guessed: an unknown file is downloaded, not shown. */
	return SLICE("application/octet-stream");
}

static bool is_source(const char *name)
{
	struct slice s = slice_cstr(name);
	return slice_ends(s, SLICE(".ts")) || slice_ends(s, SLICE(".tsx"));
}

static result add_file(struct packing *p, const char *path, const char *url, struct error *err)
{
	struct slice bytes;
	unsigned char hash[16];
	TRY(file_read(path, FILE_BYTES_MAX, err, &bytes));
	struct slice kept = arena_copy(&p->arena, bytes);
	free((char *)(uintptr_t)bytes.ptr);
	struct slice name = arena_copy(&p->arena, slice_cstr(url));
	if (!kept.ptr || !name.ptr)
		return error_set(err, ERR_LIMIT, "the files of public/ are larger than %u MiB", PACK_ARENA_BYTES >> 20);
	(void)crypto_generichash(hash, sizeof hash, (const unsigned char *)kept.ptr, kept.len, NULL, 0);
	char *etag = arena_printf(&p->arena, "\"%02x%02x%02x%02x%02x%02x%02x%02x%02x%02x\"", hash[0], hash[1], hash[2],
	    hash[3], hash[4], hash[5], hash[6], hash[7], hash[8], hash[9]);
	if (!etag)
		return error_set(err, ERR_MEMORY, "no memory for assets");
	size_t at = 0;
	while (at < p->count && !slice_eq(p->files[at].path, name))
		at++;
	if (at == ASSETS_MAX)
		return error_set(err, ERR_LIMIT, "public/ holds more than %u files", ASSETS_MAX);
	p->files[at] = (struct file){name, type_of(name), slice_cstr(etag), kept};
	p->count += at == p->count;
	return RESULT_OK;
}

static result add_directory(struct packing *p, const char *dir, const char *url, int depth, struct error *err)
{
	DIR *d = opendir(dir);
	if (!d)
		return errno == ENOENT ? RESULT_OK : error_errno(err, "cannot read %s", dir);
	if (depth > DEPTH_MAX) {
		(void)closedir(d);
		return error_set(err, ERR_LIMIT, "%s is nested too deeply", dir);
	}
	result r = RESULT_OK;
	for (struct dirent *e; is_ok(r) && (e = readdir(d)) != NULL;) {
		char path[PATH_MAX];
		char name[PATH_MAX];
		struct stat st;
		if (e->d_name[0] == '.' || is_source(e->d_name))
			continue;
		int a = snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		int b = snprintf(name, sizeof name, "%s/%s", url, e->d_name);
		if (a < 0 || b < 0 || (size_t)a >= sizeof path || (size_t)b >= sizeof name || lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			r = add_directory(p, path, name, depth + 1, err);
		else if (S_ISREG(st.st_mode))
			r = add_file(p, path, name, err);
	}
	(void)closedir(d);
	return r;
}

static void put_u32(struct buf *out, size_t v)
{
	const uint32_t le = (uint32_t)v;
	buf_add(out, &le, sizeof le);
}

static void write_pack(const struct packing *p, struct buf *out)
{
	size_t at = PACK_HEAD + p->count * ROW_BYTES;
	buf_add_cstr(out, PACK_MAGIC);
	put_u32(out, p->count);
	for (size_t i = 0; i < p->count; i++) {
		const struct slice parts[] = {p->files[i].path, p->files[i].type, p->files[i].etag, p->files[i].bytes};
		for (size_t k = 0; k < 4; k++) {
			put_u32(out, at);
			put_u32(out, parts[k].len);
			at += parts[k].len;
		}
	}
	for (size_t i = 0; i < p->count; i++) {
		buf_add_slice(out, p->files[i].path);
		buf_add_slice(out, p->files[i].type);
		buf_add_slice(out, p->files[i].etag);
		buf_add_slice(out, p->files[i].bytes);
	}
}

result asset_pack_build(const struct asset_source *sources, struct buf *out, struct error *err)
{
	struct packing *p = calloc(1, sizeof *p);
	if (!p)
		return error_set(err, ERR_MEMORY, "no memory for assets");
	arena_init(&p->arena, PACK_ARENA_BYTES);
	result r = RESULT_OK;
	for (; sources->dir && is_ok(r); sources++)
		r = add_directory(p, sources->dir, sources->prefix, 0, err);
	if (is_ok(r))
		write_pack(p, out);
	if (is_ok(r) && !buf_ok(out))
		r = error_set(err, ERR_LIMIT, "the files of public/ are larger than %zu bytes", out->cap);
	arena_done(&p->arena);
	free(p);
	return r;
}

static uint32_t get_u32(const char *at)
{
	uint32_t v;
	memcpy(&v, at, sizeof v);
	return v;
}

result asset_pack_count(struct slice pack, struct error *err, size_t *ret_count)
{
	if (!slice_starts(pack, SLICE(PACK_MAGIC)) || pack.len < PACK_HEAD)
		return error_set(err, ERR_INVALID, "the asset pack is malformed");
	size_t count = get_u32(pack.ptr + 8);
	if (count > ASSETS_MAX || pack.len < PACK_HEAD + count * ROW_BYTES)
		return error_set(err, ERR_INVALID, "the asset pack is malformed");
	*ret_count = count;
	return RESULT_OK;
}

result asset_pack_get(struct slice pack, size_t i, struct error *err, struct slice *ret_path, struct slice *ret_type,
    struct slice *ret_etag, struct slice *ret_bytes)
{
	struct slice *const parts[] = {ret_path, ret_type, ret_etag, ret_bytes};
	const char *row = pack.ptr + PACK_HEAD + i * ROW_BYTES;
	for (size_t k = 0; k < 4; k++) {
		size_t offset = get_u32(row + k * 8);
		size_t length = get_u32(row + k * 8 + 4);
		if (offset > pack.len || length > pack.len - offset)
			return error_set(err, ERR_INVALID, "the asset pack is malformed");
		*parts[k] = slice_of(pack.ptr + offset, length);
	}
	return RESULT_OK;
}
