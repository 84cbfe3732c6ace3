/* The language server's methods and its loop. Called by `ward check --lsp`; its peer is the editor that
 * started it. */
#include "review/lsp/server.h"

#include <jansson.h>
#include <limits.h>
#include <stdlib.h>

#include "os/clock.h"
#include "review/lsp/answers.h"
#include "review/lsp/places.h"

/* Reviewed this long after the last change, and at the latest so long after the first. */
#define QUIET_MS 200u
#define PATIENCE_MS 1500u
#define PUBLISHED_FILES_MAX 5000u

enum {
	PARSE_ERROR = -32700,
	INVALID_REQUEST = -32600,
	METHOD_NOT_FOUND = -32601,
	INVALID_PARAMS = -32602,
	NOT_INITIALIZED = -32002
};

enum state { STATE_NEW, STATE_READY, STATE_SHUT };

struct lsp {
	const struct lsp_options *options;
	enum state state;
	struct lsp_documents documents;
	struct review review;
	bool reviewed; /* `review` and `places` are there */
	struct lsp_places places;
	bool dirty;
	uint64_t first_change_ms;
	uint64_t last_change_ms;
	struct arena published_arena; /* files that the editor shows diagnostics of */
	struct slice *published;
	size_t published_count;
};

struct request {
	struct lsp *lsp;
	json_t *id; /* borrowed; NULL: a notification */
	json_t *params;
	struct buf *out;
};

/* ---- Reviews ---- */

static void changed(struct lsp *lsp)
{
	lsp->last_change_ms = clock_mono_ms();
	if (!lsp->dirty)
		lsp->first_change_ms = lsp->last_change_ms;
	lsp->dirty = true;
}

int lsp_due_ms(const struct lsp *lsp)
{
	if (!lsp->dirty || lsp->state != STATE_READY)
		return -1;
	uint64_t now = clock_mono_ms();
	uint64_t quiet = lsp->last_change_ms + QUIET_MS;
	uint64_t late = lsp->first_change_ms + PATIENCE_MS;
	uint64_t due = quiet < late ? quiet : late;
	return due > now ? (int)(due - now) : 0;
}

static void forget_review(struct lsp *lsp)
{
	if (!lsp->reviewed)
		return;
	lsp_places_done(&lsp->places);
	review_done(&lsp->review);
	lsp->reviewed = false;
}

static void publish_file(struct lsp *lsp, struct slice file, size_t first, size_t end, struct buf *out)
{
	struct buf body = BUF_INIT(OUT_BYTES_MAX);
	buf_add_cstr(&body,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/publishDiagnostics\",\"params\":{\"uri\":\"");
	lsp_put_uri(&body, &lsp->documents, file);
	buf_add_cstr(&body, "\",\"diagnostics\":[");
	for (size_t i = first; i < end; i++) {
		if (i > first)
			buf_add_char(&body, ',');
		lsp_put_diagnostic(&body, &lsp->places, i, &lsp->documents);
	}
	buf_add_cstr(&body, "]}}");
	lsp_send(out, &body);
}

/* Files that had diagnostics and have none any more get an empty list, which takes them away. */
static void clear_old(struct lsp *lsp, struct buf *out)
{
	for (size_t i = 0; i < lsp->published_count; i++)
		if (lsp_places_find(&lsp->places, lsp->published[i]) == lsp->places.count)
			publish_file(lsp, lsp->published[i], 0, 0, out);
	arena_clear(&lsp->published_arena);
	lsp->published_count = 0;
	lsp->published = arena_array(&lsp->published_arena, PUBLISHED_FILES_MAX, sizeof *lsp->published);
}

static void publish(struct lsp *lsp, struct buf *out)
{
	clear_old(lsp, out);
	for (size_t i = 0;
	     i < lsp->places.count && lsp->published && lsp->published_count < PUBLISHED_FILES_MAX;) {
		size_t end = lsp_places_file_end(&lsp->places, i);
		struct slice file = lsp->places.items[i].finding->file;
		lsp->published[lsp->published_count++] = arena_copy(&lsp->published_arena, file);
		publish_file(lsp, file, i, end, out);
		i = end;
	}
}

void lsp_refresh(struct lsp *lsp, struct buf *out)
{
	struct error err = {.text = ""};
	lsp->dirty = false;
	forget_review(lsp);
	if (!lsp->documents.root)
		return;
	const struct review_options options = {
	    .root = lsp->documents.root,
	    .rules_dir = lsp->options->rules_dir,
	    .threads = lsp->options->threads,
	    .advisories = lsp->options->advisories,
	    .overlays = lsp_documents_overlays(&lsp->documents),
	    .overlay_count = lsp->documents.overlays ? lsp->documents.count : 0,
	};
	if (!is_ok(review_run(&options, &err, &lsp->review))) {
		lsp_say(out, err.text);
		return;
	}
	if (!is_ok(lsp_places_of(&lsp->review, &err, &lsp->places))) {
		review_done(&lsp->review);
		lsp_say(out, err.text);
		return;
	}
	lsp->reviewed = true;
	publish(lsp, out);
}

