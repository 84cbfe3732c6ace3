/*
 * Finds what a name is given in any file syntax: NAME=v, "name": "v", name => 'v', <name>v</name>, name="n"
 * value="v", --name v, set("name", "v"), getenv("NAME", "v"), a list of bytes, a value on the next line.
 * Works on bytes around the name without knowing the language, so that one reader serves code, YAML, JSON,
 * .env, ini, XML, HCL, Dockerfiles, logs and notes.
 */
#ifndef WARD_REVIEW_SECRETS_ASSIGN_H
#define WARD_REVIEW_SECRETS_ASSIGN_H

#include "review/secrets/value.h"

struct assignment {
	struct slice value; /* within the text; never empty */
	enum value_form form;
};

/* False when nothing is given to the name at text[at, at + len). Looks at most some kilobytes ahead. */
bool assignment_read(
    const struct secret_names *names, struct slice text, size_t at, size_t len, struct assignment *ret);

#endif
