/* Uploads: from a body of multipart/form-data, or one that is the file itself, to the parts of an input. */
#include "proc/gateway/upload.h"

#include "base/check.h"

static struct slice media_type(struct slice content_type)
{
	return slice_trim(slice_cut(&content_type, ';'));
}

bool upload_taken(const struct gw_function *f, const struct http_head *h)
{
	if (!f->input)
		return false;
	const struct type_upload upload = type_upload(f->input);
	struct slice type = h->known[HTTP_H_CONTENT_TYPE];
	return upload.takes && (upload.raw || multipart_is(type));
}

/* One file that is not what its type asks for. */
static bool refuse_file(
    struct conn *c, struct gw_function *f, enum file_verdict verdict, struct slice name, const char *words)
{
	static const struct {
		int status;
		const char *type, *title;
	} answers[] = {
	    [FILE_OTHER_TYPE] = {415, "file-type", "A file is of a type that this function does not take"},
	    [FILE_TOO_LARGE] = {413, "file-size", "A file is larger than this function takes"},
	    [FILE_NOT_AS_SAID] = {422, "file-content", "A file is not what it is sent as"},
	};
	UNINITIALISED char room[MULTIPART_NAME_BYTES_MAX + 2];
	UNINITIALISED struct problems problems;
	CLEANUP_BUF struct buf errors = BUF_INIT(4096);
	struct buf path = {.ptr = room, .size = sizeof room, .cap = sizeof room};
	problems.count = 0;
	if (name.ptr)
		buf_printf(&path, "/%.*s", SLICE_ARG(name));
	(void)problems_add(&problems, buf_slice(&path), words, SLICE_NONE).code;
	problems_json(&problems, &errors);
	const struct problem p = {.status = answers[verdict].status,
	    .type = answers[verdict].type,
	    .title = answers[verdict].title,
	    .id = request_id_new(c->gateway),
	    .errors = buf_slice(&errors)};
	problem_respond(c, &p);
	observe_refused(c, f, NULL, OUTCOME_INPUT_REFUSED);
	return false;
}

static bool malformed(struct conn *c, struct gw_function *f, const char *why)
{
	problem_simple(c, 400, "malformed-form", "The form cannot be read", why);
	observe_refused(c, f, NULL, OUTCOME_INPUT_REFUSED);
	return false;
}

static bool check(
    struct conn *c, struct gw_function *f, struct slice name, struct slice type, struct slice bytes)
{
	UNINITIALISED char words[FILE_WORDS_MAX];
	const struct type *file = type_file(f->input, name);
	enum file_verdict verdict = file ? file_check(file, type, bytes, words) : FILE_FINE;
	return verdict == FILE_FINE || refuse_file(c, f, verdict, name, words);
}

/* A field, or a file; browsers send an empty file without a name where none was chosen. */
static bool take_part(
    struct conn *c, struct gw_function *f, const struct multipart_part *part, struct upload *u)
{
	const bool is_json = slice_eq_nocase(media_type(part->type), SLICE("application/json"));
	const bool to_file = type_file(f->input, part->name) != NULL;
	struct value_part *to = &u->parts[u->count];
	if (part->file_name.ptr && part->file_name.len == 0)
		return part->body.len == 0 || malformed(c, f, "a file has no name");
	if (part->file_name.ptr && !to_file && !is_json)
		return malformed(c, f, "a file is sent where the function takes none");
	*to = (struct value_part){.from = VALUE_FROM_FORM,
	    .name = part->name,
	    .text = part->body,
	    .is_file = to_file && part->file_name.ptr,
	    .is_json = !to_file && is_json,
	    .file = {part->file_name, part->type}};
	u->count++;
	return !to->is_file || check(c, f, part->name, part->type, part->body);
}

static bool read_form(
    struct conn *c, struct gw_function *f, struct slice type, struct slice body, struct upload *u)
{
	struct multipart m;
	struct multipart_part part;
	enum multipart_step step = MULTIPART_BAD;
	const char *why = NULL;
	if (!multipart_begin(type, body, &m, &why))
		return malformed(c, f, why);
	while ((step = multipart_next(&m, &part, &why)) == MULTIPART_PART)
		if (!take_part(c, f, &part, u))
			return false;
	return step == MULTIPART_END || malformed(c, f, why);
}

bool upload_read(
    struct conn *c, struct gw_function *f, const struct http_head *h, struct slice body, struct upload *u)
{
	struct slice type = h->known[HTTP_H_CONTENT_TYPE];
	const struct type_upload upload = type_upload(f->input);
	if (multipart_is(type))
		return read_form(c, f, type, body, u);
	if (!check(c, f, upload.raw_member, type, body))
		return false;
	u->parts[u->count++] = (struct value_part){.from = VALUE_FROM_FORM,
	    .name = upload.raw_member,
	    .text = body,
	    .is_file = true,
	    .file = {.name = SLICE(""), .type = type}};
	u->whole = !upload.raw_member.ptr;
	return true;
}
