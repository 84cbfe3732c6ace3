/* From libfyaml's events to a tree with places. The text is an author's: hostile. */
#include "app/manifest/yaml.h"

#include "app/manifest/text.h"

#include <libfyaml.h>

#include "base/yaml_guard.h"

#define YAML_BYTES_MAX (1u << 20)

struct frame {
	struct yaml_node *node;
	struct yaml_node *last;
	struct yaml_node *key; /* MAP: read, its value is not */
};

struct reader {
	struct slice text;
	struct slice file;
	struct arena *arena;
	struct diagnostics *diagnostics;
	struct frame frames[YAML_DEPTH_MAX];
	size_t depth;
	struct yaml_node *root;
	size_t documents;
	/* Place of the byte asked for last, so that places cost one pass in all. */
	size_t at;
	uint32_t line;
	size_t line_start;
	bool stop; /* what follows could only mislead */
	bool no_memory;
};

bool yaml_is_null(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && !node->quoted &&
	       (node->text.len == 0 || slice_eq_cstr(node->text, "~") || slice_eq_cstr(node->text, "null"));
}

static struct text_place place_of(struct reader *r, size_t start, size_t end)
{
	start = start < r->text.len ? start : r->text.len;
	if (start < r->at) {
		r->at = r->line_start = 0;
		r->line = 1;
	}
	for (; r->at < start; r->at++)
		if (r->text.ptr[r->at] == '\n') {
			r->line++;
			r->line_start = r->at + 1;
		}
	size_t stop = start;
	while (stop < end && stop < r->text.len && r->text.ptr[stop] != '\n')
		stop++;
	return (struct text_place){r->line, (uint32_t)(start - r->line_start + 1), (uint32_t)(stop - start)};
}

static struct text_place event_place(struct reader *r, struct fy_event *event)
{
	const struct fy_mark *start = fy_event_start_mark(event);
	const struct fy_mark *end = fy_event_end_mark(event);
	size_t from = start ? start->input_pos : r->at;
	return place_of(r, from, end ? end->input_pos : from + 1);
}

static void refuse(
    struct reader *r, struct text_place place, const char *code, const char *hint, const char *message)
{
	const struct diagnostic at = {.file = r->file,
	    .line = place.line,
	    .column = place.column,
	    .length = place.length ? place.length : 1};
	diagnostics_addf(r->diagnostics, &at, code, hint, "%s", message);
}

static struct yaml_node *node_new(struct reader *r, enum yaml_kind kind, struct text_place place)
{
	struct yaml_node *node = arena_zalloc(r->arena, sizeof *node);
	if (!node) {
		r->no_memory = r->stop = true;
		return NULL;
	}
	node->kind = kind;
	node->place = place;
	return node;
}

static bool key_taken(const struct yaml_node *map, struct slice name)
{
	for (const struct yaml_node *n = map->first; n; n = n->next)
		if (slice_eq(n->key->text, name))
			return true;
	return false;
}

static void place_key(struct reader *r, struct frame *f, struct yaml_node *node)
{
	f->key = node;
	if (node->kind != YAML_SCALAR)
		refuse(r, node->place, "yaml-key", NULL, "a key must be plain text");
	else if (key_taken(f->node, node->text))
		refuse(r, node->place, "duplicate-key", "keep one of the two", "this key is there twice");
}

/* Puts a finished scalar or an opened container where the reader stands. */
static void attach(struct reader *r, struct yaml_node *node)
{
	if (r->depth == 0) {
		r->root = node;
		return;
	}
	struct frame *f = &r->frames[r->depth - 1];
	if (f->node->kind == YAML_MAP && !f->key) {
		place_key(r, f, node);
		return;
	}
	if (f->node->count >= YAML_ENTRIES_MAX) {
		refuse(r, node->place, "too-many", NULL, "there are more entries here than ward reads");
		r->stop = true;
		return;
	}
	node->key = f->key;
	f->key = NULL;
	f->node->count++;
	if (f->last)
		f->last->next = node;
	else
		f->node->first = node;
	f->last = node;
}

