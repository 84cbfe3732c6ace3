/*
 * SARIF 2.1.0 (OASIS, docs.oasis-open.org/sarif/sarif/v2.1.0/os), within what GitHub code scanning reads of
 * it: docs.github.com, "SARIF support for code scanning". Rules carry help in Markdown and a
 * security-severity, results a primaryLocationLineHash that does not hang on line numbers, paths are URIs
 * relative to %SRCROOT%, columns UTF-16 code units.
 */
#include <inttypes.h>

#include "review/json_text.h"
#include "review/output.h"
#include "review/source_lines.h"

/* GitHub refuses rules with more tags than this. */
#define TAGS_MAX 20u

struct sarif {
	FILE *to;
	struct source_lines lines;
	const struct rule_info **rules; /* distinct rules, in order of their first finding */
	size_t rule_count;
	struct strmap places; /* id to &rules[i] */
	struct strmap seen;   /* fingerprint's text to how many results had it, as a pointer */
	struct arena arena;
};

static const char *sarif_level(enum severity s)
{
	return s >= SEVERITY_HIGH ? "error" : s == SEVERITY_MEDIUM ? "warning" : "note";
}

/* "CWE-79" is tagged as GitHub groups by it, other references by their own text. */
static void put_tag(FILE *to, const char *reference)
{
	struct buf tag = BUF_INIT(512);
	if (strncmp(reference, "CWE-", 4) == 0)
		buf_printf(&tag, "external/cwe/cwe-%03ld", strtol(reference + 4, NULL, 10));
	else
		buf_add_cstr(&tag, reference);
	(void)fputs(",", to);
	json_put_string(to, buf_slice(&tag));
	buf_done(&tag);
}

static void put_help(FILE *to, const struct rule_info *info)
{
	CLEANUP_BUF struct buf text = BUF_INIT(32u << 10);
	CLEANUP_BUF struct buf markdown = BUF_INIT(32u << 10);
	buf_printf(&text, "%s\n\nFix: %s", info->why, info->fix);
	buf_printf(&markdown, "%s\n\n**Fix:** %s\n", info->why, info->fix);
	for (const char *const *r = info->references; r && *r; r++)
		buf_printf(&markdown, "%s%s", r == info->references ? "\nSee " : ", ", *r);
	buf_printf(&markdown,
	    "\n\nTo accept one finding, write `ward-ignore %s: reason` in a comment above it.\n", info->id);
	(void)fputs("\"help\":{", to);
	json_put_member(to, "text", buf_slice(&text));
	(void)fputs(",", to);
	json_put_member(to, "markdown", buf_slice(&markdown));
	(void)fputs("}", to);
}

static void put_rule(FILE *to, const struct rule_info *info)
{
	(void)fputs("{", to);
	json_put_member(to, "id", slice_cstr(info->id));
	(void)fputs(",", to);
	json_put_text(to, "shortDescription", slice_cstr(info->title));
	(void)fputs(",", to);
	json_put_text(to, "fullDescription", slice_cstr(info->why));
	(void)fputs(",", to);
	put_help(to, info);
	(void)fprintf(to,
	    ",\"defaultConfiguration\":{\"level\":\"%s\"},\"properties\":{\"security-severity\":\"%s\","
	    "\"precision\":\"high\",\"problem.severity\":\"%s\",\"tags\":[\"security\"",
	    sarif_level(info->severity), severity_score(info->severity),
	    info->severity >= SEVERITY_HIGH	? "error"
	    : info->severity == SEVERITY_MEDIUM ? "warning"
						: "recommendation");
	size_t tags = 1;
	for (const char *const *r = info->references; r && *r && tags < TAGS_MAX; r++, tags++)
		put_tag(to, *r);
	(void)fputs("]}}", to);
}

/* artifactLocation.uri is a URI reference (RFC 3986): bytes outside its alphabet are percent-encoded. A colon
 * in the first part would make it a scheme. */
static void put_uri(FILE *to, struct slice path)
{
	static const char plain[] = "-._~/!$&'()*+,;=@";
	(void)fputs("\"artifactLocation\":{\"uri\":\"", to);
	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		(void)fprintf(to, letter || (c && strchr(plain, c)) ? "%c" : "%%%02X", c);
	}
	(void)fputs("\",\"uriBaseId\":\"%SRCROOT%\"}", to);
}

static void put_location(
    struct sarif *s, struct slice file, uint32_t line, uint32_t col, uint32_t end_line, uint32_t end_col)
{
	struct slice text = source_line(&s->lines, file, line);
	(void)fputs("\"physicalLocation\":{", s->to);
	put_uri(s->to, file);
	(void)fprintf(s->to, ",\"region\":{\"startLine\":%u", line ? line : 1);
	if (line && col)
		(void)fprintf(s->to, ",\"startColumn\":%u", utf16_column(text, col));
	if (line && end_line == line && end_col > col)
		(void)fprintf(
		    s->to, ",\"endLine\":%u,\"endColumn\":%u", end_line, utf16_column(text, end_col));
	(void)fputs("}}", s->to);
}

static void put_flow(struct sarif *s, const struct finding *f)
{
	(void)fputs(",\"codeFlows\":[{\"threadFlows\":[{\"locations\":[", s->to);
	for (size_t i = 0; i < f->step_count; i++) {
		const struct finding_step *step = &f->steps[i];
		(void)fputs(i ? ",{\"location\":{" : "{\"location\":{", s->to);
		put_location(s, step->file, step->line, step->col, 0, 0);
		(void)fputs(",", s->to);
		json_put_text(s->to, "message", step->note);
		(void)fputs("}}", s->to);
	}
	(void)fputs("]}]}]", s->to);
}

