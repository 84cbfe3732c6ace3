/*
 * Texts that libfyaml 0.7.12 must not be given. YAML itself forbids each of them, and that version of the
 * library ends in an endless loop or in a write through a wild pointer instead of an error. Whoever parses a
 * stranger's YAML asks first.
 */
#ifndef WARD_BASE_YAML_GUARD_H
#define WARD_BASE_YAML_GUARD_H

#include "base/result.h"
#include "base/slice.h"

struct yaml_refusal {
	const char *why; /* NULL: the text may be parsed */
	enum err_code code;
};

/* ERR_INVALID: not UTF-8 text; ERR_LIMIT: YAML that the library does not survive. Linear in the text. */
struct yaml_refusal yaml_refuse(struct slice text);

#endif
