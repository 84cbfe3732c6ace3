/*
 * Files in inputs: an object schema with x-ward-file ({"types": [media types], "maxBytes": n}) and the
 * members name, type, size and bytes. Files never come in JSON: they are parts of multipart/form-data, or a
 * whole body.
 */
#ifndef WARD_CONTRACT_FILE_H
#define WARD_CONTRACT_FILE_H

#include "contract/type.h"

/* What an author may ask for at most. */
#define FILE_BYTES_MAX (32u << 20)

/* How files come to a function with this input. */
struct type_upload {
	bool takes;		 /* it has files */
	bool raw;		 /* a body may be the one file itself */
	struct slice raw_member; /* the member that it becomes; ptr NULL: the whole input */
};
struct type_upload type_upload(const struct type *input);

/* The file type of a member, or of its items; name ptr NULL: of the input itself. NULL: no file goes there.
 */
const struct type *type_file(const struct type *input, struct slice name);

enum file_verdict {
	FILE_FINE,
	FILE_OTHER_TYPE, /* it says a type that is not taken */
	FILE_TOO_LARGE,
	FILE_NOT_AS_SAID, /* its bytes are something else, or something else too */
};
#define FILE_WORDS_MAX 160u
/* media_type as it was sent; parameters are left out of account. */
enum file_verdict file_check(
    const struct type *file, struct slice media_type, struct slice bytes, char ret_words[FILE_WORDS_MAX]);

/* A body that is the input itself. It has been checked. */
result value_from_file(const struct type *input, const struct value_file *file, struct slice bytes,
    struct buf *out, struct problems *problems);

#endif
