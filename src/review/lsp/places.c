/* Findings in an editor's terms. Called by the server after each review and for what is asked about a place.
 */
#include "review/lsp/places.h"

#include <stdlib.h>

#include "review/output.h"
#include "review/source_lines.h"

static uint32_t column_of(struct slice line, uint32_t byte_col)
{
	uint32_t col = utf16_column(line, byte_col);
	return col ? col - 1 : 0;
}

/* Line and column of a byte of the file. Edits are few, so each counts from the file's start. */
static void locate(struct slice text, uint32_t byte, uint32_t *ret_line, uint32_t *ret_col)
{
	size_t end = byte < text.len ? byte : text.len;
	size_t start = 0;
	uint32_t line = 0;
	for (const char *at; start < end && (at = memchr(text.ptr + start, '\n', end - start)); line++)
		start = (size_t)(at - text.ptr) + 1;
	*ret_line = line;
	*ret_col = utf16_length(slice_of(text.ptr + start, end - start));
}

static struct lsp_range range_of(struct source_lines *lines, const struct finding *f)
{
	if (f->line == 0)
		return (struct lsp_range){.end_col = 1};
	struct slice text = source_line(lines, f->file, f->line);
	struct lsp_range r = {.line = f->line - 1, .col = column_of(text, f->col)};
	bool one = f->end_line <= f->line;
	r.end_line = one ? r.line : f->end_line - 1;
	r.end_col = !one		  ? column_of(source_line(lines, f->file, f->end_line), f->end_col)
		    : f->end_col > f->col ? column_of(text, f->end_col)
					  : r.col + 1;
	return r;
}

static uint32_t indent_of(struct slice line)
{
	uint32_t n = 0;
	while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t'))
		n++;
	return n;
}

result lsp_places_of(const struct review *review, struct error *err, struct lsp_places *ret_places)
{
	struct lsp_places p = {.items = calloc(review->findings.count + 1, sizeof(struct lsp_place))};
	struct source_lines lines = {.review = review};
	if (!p.items)
		return error_set(err, ERR_MEMORY, "no memory for places");
	for (size_t i = 0; i < review->findings.count; i++) {
		const struct finding *f = &review->findings.items[i];
		if (!output_counts(f, SEVERITY_INFO))
			continue;
		struct lsp_place *place = &p.items[p.count++];
		*place = (struct lsp_place){.finding = f, .range = range_of(&lines, f)};
		struct slice line = source_line(&lines, f->file, f->line);
		place->indent = indent_of(line);
		place->tabs = line.len && line.ptr[0] == '\t';
		if (!f->edit.present)
			continue;
		struct slice text = source_text(&lines, f->file);
		locate(text, f->edit.start_byte, &place->edit.line, &place->edit.col);
		locate(text, f->edit.end_byte, &place->edit.end_line, &place->edit.end_col);
	}
	source_lines_done(&lines);
	*ret_places = p;
	return RESULT_OK;
}

void lsp_places_done(struct lsp_places *places)
{
	free(places->items);
	*places = (struct lsp_places){.items = NULL};
}

size_t lsp_places_file_end(const struct lsp_places *p, size_t from)
{
	size_t end = from;
	while (end < p->count && slice_eq(p->items[end].finding->file, p->items[from].finding->file))
		end++;
	return end;
}

size_t lsp_places_find(const struct lsp_places *p, struct slice path)
{
	size_t i = 0;
	while (i < p->count && !slice_eq(p->items[i].finding->file, path))
		i = lsp_places_file_end(p, i);
	return i;
}

/* ---- JSON ---- */

static void put_text(struct buf *out, const char *name, struct slice text)
{
	buf_printf(out, "\"%s\":\"", name);
	buf_add_json_escaped(out, text);
	buf_add_char(out, '"');
}

static void put_range(struct buf *out, const struct lsp_range *r)
{
	buf_printf(out,
	    "\"range\":{\"start\":{\"line\":%u,\"character\":%u},\"end\":{\"line\":%u,\"character\":%u}}",
	    r->line, r->col, r->end_line, r->end_col);
}