/* "HASH:N": the Nth result with that fingerprint, since GitHub takes two results with one hash for the same
 * alert. */
static void put_fingerprints(struct sarif *s, const struct finding *f)
{
	char text[17];
	(void)snprintf(text, sizeof text, "%016" PRIx64, f->fingerprint);
	uintptr_t nth = (uintptr_t)strmap_get(&s->seen, slice_of(text, 16)) + 1;
	struct slice key = arena_copy(&s->arena, slice_of(text, 16));
	if (key.ptr)
		ignore_result(strmap_set(&s->seen, key, (void *)nth));
	(void)fprintf(s->to,
	    "\"partialFingerprints\":{\"primaryLocationLineHash\":\"%s:%" PRIuPTR
	    "\",\"wardFingerprint/v1\":\"%s\"}",
	    text, nth, text);
}

static void put_suppression(FILE *to, const struct finding *f)
{
	bool baseline = slice_eq(f->suppressed_why, SLICE("in the baseline"));
	(void)fprintf(to, ",\"suppressions\":[{\"kind\":\"%s\",", baseline ? "external" : "inSource");
	json_put_member(to, "justification", f->suppressed_why);
	(void)fputs("}]", to);
}

static void put_result(struct sarif *s, const struct finding *f)
{
	const struct rule_info **place = strmap_get(&s->places, slice_cstr(f->rule->id));
	(void)fputs("{", s->to);
	json_put_member(s->to, "ruleId", slice_cstr(f->rule->id));
	if (place)
		(void)fprintf(s->to, ",\"ruleIndex\":%td", place - s->rules);
	(void)fprintf(s->to, ",\"level\":\"%s\",", sarif_level(f->rule->severity));
	CLEANUP_BUF struct buf message = BUF_INIT(64u << 10);
	buf_add_slice(&message, f->message.len ? f->message : slice_cstr(f->rule->title));
	if (f->fix.len)
		buf_printf(&message, "\nFix: %.*s", SLICE_ARG(f->fix));
	json_put_text(s->to, "message", buf_slice(&message));
	(void)fputs(",\"locations\":[{", s->to);
	put_location(s, f->file, f->line, f->col, f->end_line, f->end_col);
	(void)fputs("}],", s->to);
	put_fingerprints(s, f);
	if (f->step_count)
		put_flow(s, f);
	if (f->suppressed)
		put_suppression(s->to, f);
	(void)fputs("}", s->to);
}

static void gather_rules(struct sarif *s, const struct review *review, enum severity least)
{
	s->rules = arena_array(&s->arena, review->findings.count + 1, sizeof *s->rules);
	for (size_t i = 0; s->rules && i < review->findings.count; i++) {
		const struct rule_info *rule = review->findings.items[i].rule;
		if (rule->severity < least || strmap_get(&s->places, slice_cstr(rule->id)))
			continue;
		s->rules[s->rule_count] = rule;
		if (is_ok(strmap_set(&s->places, slice_cstr(rule->id), &s->rules[s->rule_count])))
			s->rule_count++;
	}
}

/* Files that were not read are part of the answer: a clean report over half a project is not clean. */
static void put_invocation(FILE *to, const struct review *review)
{
	(void)fputs("\"invocations\":[{\"executionSuccessful\":true,\"toolExecutionNotifications\":[", to);
	for (size_t i = 0; i < review->note_count; i++) {
		(void)fputs(i ? ",{\"level\":\"warning\"," : "{\"level\":\"warning\",", to);
		json_put_text(to, "message", review->notes[i].text);
		(void)fputs(",\"locations\":[{\"physicalLocation\":{", to);
		put_uri(to, review->notes[i].file);
		(void)fputs("}}]}", to);
	}
	(void)fputs("]}],", to);
}

void output_sarif(FILE *to, const struct review *review, const struct output_options *o)
{
	static const char schema[] = "https://json.schemastore.org/sarif-2.1.0.json";
	struct sarif s = {.to = to, .lines = {.review = review}, .arena = ARENA_INIT((size_t)32 << 20)};
	gather_rules(&s, review, o->least);
	(void)fprintf(to,
	    "{\"$schema\":\"%s\",\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"ward\","
	    "\"semanticVersion\":\"%s\","
	    "\"rules\":[",
	    schema, o->version);
	for (size_t i = 0; i < s.rule_count; i++) {
		(void)fputs(i ? ",\n" : "\n", to);
		put_rule(to, s.rules[i]);
	}
	(void)fputs("]}},\"automationDetails\":{\"id\":\"ward/\"},", to);
	put_invocation(to, review);
	(void)fputs("\"columnKind\":\"utf16CodeUnits\",\"originalUriBaseIds\":{\"%SRCROOT%\":{"
		    "\"description\":{\"text\":\"the root of "
		    "the project\"}}},\"results\":[",
	    to);
	bool first = true;
	for (size_t i = 0; i < review->findings.count; i++) {
		if (review->findings.items[i].rule->severity < o->least)
			continue;
		(void)fputs(first ? "\n" : ",\n", to);
		put_result(&s, &review->findings.items[i]);
		first = false;
	}
	(void)fputs("]}]}\n", to);
	source_lines_done(&s.lines);
	strmap_done(&s.places);
	strmap_done(&s.seen);
	arena_done(&s.arena);
}