static void open_container(struct reader *r, enum yaml_kind kind, struct text_place place)
{
	struct yaml_node *node = node_new(r, kind, place);
	if (!node)
		return;
	if (r->depth == YAML_DEPTH_MAX) {
		refuse(r, place, "too-deep", NULL,
		    "this is nested deeper than anything in ward.yaml needs to be");
		r->stop = true;
		return;
	}
	if (r->depth > 0 && r->frames[r->depth - 1].node->kind == YAML_MAP && !r->frames[r->depth - 1].key) {
		refuse(r, place, "yaml-key", NULL, "a key must be plain text");
		r->stop = true;
		return;
	}
	attach(r, node);
	r->frames[r->depth++] = (struct frame){.node = node};
}

static void refuse_extras(
    struct reader *r, struct fy_event *event, struct fy_token *anchor, struct fy_token *tag)
{
	struct text_place place = event_place(r, event);
	if (anchor)
		refuse(r, place, "yaml-anchor", "write the value out",
		    "anchors and aliases are not part of ward.yaml");
	if (tag)
		refuse(r, place, "yaml-tag", "leave the tag out", "YAML tags are not part of ward.yaml");
}

static void scalar(struct reader *r, struct fy_event *event)
{
	const struct fy_event_scalar_data *s = &event->scalar;
	size_t length = 0;
	const char *text = s->value ? fy_token_get_text(s->value, &length) : "";
	struct yaml_node *node = node_new(r, YAML_SCALAR, event_place(r, event));
	refuse_extras(r, event, s->anchor, s->tag);
	if (!node)
		return;
	node->text = arena_copy(r->arena, slice_of(text ? text : "", text ? length : 0));
	node->quoted = s->value && fy_token_scalar_style(s->value) != FYSS_PLAIN;
	if (!node->text.ptr)
		r->no_memory = r->stop = true;
	else if (memchr(node->text.ptr, 0, node->text.len))
		refuse(r, node->place, "yaml-text", NULL, "this text holds a NUL character");
	attach(r, node);
}

static void document(struct reader *r, struct fy_event *event)
{
	if (r->documents++ == 0)
		return;
	refuse(r, event_place(r, event), "yaml-documents", "remove what follows \"---\"",
	    "ward.yaml is one YAML document");
	r->stop = true;
}

static void take(struct reader *r, struct fy_event *event)
{
	switch ((int)event->type) {
	case FYET_DOCUMENT_START:
		document(r, event);
		break;
	case FYET_SCALAR:
		scalar(r, event);
		break;
	case FYET_ALIAS:
		refuse(r, event_place(r, event), "yaml-anchor", "write the value out",
		    "anchors and aliases are not part of ward.yaml");
		r->stop = true;
		break;
	case FYET_SEQUENCE_START:
		refuse_extras(r, event, event->sequence_start.anchor, event->sequence_start.tag);
		open_container(r, YAML_LIST, event_place(r, event));
		break;
	case FYET_MAPPING_START:
		refuse_extras(r, event, event->mapping_start.anchor, event->mapping_start.tag);
		open_container(r, YAML_MAP, event_place(r, event));
		break;
	case FYET_SEQUENCE_END:
	case FYET_MAPPING_END:
		r->depth -= r->depth > 0;
		break;
	default:
		break;
	}
}

/* libfyaml's own complaint, with its place. Only the first: what follows it comes from it. */
static void syntax_errors(struct reader *r, struct fy_diag *diag)
{
	void *iterator = NULL;
	const struct fy_diag_error *e = fy_diag_errors_iterate(diag, &iterator);
	struct text_place place = {.line = r->line, .column = 1};
	if (e && e->line > 0)
		place = (struct text_place){(uint32_t)e->line, e->column > 0 ? (uint32_t)e->column : 1, 1};
	const struct diagnostic at = {
	    .file = r->file, .line = place.line, .column = place.column, .length = 1};
	diagnostics_addf(r->diagnostics, &at, "yaml-syntax", NULL, "this is not YAML: %s",
	    e && e->msg ? e->msg : "it cannot be read");
}