/* Where more is written about the rule: an address among its references, or its CWE's page. */
static void put_reference(struct buf *out, const struct rule_info *rule)
{
	for (const char *const *r = rule->references; r && *r; r++) {
		if (strncmp(*r, "https://", 8) == 0)
			buf_printf(out, ",\"codeDescription\":{\"href\":\"%s\"}", *r);
		else if (strncmp(*r, "CWE-", 4) == 0)
			buf_printf(out,
			    ",\"codeDescription\":{\"href\":\"https://cwe.mitre.org/data/definitions/"
			    "%ld.html\"}",
			    strtol(*r + 4, NULL, 10));
		else
			continue;
		return;
	}
}

static void put_steps(struct buf *out, const struct finding *f, const struct lsp_documents *d)
{
	buf_add_cstr(out, ",\"relatedInformation\":[");
	for (size_t i = 0; i < f->step_count; i++) {
		const struct finding_step *s = &f->steps[i];
		uint32_t line = s->line ? s->line - 1 : 0;
		uint32_t col = s->col ? s->col - 1 : 0;
		buf_printf(out, "%s{\"location\":{\"uri\":\"", i ? "," : "");
		lsp_put_uri(out, d, s->file);
		buf_add_cstr(out, "\",");
		put_range(out, &(struct lsp_range){line, col, line, col + 1});
		buf_add_cstr(out, "},");
		put_text(out, "message", s->note);
		buf_add_char(out, '}');
	}
	buf_add_char(out, ']');
}

void lsp_put_diagnostic(
    struct buf *out, const struct lsp_places *places, size_t i, const struct lsp_documents *d)
{
	static const int severities[] = {[SEVERITY_INFO] = 4,
	    [SEVERITY_LOW] = 3,
	    [SEVERITY_MEDIUM] = 2,
	    [SEVERITY_HIGH] = 1,
	    [SEVERITY_CRITICAL] = 1};
	const struct lsp_place *p = &places->items[i];
	const struct finding *f = p->finding;
	CLEANUP_BUF struct buf message = BUF_INIT(64u << 10);
	struct slice fix = f->fix.len ? f->fix : slice_cstr(f->rule->fix);
	buf_printf(&message, "%.*s\n%s\nFix: %.*s", SLICE_ARG(f->message), f->rule->why, SLICE_ARG(fix));
	buf_add_char(out, '{');
	put_range(out, &p->range);
	buf_printf(out, ",\"severity\":%d,\"source\":\"ward\",\"code\":\"%s\"", severities[f->rule->severity],
	    f->rule->id);
	put_reference(out, f->rule);
	buf_add_char(out, ',');
	put_text(out, "message", buf_slice(&message));
	if (f->step_count)
		put_steps(out, f, d);
	buf_add_char(out, '}');
}

/* What begins a comment in the file, or NULL where there are none. */
static const char *comment_of(struct slice path)
{
	static const struct {
		const char *extension;
		const char *comment;
	} known[] = {{"js", "//"}, {"mjs", "//"}, {"cjs", "//"}, {"jsx", "//"}, {"ts", "//"}, {"mts", "//"},
	    {"cts", "//"}, {"tsx", "//"}, {"json", NULL}, {"lock", NULL}, {"md", NULL}, {"html", NULL}};
	struct slice extension = path_extension(path);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (slice_eq_cstr(extension, known[i].extension))
			return known[i].comment;
	return "#";
}

static void put_action(struct buf *out, const char *title, const struct lsp_places *places, size_t i,
    bool preferred, const struct lsp_range *range, struct slice text, const struct lsp_documents *d)
{
	const struct finding *f = places->items[i].finding;
	if (out->len && out->ptr[out->len - 1] == '}')
		buf_add_char(out, ',');
	buf_add_char(out, '{');
	put_text(out, "title", slice_cstr(title));
	buf_printf(
	    out, ",\"kind\":\"quickfix\",\"isPreferred\":%s,\"diagnostics\":[", preferred ? "true" : "false");
	lsp_put_diagnostic(out, places, i, d);
	buf_add_cstr(out, "],\"edit\":{\"changes\":{\"");
	lsp_put_uri(out, d, f->file);
	buf_add_cstr(out, "\":[{");
	put_range(out, range);
	buf_add_char(out, ',');
	put_text(out, "newText", text);
	buf_add_cstr(out, "}]}}}");
}

