#include "proc/egress/memory.h"

#include <curl/curl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static void wiping_free(void *ptr)
{
	if (ptr)
		explicit_bzero(ptr, malloc_usable_size(ptr));
	free(ptr);
}

static void *wiping_realloc(void *ptr, size_t size)
{
	if (!ptr)
		return malloc(size);
	const size_t old = malloc_usable_size(ptr);
	void *grown = malloc(size);
	if (!grown)
		return NULL;
	memcpy(grown, ptr, old < size ? old : size);
	wiping_free(ptr);
	return grown;
}

result memory_start_curl(struct error *err)
{
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiping_free, wiping_realloc, strdup, calloc) != CURLE_OK)
		return error_set(err, ERR_SYSTEM, "libcurl does not start");
	return RESULT_OK;
}
