/* Reading a built app into sealed memory. Called by `ward serve` and by `ward dev` after each build; runs as the operator. */
#include "proc/supervisor/image.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/asset_pack.h"
#include "base/log.h"
#include "observe/profile_file.h"
#include "os/fd.h"

#define APP_JSON_MAX (64u << 20)
#define BUNDLE_MAX (16u << 20)
#define MAP_MAX (64u << 20)
#define IMAGE_ARENA_BYTES (256u << 20)

static void free_slice(struct slice *s)
{
	free((char *)(uintptr_t)s->ptr);
	*s = SLICE_NONE;
}
#define CLEANUP_SLICE __attribute__((cleanup(free_slice)))

static result read_built(const char *app_dir, struct slice name, size_t max, struct error *err, struct slice *ret)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/.ward/build/%.*s", app_dir, SLICE_ARG(name));
	if (n < 0 || (size_t)n >= sizeof path || memchr(name.ptr, '/', name.len))
		return error_set(err, ERR_INVALID, "app.json names a file outside .ward/build: %.*s", SLICE_ARG(name));
	return file_read(path, max, err, ret);
}

/* Names a version of a function for the monitor: it stays while the script stays, whatever else is built anew. */
static uint32_t version_of(struct slice bundle)
{
	unsigned char hash[crypto_generichash_BYTES_MIN];
	uint32_t version;
	(void)crypto_generichash(hash, sizeof hash, (const unsigned char *)bundle.ptr, bundle.len, NULL, 0);
	memcpy(&version, hash, sizeof version);
	return version;
}

static result load_function(struct image *image, size_t i, const char *app_dir, struct error *err)
{
	const struct app_function *f = &image->contract.functions[i];
	struct image_function *to = &image->functions[i];
	CLEANUP_BUF struct buf contract = BUF_INIT(APP_JSON_MAX);
	CLEANUP_SLICE struct slice bundle = SLICE_NONE;
	app_contract_function_json(&image->contract, i, &contract);
	if (!buf_ok(&contract))
		return error_set(err, ERR_LIMIT, "the contract of %.*s is too large", SLICE_ARG(f->contract.name));
	TRY(fd_sealed("ward-contract", buf_slice(&contract), err, &to->contract_fd));
	TRY(read_built(app_dir, f->bundle, BUNDLE_MAX, err, &bundle));
	TRY(fd_sealed("ward-bundle", bundle, err, &to->bundle_fd));
	to->version = version_of(bundle);
	if (f->map.len == 0)
		return RESULT_OK;
	CLEANUP_SLICE struct slice map = SLICE_NONE;
	struct error lost;
	/* A stack without source positions is still a stack: a missing or damaged map is no reason not to serve. */
	if (is_ok(read_built(app_dir, f->map, MAP_MAX, &lost, &map)))
		ignore_result(sourcemap_parse(map, &lost, &to->map));
	return RESULT_OK;
}

static result seal_versions(struct image *image, struct error *err)
{
	const size_t count = image->contract.function_count;
	/* One more, so that the file is never empty. */
	uint32_t *versions = calloc(count + 1, sizeof *versions);
	if (!versions)
		return error_set(err, ERR_MEMORY, "no memory for functions");
	for (size_t i = 0; i < count; i++)
		versions[i] = image->functions[i].version;
	result r = fd_sealed("ward-versions", slice_of((const char *)versions, (count + 1) * sizeof *versions), err, &image->versions_fd);
	free(versions);
	return r;
}

static result load_functions(struct image *image, const char *app_dir, struct error *err)
{
	size_t count = image->contract.function_count;
	image->functions = calloc(count + 1, sizeof *image->functions);
	if (!image->functions)
		return error_set(err, ERR_MEMORY, "no memory for functions");
	for (size_t i = 0; i < count; i++)
		image->functions[i] = (struct image_function){.contract_fd = -1, .bundle_fd = -1};
	for (size_t i = 0; i < count; i++)
		TRY(load_function(image, i, app_dir, err));
	return seal_versions(image, err);
}

static result load_assets(struct image *image, const char *app_dir, const char *pages_dir, struct error *err)
{
	char own[PATH_MAX];
	char generated[PATH_MAX];
	CLEANUP_BUF struct buf pack = BUF_INIT(ASSET_PACK_BYTES_MAX);
	(void)snprintf(own, sizeof own, "%s/public", app_dir);
	(void)snprintf(generated, sizeof generated, "%s/.ward/public", app_dir);
	/* Ward's own pages first: an app may put its own in their place, but for those where operators type their passwords. */
	const struct asset_source sources[] = {
	    {pages_dir, "/_ward/account"}, {own, ""}, {generated, ""}, {pages_dir, "/_ward/operator"}, {NULL, NULL}};
	TRY(asset_pack_build(sources, &pack, err));
	return fd_sealed("ward-assets", buf_slice(&pack), err, &image->assets_fd);
}

/* The monitor reads it; what is wrong with it is no reason not to serve. */
static result load_profile(struct image *image, const char *app_dir, struct error *err)
{
	char path[PATH_MAX];
	struct error lost;
	CLEANUP_SLICE struct slice text = SLICE_NONE;
	(void)snprintf(path, sizeof path, "%s/" PROFILE_FILE, app_dir);
	if (!is_ok(file_read(path, PROFILE_FILE_BYTES_MAX, &lost, &text)) && access(path, F_OK) == 0)
		LOG_WARN("profile_not_used", LOG_STR("why", lost.text));
	return fd_sealed("ward-profile", text.len ? text : SLICE("\n"), err, &image->profile_fd);
}

static result load(struct image *image, const char *app_dir, const char *pages_dir, struct error *err)
{
	CLEANUP_SLICE struct slice text = SLICE_NONE;
	TRY(read_built(app_dir, SLICE("app.json"), APP_JSON_MAX, err, &text));
	image->text = arena_copy(&image->arena, text);
	if (!image->text.ptr)
		return error_set(err, ERR_MEMORY, "no memory for the app");
	TRY(app_contract_parse(image->text, &image->arena, err, &image->contract));
	TRY(fd_sealed("ward-app", image->text, err, &image->contract_fd));
	TRY(load_functions(image, app_dir, err));
	TRY(load_profile(image, app_dir, err));
	return load_assets(image, app_dir, pages_dir, err);
}

result image_load(const char *app_dir, const char *pages_dir, uint32_t generation, struct error *err, struct image **ret)
{
	struct image *image = calloc(1, sizeof *image);
	if (!image)
		return error_set(err, ERR_MEMORY, "no memory for an app");
	image->generation = generation;
	image->contract_fd = image->assets_fd = image->versions_fd = image->profile_fd = -1;
	arena_init(&image->arena, IMAGE_ARENA_BYTES);
	result r = load(image, app_dir, pages_dir, err);
	if (!is_ok(r)) {
		image_free(image);
		return r;
	}
	*ret = image;
	return RESULT_OK;
}

void image_free(struct image *image)
{
	if (!image)
		return;
	for (size_t i = 0; image->functions && i < image->contract.function_count; i++) {
		fd_cleanup(&image->functions[i].contract_fd);
		fd_cleanup(&image->functions[i].bundle_fd);
		sourcemap_free(image->functions[i].map);
	}
	free(image->functions);
	fd_cleanup(&image->contract_fd);
	fd_cleanup(&image->assets_fd);
	fd_cleanup(&image->versions_fd);
	fd_cleanup(&image->profile_fd);
	arena_done(&image->arena);
	free(image);
}
