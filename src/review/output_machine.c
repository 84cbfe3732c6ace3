/* Findings for programs: JSON, SARIF 2.1.0 and JUnit. */
#include <inttypes.h>

#include "base/buf.h"
#include "review/output.h"

static void put_string(FILE *to, struct slice s)
{
	struct buf b = BUF_INIT(64u << 10);
	buf_add_json_escaped(&b, s);
	(void)fprintf(to, "\"%.*s\"", SLICE_ARG(buf_slice(&b)));
	buf_done(&b);
}

static void put_member(FILE *to, const char *name, struct slice value)
{
	(void)fprintf(to, "\"%s\":", name);
	put_string(to, value);
}

static void put_steps_json(FILE *to, const struct finding *f)
{
	(void)fputs(",\"steps\":[", to);
	for (size_t i = 0; i < f->step_count; i++) {
		const struct finding_step *s = &f->steps[i];
		(void)fprintf(to, "%s{", i ? "," : "");
		put_member(to, "file", s->file);
		(void)fprintf(to, ",\"line\":%u,\"column\":%u,", s->line, s->col);
		put_member(to, "note", s->note);
		(void)fputs("}", to);
	}
	(void)fputs("]", to);
}

static void put_references(FILE *to, const struct rule_info *info)
{
	(void)fputs("[", to);
	for (const char *const *r = info->references; r && *r; r++) {
		(void)fputs(r == info->references ? "" : ",", to);
		put_string(to, slice_cstr(*r));
	}
	(void)fputs("]", to);
}

static void put_finding_json(FILE *to, const struct finding *f)
{
	(void)fputs("{", to);
	put_member(to, "rule", slice_cstr(f->rule->id));
	(void)fputs(",", to);
	put_member(to, "severity", slice_cstr(severity_name(f->rule->severity)));
	(void)fputs(",", to);
	put_member(to, "file", f->file);
	(void)fprintf(to, ",\"line\":%u,\"column\":%u,\"endLine\":%u,\"endColumn\":%u,", f->line, f->col,
	    f->end_line, f->end_col);
	put_member(to, "message", f->message);
	(void)fputs(",", to);
	put_member(to, "why", slice_cstr(f->rule->why));
	(void)fputs(",", to);
	put_member(to, "fix", f->fix.len ? f->fix : slice_cstr(f->rule->fix));
	(void)fprintf(to, ",\"fixable\":%s,\"fingerprint\":\"%016" PRIx64 "\",\"references\":",
	    f->edit.present ? "true" : "false", f->fingerprint);
	put_references(to, f->rule);
	put_steps_json(to, f);
	if (f->suppressed) {
		(void)fputs(",", to);
		put_member(to, "suppressed", f->suppressed_why);
	}
	(void)fputs("}", to);
}

void output_json(FILE *to, const struct review *review, const struct output_options *o)
{
	size_t counts[SEVERITY_CRITICAL + 1] = {0};
	bool first = true;
	(void)fputs("{", to);
	put_member(to, "version", slice_cstr(o->version));
	(void)fputs(",\"findings\":[", to);
	for (size_t i = 0; i < review->findings.count; i++) {
		const struct finding *f = &review->findings.items[i];
		if (f->rule->severity < o->least)
			continue;
		counts[f->rule->severity] += !f->suppressed;
		(void)fputs(first ? "\n" : ",\n", to);
		put_finding_json(to, f);
		first = false;
	}
	(void)fputs("],\"notes\":[", to);
	for (size_t i = 0; i < review->note_count; i++) {
		(void)fputs(i ? ",\n{" : "\n{", to);
		put_member(to, "file", review->notes[i].file);
		(void)fputs(",", to);
		put_member(to, "text", review->notes[i].text);
		(void)fputs("}", to);
	}
	(void)fprintf(to, "],\"summary\":{\"files\":%zu,\"bytes\":%" PRIu64 ",\"truncated\":%s",
	    review->files_read, review->bytes_read, review->findings.truncated ? "true" : "false");
	for (int s = 0; s <= SEVERITY_CRITICAL; s++)
		(void)fprintf(to, ",\"%s\":%zu", severity_name((enum severity)s), counts[s]);
	(void)fputs("}}\n", to);
}

