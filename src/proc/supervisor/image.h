/*
 * An app image: one generation of a built app as the processes get it, in sealed memory. The supervisor makes it from
 * .ward/build; nobody else reads the app's files.
 */
#ifndef WARD_PROC_SUPERVISOR_IMAGE_H
#define WARD_PROC_SUPERVISOR_IMAGE_H

#include "app/app.h"
#include "app/sourcemap.h"
#include "base/result.h"

struct image_function {
	int contract_fd; /* sealed: the contract of this function alone, in the form of app.json */
	int bundle_fd;	 /* sealed: its script */
	uint32_t version; /* first bytes of the bundle's hash */
	struct sourcemap *map; /* for stacks in the log; NULL when there is none */
};

struct image {
	uint32_t generation;
	struct arena arena;
	struct slice text; /* app.json */
	struct app_contract contract;
	int contract_fd;
	int assets_fd;
	int profile_fd;	 /* sealed: ward.profile, or a line end where there is none */
	int versions_fd; /* sealed: a uint32_t a function, the first bytes of its bundle's hash */
	struct image_function *functions; /* as contract.functions */
};

/* Reads .ward/build and the files of the app's and of ward's own pages (pages_dir). Returns owned. */
result image_load(const char *app_dir, const char *pages_dir, uint32_t generation, struct error *err, struct image **ret);
void image_free(struct image *image);

#endif
