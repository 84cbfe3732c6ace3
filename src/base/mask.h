/*
 * Replaces secrets in texts: every value that was added is found as it is and in the forms in which programs usually write
 * it (JSON, HTML, percent-encoded, form, hexadecimal, base64 in both alphabets and at every alignment, and single long
 * lines of a value that has several), and `***NAME***` is put in its place.
 *
 * It keeps mistakes from becoming leaks. It cannot stop code that holds a secret from giving it away in a form of its own.
 */
#ifndef WARD_BASE_MASK_H
#define WARD_BASE_MASK_H

#include "base/buf.h"

/* Shorter values are not looked for: they would be found everywhere. */
#define MASK_VALUE_MIN 4u
#define MASK_FORMS_MAX 512u

struct mask_form;

struct mask {
	struct mask_form *forms; /* owned, longest first */
	size_t count;
	bool first[256]; /* bytes with which a form begins */
	bool failed;	 /* no memory, or more forms than MASK_FORMS_MAX: what is not known cannot be found */
};

/* Copies both. name must be short; adding the same value again changes nothing. Zero the struct first. */
void mask_add(struct mask *m, struct slice name, struct slice value);
/* Wipes what it knew. Safe on a zeroed struct and twice. */
void mask_done(struct mask *m);
static inline bool mask_ok(const struct mask *m)
{
	return !m->failed;
}

/* True when something was found: out then has the whole text without it. Else out is as it was. */
bool mask_text(const struct mask *m, struct slice text, struct buf *out);

#endif