/* ---- SARIF ---- */

static const char *sarif_level(enum severity s)
{
	return s >= SEVERITY_HIGH ? "error" : s == SEVERITY_MEDIUM ? "warning" : "note";
}

static void put_text(FILE *to, const char *name, struct slice text)
{
	(void)fprintf(to, "\"%s\":{", name);
	put_member(to, "text", text);
	(void)fputs("}", to);
}

static void put_rule_sarif(FILE *to, const struct rule_info *info)
{
	struct buf help = BUF_INIT(16u << 10);
	buf_printf(&help, "%s\n\nFix: %s", info->why, info->fix);
	(void)fputs("{", to);
	put_member(to, "id", slice_cstr(info->id));
	(void)fputs(",", to);
	put_text(to, "shortDescription", slice_cstr(info->title));
	(void)fputs(",", to);
	put_text(to, "fullDescription", slice_cstr(info->why));
	(void)fputs(",", to);
	put_text(to, "help", buf_slice(&help));
	(void)fprintf(to,
	    ",\"defaultConfiguration\":{\"level\":\"%s\"},\"properties\":{\"security-severity\":\"%s\","
	    "\"precision\":\"high\",\"tags\":[\"security\"",
	    sarif_level(info->severity), severity_score(info->severity));
	for (const char *const *r = info->references; r && *r; r++) {
		(void)fputs(",", to);
		put_string(to, slice_cstr(*r));
	}
	(void)fputs("]}}", to);
	buf_done(&help);
}

/* artifactLocation.uri is a URI reference (RFC 3986): bytes outside its alphabet are percent-encoded. */
static void put_uri(FILE *to, struct slice path)
{
	static const char plain[] = "-._~/!$&'()*+,;=:@";
	(void)fputs("\"artifactLocation\":{\"uri\":\"", to);
	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		(void)fprintf(to, letter || (c && strchr(plain, c)) ? "%c" : "%%%02X", c);
	}
	(void)fputs("\",\"uriBaseId\":\"%SRCROOT%\"}", to);
}

static void put_location(
    FILE *to, struct slice file, uint32_t line, uint32_t col, uint32_t end_line, uint32_t end_col)
{
	(void)fputs("\"physicalLocation\":{", to);
	put_uri(to, file);
	(void)fprintf(to, ",\"region\":{\"startLine\":%u", line ? line : 1);
	if (col)
		(void)fprintf(to, ",\"startColumn\":%u", col);
	if (end_line == line && end_col > col)
		(void)fprintf(to, ",\"endLine\":%u,\"endColumn\":%u", end_line, end_col);
	(void)fputs("}}", to);
}

static void put_flow_sarif(FILE *to, const struct finding *f)
{
	(void)fputs(",\"codeFlows\":[{\"threadFlows\":[{\"locations\":[", to);
	for (size_t i = 0; i < f->step_count; i++) {
		const struct finding_step *s = &f->steps[i];
		(void)fputs(i ? ",{\"location\":{" : "{\"location\":{", to);
		put_location(to, s->file, s->line, s->col, 0, 0);
		(void)fputs(",", to);
		put_text(to, "message", s->note);
		(void)fputs("}}", to);
	}
	(void)fputs("]}]}]", to);
}

static void put_result_sarif(FILE *to, const struct finding *f, size_t rule_index)
{
	(void)fputs("{", to);
	put_member(to, "ruleId", slice_cstr(f->rule->id));
	(void)fprintf(to, ",\"ruleIndex\":%zu,\"level\":\"%s\",", rule_index, sarif_level(f->rule->severity));
	put_text(to, "message", f->message);
	(void)fputs(",\"locations\":[{", to);
	put_location(to, f->file, f->line, f->col, f->end_line, f->end_col);
	(void)fprintf(
	    to, "}],\"partialFingerprints\":{\"wardFingerprint/v1\":\"%016" PRIx64 "\"}", f->fingerprint);
	if (f->step_count)
		put_flow_sarif(to, f);
	if (f->suppressed) {
		(void)fputs(",\"suppressions\":[{\"kind\":\"inSource\",", to);
		put_member(to, "justification", f->suppressed_why);
		(void)fputs("}]", to);
	}
	(void)fputs("}", to);
}