/* YAML 1.2 section 6.1 forbids tabs as indentation; parsers report what they stumble over later, not the tab.
 */
static bool tab_indents(struct reader *r)
{
	size_t start = 0;
	while (start < r->text.len) {
		const char *end = memchr(r->text.ptr + start, '\n', r->text.len - start);
		size_t stop = end ? (size_t)(end - r->text.ptr) : r->text.len;
		size_t i = start;
		while (i < stop && r->text.ptr[i] == ' ')
			i++;
		size_t tab = i;
		while (
		    i < stop && (r->text.ptr[i] == '\t' || r->text.ptr[i] == ' ' || r->text.ptr[i] == '\r'))
			i++;
		if (tab < stop && r->text.ptr[tab] == '\t' && i < stop && r->text.ptr[i] != '#') {
			refuse(r, place_of(r, tab, tab + 1), "yaml-tab", "indent with spaces",
			    "YAML is not indented with tabs");
			return true;
		}
		start = stop + 1;
	}
	return false;
}

static void read_events(struct reader *r, struct fy_parser *parser, struct fy_diag *diag)
{
	struct fy_event *event;
	while (!r->stop && (event = fy_parser_parse(parser)) != NULL) {
		bool end = event->type == FYET_STREAM_END;
		take(r, event);
		fy_parser_event_free(parser, event);
		if (end)
			return;
	}
	if (!r->stop) {
		syntax_errors(r, diag);
		r->root = NULL;
	}
}

/*
 * What must not reach libfyaml, which loops for ever on some of it (a directive with bytes that are no UTF-8,
 * in 0.7.12), and has no place in ward.yaml anyway.
 */
static bool is_text(struct reader *r)
{
	for (size_t i = 0; i < r->text.len;) {
		size_t n = text_character((const unsigned char *)r->text.ptr + i, r->text.len - i);
		if (n == 0) {
			refuse(r, place_of(r, i, i + 1), "yaml-text", "write it as UTF-8",
			    "this byte is no character of a text");
			return false;
		}
		if (r->text.ptr[i] == '%' && (i == 0 || r->text.ptr[i - 1] == '\n')) {
			refuse(r, place_of(r, i, r->text.len), "yaml-directive", "leave the line out",
			    "YAML directives are not part of ward.yaml");
			return false;
		}
		i += n;
	}
	return true;
}

static bool acceptable(struct reader *r)
{
	if (r->text.len > YAML_BYTES_MAX) {
		refuse(r, (struct text_place){0}, "too-large", NULL, "the file is larger than 1 MiB");
		return false;
	}
	if (!is_text(r) || tab_indents(r))
		return false;
	struct yaml_refusal refused = yaml_refuse(r->text);
	if (refused.why)
		refuse(r, (struct text_place){0}, "yaml-text", NULL, refused.why);
	return refused.why == NULL;
}

result yaml_parse(struct slice text, struct slice file, struct arena *arena, struct diagnostics *diagnostics,
    struct error *err, struct yaml_node **ret)
{
	struct reader r = {.text = text, .file = file, .arena = arena, .diagnostics = diagnostics, .line = 1};
	*ret = NULL;
	if (!acceptable(&r) || text.len == 0)
		return RESULT_OK;
	struct fy_diag_cfg diag_config;
	fy_diag_cfg_default(&diag_config);
	diag_config.fp = NULL;
	struct fy_diag *diag = fy_diag_create(&diag_config);
	const struct fy_parse_cfg config = {
	    .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_SLOPPY_FLOW_INDENTATION, .diag = diag};
	struct fy_parser *parser = diag ? fy_parser_create(&config) : NULL;
	bool started = parser && fy_parser_set_string(parser, text.ptr, text.len) == 0;
	if (started) {
		fy_diag_set_collect_errors(diag, true);
		read_events(&r, parser, diag);
	}
	fy_parser_destroy(parser);
	fy_diag_destroy(diag);
	if (!started || r.no_memory)
		return error_set(err, ERR_MEMORY, "no memory for %.*s", SLICE_ARG(file));
	*ret = r.stop ? NULL : r.root;
	return RESULT_OK;
}
