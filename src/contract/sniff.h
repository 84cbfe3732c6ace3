/*
 * What the bytes of a file are, by their beginning (https://mimesniff.spec.whatwg.org/ sections 6 and 7), and
 * whether something else hides in them. Only types that can be told are known here: neither text/html nor
 * image/svg+xml is, since both carry scripts.
 */
#ifndef WARD_CONTRACT_SNIFF_H
#define WARD_CONTRACT_SNIFF_H

#include "base/slice.h"

struct file_kind;

/* By media type, without case; NULL: no upload can be of it. */
const struct file_kind *file_kind_find(struct slice media_type);
/* "image/png" */
struct slice file_kind_type(const struct file_kind *kind);
/* NULL: the bytes are of the kind and of no other. Else what they are, to stand behind "its content ". */
const char *file_kind_refusal(const struct file_kind *kind, struct slice bytes);

#endif
