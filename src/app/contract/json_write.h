/* Writing JSON into a buffer with the commas in the right places. Failures are the buffer's: ask buf_ok() at
 * the end. */
#ifndef WARD_APP_JSON_WRITE_H
#define WARD_APP_JSON_WRITE_H

#include "app/manifest/manifest.h"
#include "base/buf.h"

struct json_writer {
	struct buf *out;
	bool comma; /* the next member or item needs one before it */
};

void json_begin(struct json_writer *w, char bracket); /* '{' or '[' */
void json_end(struct json_writer *w, char bracket);   /* '}' or ']' */
void json_key(struct json_writer *w, struct slice name);
void json_text(struct json_writer *w, struct slice text);
void json_uint(struct json_writer *w, uint64_t value);
void json_bool(struct json_writer *w, bool value);
/* A whole value in JSON; empty: null. */
void json_raw(struct json_writer *w, struct slice json);
void json_texts(struct json_writer *w, const struct slice_list *list);

/* A member: key and value. The _given forms leave it out when the value is empty, 0 or false. */
void json_member_text(struct json_writer *w, const char *name, struct slice text);
void json_member_text_given(struct json_writer *w, const char *name, struct slice text);
void json_member_uint(struct json_writer *w, const char *name, uint64_t value);
void json_member_uint_given(struct json_writer *w, const char *name, uint64_t value);
void json_member_true_given(struct json_writer *w, const char *name, bool value);
void json_member_texts_given(struct json_writer *w, const char *name, const struct slice_list *list);

#endif