/* The reason stays to be written: without one the comment has no effect. */
static void put_accept(
    struct buf *out, const struct lsp_places *places, size_t i, const struct lsp_documents *d)
{
	const struct lsp_place *p = &places->items[i];
	const struct rule_info *rule = p->finding->rule;
	const char *comment = comment_of(p->finding->file);
	if (!comment || p->finding->line == 0)
		return;
	char title[256];
	CLEANUP_BUF struct buf text = BUF_INIT(1024);
	(void)snprintf(title, sizeof title, "Accept %s here, with a reason", rule->id);
	for (uint32_t n = 0; n < p->indent && n < 200; n++)
		buf_add_char(&text, p->tabs ? '\t' : ' ');
	buf_printf(&text, "%s ward-ignore %s: \n", comment, rule->id);
	struct lsp_range at = {p->range.line, 0, p->range.line, 0};
	put_action(out, title, places, i, false, &at, buf_slice(&text), d);
}

void lsp_put_actions(struct buf *out, const struct lsp_places *places, struct slice path,
    const struct lsp_range *range, const struct lsp_documents *d)
{
	CLEANUP_BUF struct buf list = BUF_INIT(4u << 20);
	size_t first = lsp_places_find(places, path);
	for (size_t i = first; i < places->count && slice_eq(places->items[i].finding->file, path); i++) {
		const struct lsp_place *p = &places->items[i];
		if (p->range.line > range->end_line || p->range.end_line < range->line)
			continue;
		char title[256];
		(void)snprintf(title, sizeof title, "Fix: %s", p->finding->rule->title);
		if (p->finding->edit.present)
			put_action(&list, title, places, i, true, &p->edit, p->finding->edit.text, d);
		put_accept(&list, places, i, d);
	}
	buf_add_char(out, '[');
	buf_add_slice(out, buf_ok(&list) ? buf_slice(&list) : SLICE_NONE);
	buf_add_char(out, ']');
}

static bool holds(const struct lsp_range *r, uint32_t line, uint32_t col)
{
	bool after = line > r->line || (line == r->line && col >= r->col);
	bool before = line < r->end_line || (line == r->end_line && col <= r->end_col);
	return after && before;
}

void lsp_put_hover(
    struct buf *out, const struct lsp_places *places, struct slice path, uint32_t line, uint32_t col)
{
	CLEANUP_BUF struct buf text = BUF_INIT(64u << 10);
	const struct lsp_range *range = NULL;
	size_t first = lsp_places_find(places, path);
	for (size_t i = first; i < places->count && slice_eq(places->items[i].finding->file, path); i++) {
		const struct lsp_place *p = &places->items[i];
		const struct rule_info *rule = p->finding->rule;
		if (!holds(&p->range, line, col))
			continue;
		struct slice fix = p->finding->fix.len ? p->finding->fix : slice_cstr(rule->fix);
		buf_printf(&text, "%s**%s** `%s` %s\n\n%s\n\n**Fix:** %.*s\n", range ? "\n---\n" : "",
		    rule->title, rule->id, severity_name(rule->severity), rule->why, SLICE_ARG(fix));
		for (const char *const *r = rule->references; r && *r; r++)
			buf_printf(&text, "%s%s", r == rule->references ? "\n" : ", ", *r);
		range = &p->range;
	}
	if (!range) {
		buf_add_cstr(out, "null");
		return;
	}
	buf_add_cstr(out, "{\"contents\":{\"kind\":\"markdown\",");
	put_text(out, "value", buf_slice(&text));
	buf_add_cstr(out, "},");
	put_range(out, range);
	buf_add_char(out, '}');
}