/* ---- Methods ---- */

static struct slice text_at(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);
	return json_is_string(value) ? slice_of(json_string_value(value), json_string_length(value))
				     : SLICE_NONE;
}

static json_t *document_of(const struct request *r)
{
	return json_object_get(r->params, "textDocument");
}

/* The first folder, else what older editors send, else what the command line says. */
static char *root_of(const struct request *r)
{
	json_t *folder = json_array_get(json_object_get(r->params, "workspaceFolders"), 0);
	struct slice uri = text_at(folder, "uri");
	if (!uri.ptr)
		uri = text_at(r->params, "rootUri");
	char *path = uri.ptr ? lsp_path_of_uri(uri) : NULL;
	if (!path && text_at(r->params, "rootPath").ptr)
		path = strdup(text_at(r->params, "rootPath").ptr);
	if (!path && r->lsp->options->root)
		path = realpath(r->lsp->options->root, NULL);
	if (path && path[0] != '/') {
		free(path);
		path = NULL;
	}
	return path;
}

static void on_initialize(const struct request *r)
{
	CLEANUP_BUF struct buf b = BUF_INIT(4096);
	r->lsp->documents.root = root_of(r);
	r->lsp->state = STATE_READY;
	buf_add_cstr(&b, "{\"capabilities\":{\"positionEncoding\":\"utf-16\",\"textDocumentSync\":{"
			 "\"openClose\":true,\"change\":1,"
			 "\"save\":true},\"hoverProvider\":true,\"codeActionProvider\":{\"codeActionKinds\":["
			 "\"quickfix\"]}},"
			 "\"serverInfo\":{\"name\":\"ward\",\"version\":\"");
	buf_add_json_escaped(&b, slice_cstr(r->lsp->options->version));
	buf_add_cstr(&b, "\"}}");
	lsp_answer(r->out, r->id, buf_slice(&b));
	changed(r->lsp);
}

static void on_shutdown(const struct request *r)
{
	r->lsp->state = STATE_SHUT;
	lsp_answer(r->out, r->id, SLICE("null"));
}

static void on_open(const struct request *r)
{
	struct error err = {.text = ""};
	json_t *document = document_of(r);
	struct slice uri = text_at(document, "uri");
	struct slice text = text_at(document, "text");
	if (!uri.ptr || !text.ptr)
		return;
	result set = lsp_documents_set(&r->lsp->documents, uri, text, &err);
	if (!is_ok(set) && set.code != ERR_NOT_FOUND)
		lsp_say(r->out, err.text);
	changed(r->lsp);
}

/* The whole text each time, as the capabilities ask for: the last change is what holds. */
static void on_change(const struct request *r)
{
	struct error err = {.text = ""};
	json_t *changes = json_object_get(r->params, "contentChanges");
	json_t *last = json_array_get(changes, json_array_size(changes) - 1);
	struct slice uri = text_at(document_of(r), "uri");
	struct slice text = text_at(last, "text");
	if (!uri.ptr || !text.ptr || json_object_get(last, "range") ||
	    !lsp_documents_find(&r->lsp->documents, uri))
		return;
	if (!is_ok(lsp_documents_set(&r->lsp->documents, uri, text, &err)))
		lsp_say(r->out, err.text);
	changed(r->lsp);
}

static void on_saved(const struct request *r)
{
	changed(r->lsp);
}

static void on_close(const struct request *r)
{
	struct slice uri = text_at(document_of(r), "uri");
	if (uri.ptr)
		lsp_documents_close(&r->lsp->documents, uri);
	changed(r->lsp);
}

static uint32_t number_at(json_t *object, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(object, name));
	return n < 0 ? 0 : n > INT_MAX ? INT_MAX : (uint32_t)n;
}

/* What is asked about a place is answered from a review of the text as it is now. */
static const char *asked_path(const struct request *r)
{
	if (r->lsp->dirty)
		lsp_refresh(r->lsp, r->out);
	struct slice uri = text_at(document_of(r), "uri");
	const struct lsp_document *document = uri.ptr ? lsp_documents_find(&r->lsp->documents, uri) : NULL;
	return document && r->lsp->reviewed ? document->path : NULL;
}

