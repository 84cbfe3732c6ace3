/*
 * What the code of an installed package reaches: network, processes, environment, files, eval, native code;
 * whether it is made unreadable; and the scripts that it runs when it is installed. Read from its folder in
 * node_modules, never run.
 */
#ifndef WARD_REVIEW_DEPS_REACH_H
#define WARD_REVIEW_DEPS_REACH_H

#include "review/deps/rules.h"

struct dep_reach {
	bool present;	   /* the package is installed, so the rest is known */
	uint32_t bits;	   /* of deps_rules.reach_names */
	uint32_t install;  /* bits that an install script or the files that it names reach */
	bool hidden;	   /* made unreadable */
	struct slice file; /* where that was seen, below the package */
	uint32_t line;
	struct slice script; /* the install script, as package.json has it; empty for none */
	uint64_t bytes_read;
	bool truncated; /* a cap on files or bytes ended the reading */
};

#define REACH_FILES_MAX 3000u
#define REACH_BYTES_MAX (48u << 20)

/* folder: of the package, below root_fd. Absent folders leave *ret_reach empty; symbolic links are not
 * followed. */
result dep_reach_read(const struct deps_rules *rules, int root_fd, struct slice folder, struct arena *arena,
    struct error *err, struct dep_reach *ret_reach);

/* The bits that one text of JavaScript shows. */
uint32_t reach_of_text(const struct deps_rules *rules, struct slice text);
/* True when a script was made unreadable on purpose; *ret_line says where. Minified code is not: it keeps its
 * texts. */
bool code_is_hidden(struct slice text, uint32_t *ret_line);
/* "network, process"; into out. */
void reach_text(const struct deps_rules *rules, uint32_t bits, char *out, size_t out_size);

#endif
