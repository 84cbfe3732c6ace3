/* Open documents of one workspace. Called by the server; URIs and texts are the editor's, so they are bounded
 * but not hostile: the editor could write the files itself. */
#include "review/lsp/documents.h"

#include <stdlib.h>

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

char *lsp_path_of_uri(struct slice uri)
{
	static const struct slice prefixes[] = {SLICE("file:///"), SLICE("file://localhost/")};
	struct slice rest = SLICE_NONE;
	for (size_t i = 0; i < 2 && !rest.ptr; i++)
		if (slice_starts(uri, prefixes[i]))
			rest = slice_of(uri.ptr + prefixes[i].len - 1, uri.len - prefixes[i].len + 1);
	char *path = rest.ptr ? malloc(rest.len + 1) : NULL;
	if (!path)
		return NULL;
	size_t n = 0;
	for (size_t i = 0; i < rest.len; i++) {
		char c = rest.ptr[i];
		if (c == '%' && i + 2 < rest.len && hex(rest.ptr[i + 1]) >= 0 && hex(rest.ptr[i + 2]) >= 0) {
			c = (char)(hex(rest.ptr[i + 1]) * 16 + hex(rest.ptr[i + 2]));
			i += 2;
		}
		if (c == '\0') {
			free(path);
			return NULL;
		}
		path[n++] = c;
	}
	while (n > 1 && path[n - 1] == '/')
		n--;
	path[n] = '\0';
	return path;
}

static void put_encoded(struct buf *out, struct slice path)
{
	static const char plain[] = "-._~/";
	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		buf_printf(out, letter || (c && strchr(plain, c)) ? "%c" : "%%%02X", c);
	}
}

/* An open document is named as its editor names it: two spellings of one URI are two files to some. */
void lsp_put_uri(struct buf *out, const struct lsp_documents *d, struct slice path)
{
	for (size_t i = 0; i < d->count; i++)
		if (slice_eq_cstr(path, d->items[i].path)) {
			buf_add_json_escaped(out, slice_cstr(d->items[i].uri));
			return;
		}
	buf_add_cstr(out, "file://");
	put_encoded(out, slice_cstr(d->root ? d->root : ""));
	buf_add_char(out, '/');
	put_encoded(out, path);
}

static void document_done(struct lsp_documents *d, struct lsp_document *doc)
{
	d->bytes -= doc->len;
	free(doc->uri);
	free(doc->path);
	free(doc->text);
}

void lsp_documents_done(struct lsp_documents *d)
{
	for (size_t i = 0; i < d->count; i++)
		document_done(d, &d->items[i]);
	free(d->items);
	free(d->overlays);
	free(d->root);
	*d = (struct lsp_documents){.root = NULL};
}

struct lsp_document *lsp_documents_find(const struct lsp_documents *d, struct slice uri)
{
	for (size_t i = 0; i < d->count; i++)
		if (slice_eq_cstr(uri, d->items[i].uri))
			return &d->items[i];
	return NULL;
}

static char *copy(struct slice s)
{
	char *c = malloc(s.len + 1);
	if (!c)
		return NULL;
	if (s.len)
		memcpy(c, s.ptr, s.len);
	c[s.len] = '\0';
	return c;
}

/* The part of an URI's path below the root, or NULL. */
static char *path_below(const struct lsp_documents *d, struct slice uri)
{
	char *path = d->root ? lsp_path_of_uri(uri) : NULL;
	size_t n = d->root ? strlen(d->root) : 0;
	bool below = path && strncmp(path, d->root, n) == 0 && path[n] == '/' && path[n + 1];
	char *relative = below ? copy(slice_cstr(path + n + 1)) : NULL;
	free(path);
	return relative;
}

static result add(struct lsp_documents *d, struct slice uri, struct error *err, struct lsp_document **ret_doc)
{
	if (d->count >= LSP_DOCUMENTS_MAX)
		return error_set(err, ERR_LIMIT, "more than %u documents are open", LSP_DOCUMENTS_MAX);
	char *path = path_below(d, uri);
	if (!path)
		return error_set(err, ERR_NOT_FOUND, "not a file of the workspace");
	struct lsp_document *items = reallocarray(d->items, d->count + 1, sizeof *items);
	if (items)
		d->items = items;
	char *name = copy(uri);
	if (!items || !name) {
		free(path);
		free(name);
		return error_set(err, ERR_MEMORY, "no memory for a document");
	}
	d->items[d->count] = (struct lsp_document){.uri = name, .path = path};
	*ret_doc = &d->items[d->count++];
	return RESULT_OK;
}

result lsp_documents_set(struct lsp_documents *d, struct slice uri, struct slice text, struct error *err)
{
	struct lsp_document *doc = lsp_documents_find(d, uri);
	size_t others = d->bytes - (doc ? doc->len : 0);
	if (text.len > LSP_DOCUMENTS_BYTES_MAX - others)
		return error_set(err, ERR_LIMIT, "the open documents are too large");
	if (!doc)
		TRY(add(d, uri, err, &doc));
	char *own = copy(text);
	if (!own)
		return error_set(err, ERR_MEMORY, "no memory for a document");
	free(doc->text);
	doc->text = own;
	doc->len = text.len;
	d->bytes = others + text.len;
	return RESULT_OK;
}

void lsp_documents_close(struct lsp_documents *d, struct slice uri)
{
	struct lsp_document *doc = lsp_documents_find(d, uri);
	if (!doc)
		return;
	document_done(d, doc);
	*doc = d->items[--d->count];
}

const struct file_overlay *lsp_documents_overlays(struct lsp_documents *d)
{
	free(d->overlays);
	d->overlays = d->count ? calloc(d->count, sizeof *d->overlays) : NULL;
	for (size_t i = 0; d->overlays && i < d->count; i++)
		d->overlays[i] = (struct file_overlay){
		    .path = slice_cstr(d->items[i].path),
		    .bytes = slice_of(d->items[i].text ? d->items[i].text : "", d->items[i].len),
		};
	return d->overlays;
}