static void on_action(const struct request *r)
{
	json_t *range = json_object_get(r->params, "range");
	json_t *start = json_object_get(range, "start");
	json_t *end = json_object_get(range, "end");
	const char *path = asked_path(r);
	CLEANUP_BUF struct buf b = BUF_INIT(8u << 20);
	const struct lsp_range wanted = {number_at(start, "line"), number_at(start, "character"),
	    number_at(end, "line"), number_at(end, "character")};
	if (path)
		lsp_put_actions(&b, &r->lsp->places, slice_cstr(path), &wanted, &r->lsp->documents);
	lsp_answer(r->out, r->id, path && buf_ok(&b) ? buf_slice(&b) : SLICE("[]"));
}

static void on_hover(const struct request *r)
{
	json_t *position = json_object_get(r->params, "position");
	const char *path = asked_path(r);
	CLEANUP_BUF struct buf b = BUF_INIT(1u << 20);
	if (path)
		lsp_put_hover(&b, &r->lsp->places, slice_cstr(path), number_at(position, "line"),
		    number_at(position, "character"));
	lsp_answer(r->out, r->id, path && buf_ok(&b) ? buf_slice(&b) : SLICE("null"));
}

static void on_ignored(const struct request *r)
{
	(void)r;
}

static const struct method {
	const char *name;
	bool request; /* wants an answer */
	void (*handle)(const struct request *r);
} methods[] = {
    {"initialize", true, on_initialize},
    {"initialized", false, on_ignored},
    {"shutdown", true, on_shutdown},
    {"textDocument/didOpen", false, on_open},
    {"textDocument/didChange", false, on_change},
    {"textDocument/didSave", false, on_saved},
    {"textDocument/didClose", false, on_close},
    {"workspace/didChangeWatchedFiles", false, on_saved},
    {"textDocument/codeAction", true, on_action},
    {"textDocument/hover", true, on_hover},
};

static const struct method *method_of(const char *name)
{
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (strcmp(name, methods[i].name) == 0)
			return &methods[i];
	return NULL;
}

/* The states in which a request may come: `initialize` first and once, nothing after `shutdown`. */
static bool allowed(const struct request *r, const char *name)
{
	enum state state = r->lsp->state;
	bool first = strcmp(name, "initialize") == 0;
	if (state == STATE_READY && !first)
		return true;
	if (state == STATE_NEW && first)
		return true;
	if (r->id)
		lsp_refuse(r->out, r->id, state == STATE_NEW ? NOT_INITIALIZED : INVALID_REQUEST,
		    state == STATE_NEW ? "initialize comes first" : "not now");
	return false;
}

static void dispatch(const struct request *r, const char *name)
{
	if (!allowed(r, name))
		return;
	const struct method *m = method_of(name);
	if (!m && r->id)
		lsp_refuse(r->out, r->id, METHOD_NOT_FOUND, name);
	else if (m && m->request && !r->id)
		return;
	else if (m && !m->request && r->id)
		lsp_refuse(r->out, r->id, INVALID_REQUEST, "that is a notification");
	else if (m && strncmp(name, "textDocument/", 13) == 0 && !json_is_object(document_of(r)) && r->id)
		lsp_refuse(r->out, r->id, INVALID_PARAMS, "which document?");
	else if (m)
		m->handle(r);
}

bool lsp_take(struct lsp *lsp, struct slice body, struct buf *out)
{
	json_t *message = json_loadb(body.ptr ? body.ptr : "", body.len, JSON_REJECT_DUPLICATES, NULL);
	struct request r = {.lsp = lsp, .out = out, .params = json_object_get(message, "params")};
	json_t *id = json_object_get(message, "id");
	r.id = json_is_string(id) || json_is_integer(id) ? id : NULL;
	const char *name = json_string_value(json_object_get(message, "method"));
	bool goes_on = true;
	if (!message)
		lsp_refuse(r.out, r.id, PARSE_ERROR, "not JSON");
	else if (name && strcmp(name, "exit") == 0)
		goes_on = false;
	else if (name)
		dispatch(&r, name);
	else if (!json_object_get(message, "result") && !json_object_get(message, "error"))
		lsp_refuse(r.out, r.id, INVALID_REQUEST, "neither a request nor an answer");
	json_decref(message);
	return goes_on;
}

/* ---- The whole ---- */

struct lsp *lsp_new(const struct lsp_options *options)
{
	struct lsp *lsp = calloc(1, sizeof *lsp);
	if (!lsp)
		return NULL;
	lsp->options = options;
	arena_init(&lsp->published_arena, 64u << 20);
	return lsp;
}

void lsp_free(struct lsp *lsp)
{
	if (!lsp)
		return;
	forget_review(lsp);
	lsp_documents_done(&lsp->documents);
	arena_done(&lsp->published_arena);
	free(lsp);
}

int lsp_exit_code(const struct lsp *lsp)
{
	return lsp->state == STATE_SHUT ? 0 : 1;
}
