/* What is text: well-formed UTF-8 without control characters but tab, CR and LF. */
#ifndef WARD_APP_TEXT_H
#define WARD_APP_TEXT_H

#include "base/slice.h"

/* Bytes of the UTF-8 character here (RFC 3629 section 4) that YAML 1.2 section 5.1 lets stand in a text; 0:
 * none. */
size_t text_character(const unsigned char *s, size_t left);
bool text_is_plain(struct slice text);

#endif