/* Index of the finding's rule among the distinct rules before it: findings are few, a scan is enough. */
static size_t rule_place(const struct rule_info **rules, size_t *count, const struct rule_info *rule)
{
	for (size_t i = 0; i < *count; i++)
		if (rules[i] == rule)
			return i;
	rules[*count] = rule;
	return (*count)++;
}

void output_sarif(FILE *to, const struct review *review, const struct output_options *o)
{
	static const char schema[] = "https://json.schemastore.org/sarif-2.1.0.json";
	struct arena arena = ARENA_INIT((size_t)16 << 20);
	const struct rule_info **rules = arena_array(&arena, review->findings.count + 1, sizeof *rules);
	size_t rule_count = 0;
	for (size_t i = 0; rules && i < review->findings.count; i++)
		if (review->findings.items[i].rule->severity >= o->least)
			(void)rule_place(rules, &rule_count, review->findings.items[i].rule);
	(void)fprintf(to,
	    "{\"$schema\":\"%s\",\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"ward\","
	    "\"version\":\"%s\","
	    "\"rules\":[",
	    schema, o->version);
	for (size_t i = 0; i < rule_count; i++) {
		(void)fputs(i ? ",\n" : "\n", to);
		put_rule_sarif(to, rules[i]);
	}
	(void)fputs("]}},\"columnKind\":\"utf16CodeUnits\",\"originalUriBaseIds\":{\"%SRCROOT%\":{"
		    "\"description\":{\"text\":\"the root of the "
		    "project\"}}},\"results\":[",
	    to);
	bool first = true;
	for (size_t i = 0; rules && i < review->findings.count; i++) {
		const struct finding *f = &review->findings.items[i];
		if (f->rule->severity < o->least)
			continue;
		(void)fputs(first ? "\n" : ",\n", to);
		put_result_sarif(to, f, rule_place(rules, &rule_count, f->rule));
		first = false;
	}
	(void)fputs("]}]}\n", to);
	arena_done(&arena);
}

/* ---- JUnit ---- */

/* XML 1.0 allows no other control characters than tab and line ends. */
static void put_xml(FILE *to, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		const char *entity = c == '<'	? "&lt;"
				     : c == '>' ? "&gt;"
				     : c == '&' ? "&amp;"
				     : c == '"' ? "&quot;"
						: NULL;
		if (entity)
			(void)fputs(entity, to);
		else
			(void)fputc(c < 0x20 && c != '\n' && c != '\t' ? '?' : c, to);
	}
}

void output_junit(FILE *to, const struct review *review, const struct output_options *o)
{
	size_t count = 0;
	for (size_t i = 0; i < review->findings.count; i++)
		count += output_counts(&review->findings.items[i], o->least);
	(void)fprintf(to,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"ward check\" "
	    "tests=\"%zu\" failures=\"%zu\">\n",
	    count ? count : 1, count);
	if (count == 0)
		(void)fputs("<testcase name=\"no findings\" classname=\"ward\"/>\n", to);
	for (size_t i = 0; i < review->findings.count; i++) {
		const struct finding *f = &review->findings.items[i];
		if (!output_counts(f, o->least))
			continue;
		(void)fprintf(to, "<testcase name=\"%s\" classname=\"", f->rule->id);
		put_xml(to, f->file);
		(void)fputs("\"><failure message=\"", to);
		put_xml(to, f->message);
		(void)fprintf(to, "\" type=\"%s\">", severity_name(f->rule->severity));
		put_xml(to, f->file);
		(void)fprintf(to, ":%u:%u\n", f->line, f->col);
		put_xml(to, slice_cstr(f->rule->why));
		(void)fputs("\n", to);
		put_xml(to, f->fix.len ? f->fix : slice_cstr(f->rule->fix));
		(void)fputs("</failure></testcase>\n", to);
	}
	(void)fputs("</testsuite>\n</testsuites>\n", to);
}
