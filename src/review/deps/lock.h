/*
 * Lockfiles of npm (package-lock.json and npm-shrinkwrap.json, versions 1 to 3), pnpm (pnpm-lock.yaml 5 to 9)
 * and yarn (yarn.lock of version 1 and of 2 and later) as one list of packages with the lines they stand on.
 *
 * The files are foreign. JSON goes through jansson (nesting bounded, repeated keys refused: two readers would
 * see two packages); the other formats are machine-written and read line by line, so that YAML's aliases and
 * nesting never come into play.
 *
 * Formats: docs.npmjs.com "package-lock.json"; pnpm.io "lockfile"; yarnpkg.com "yarn.lock". All slices live
 * in the list's arena.
 */
#ifndef WARD_REVIEW_DEPS_LOCK_H
#define WARD_REVIEW_DEPS_LOCK_H

#include "base/arena.h"
#include "base/result.h"

enum lock_kind { LOCK_NONE, LOCK_NPM, LOCK_PNPM, LOCK_YARN_CLASSIC, LOCK_YARN_BERRY };

struct dep {
	struct slice name;    /* of the package, not of an alias */
	struct slice alias;   /* the name it is installed under, when another */
	struct slice version; /* "1.2.3"; of git or file sources what the lockfile says */
	struct slice
	    resolved; /* address of the archive, as locked; may be empty (pnpm, yarn 2: from the registry) */
	struct slice integrity; /* SRI, or yarn's checksum; may be empty */
	struct slice path;	/* below the lockfile's folder ("node_modules/a/node_modules/b"), or empty */
	struct slice license;
	uint32_t line;
	enum lock_kind kind;
	bool dev;
	bool optional;
	bool workspace;	     /* a folder of the repository */
	bool bundled;	     /* inside another package's archive */
	bool install_script; /* as the lockfile tells; other formats do not say */
	bool direct;	     /* the project itself asks for it */
	struct slice *keys;  /* by which `wants` of others name it */
	size_t key_count;
	struct slice *wants; /* its own dependencies, each a key of this lockfile (npm: a name, resolved from
				path upwards) */
	size_t want_count;
};

struct lockfile {
	enum lock_kind kind;
	struct slice file; /* as given */
	struct dep *deps;
	size_t count;
	size_t size;
	struct slice root_name; /* of the project, npm only */
	struct slice root_version;
};

#define LOCK_DEPS_MAX 200000u

/* By the file's base name; LOCK_NONE for others. yarn's kinds are told apart by the text. */
enum lock_kind lock_kind_of(struct slice path, struct slice text);

/* ERR_INVALID with a sentence when it is not what its name says; ERR_LIMIT past LOCK_DEPS_MAX. */
result lockfile_parse(
    struct slice path, struct slice text, struct arena *arena, struct error *err, struct lockfile *ret_lock);
void lockfile_done(struct lockfile *lock);

/* The readers, one a format; internal to deps_lock*.c. */
result lockfile_parse_npm(struct slice text, struct arena *arena, struct error *err, struct lockfile *lock);
result lockfile_parse_pnpm(struct slice text, struct arena *arena, struct error *err, struct lockfile *lock);
result lockfile_parse_yarn(struct slice text, struct arena *arena, struct error *err, struct lockfile *lock);
/* A new entry, zeroed, valid until the next call; NULL with *err set. */
struct dep *lockfile_add(struct lockfile *lock, struct error *err);

/* One line of an indented format. */
struct lock_line {
	uint32_t line;
	uint32_t indent;
	struct slice key;   /* without quotes; of "- item" the item */
	struct slice value; /* without quotes, trimmed */
	bool item;	    /* began with "- " */
	bool opens;	    /* ended with ':' and nothing behind it */
};
/* The next line that is neither blank nor a comment; false at the end. *line counts, *rest moves. */
bool lock_line_next(struct slice *rest, uint32_t *line, struct lock_line *ret);
/* Without one pair of quotes of either kind. */
struct slice unquoted(struct slice s);
/* The name of "name@range" or "@scope/name@range": all before the second '@' or the first that is not the
 * scope's. */
struct slice descriptor_name(struct slice descriptor);

/* What one package wants, gathered line by line: "name@version" each. Kept from package to package, in the
 * list's arena. */
struct lock_wants {
	struct slice *items;
	size_t count;
	size_t size;
};

result lock_wants_add(
    struct lock_wants *w, struct arena *arena, struct slice name, struct slice version, struct error *err);
/* Gives them to dep (NULL: to nobody) and begins anew. */
result lock_wants_end(struct lock_wants *w, struct arena *arena, struct dep *dep, struct error *err);

#endif
