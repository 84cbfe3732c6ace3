/* Findings for programs: JSON and JUnit. */
#include <inttypes.h>

#include "review/json_text.h"
#include "review/output.h"

static void put_steps_json(FILE *to, const struct finding *f)
{
	(void)fputs(",\"steps\":[", to);
	for (size_t i = 0; i < f->step_count; i++) {
		const struct finding_step *s = &f->steps[i];
		(void)fprintf(to, "%s{", i ? "," : "");
		json_put_member(to, "file", s->file);
		(void)fprintf(to, ",\"line\":%u,\"column\":%u,", s->line, s->col);
		json_put_member(to, "note", s->note);
		(void)fputs("}", to);
	}
	(void)fputs("]", to);
}

static void put_references(FILE *to, const struct rule_info *info)
{
	(void)fputs("[", to);
	for (const char *const *r = info->references; r && *r; r++) {
		(void)fputs(r == info->references ? "" : ",", to);
		json_put_string(to, slice_cstr(*r));
	}
	(void)fputs("]", to);
}

static void put_finding_json(FILE *to, const struct finding *f)
{
	(void)fputs("{", to);
	json_put_member(to, "rule", slice_cstr(f->rule->id));
	(void)fputs(",", to);
	json_put_member(to, "severity", slice_cstr(severity_name(f->rule->severity)));
	(void)fputs(",", to);
	json_put_member(to, "file", f->file);
	(void)fprintf(to, ",\"line\":%u,\"column\":%u,\"endLine\":%u,\"endColumn\":%u,", f->line, f->col,
	    f->end_line, f->end_col);
	json_put_member(to, "message", f->message);
	(void)fputs(",", to);
	json_put_member(to, "why", slice_cstr(f->rule->why));
	(void)fputs(",", to);
	json_put_member(to, "fix", f->fix.len ? f->fix : slice_cstr(f->rule->fix));
	(void)fprintf(to, ",\"fixable\":%s,\"fingerprint\":\"%016" PRIx64 "\",\"references\":",
	    f->edit.present ? "true" : "false", f->fingerprint);
	put_references(to, f->rule);
	put_steps_json(to, f);
	if (f->suppressed) {
		(void)fputs(",", to);
		json_put_member(to, "suppressed", f->suppressed_why);
	}
	(void)fputs("}", to);
}

void output_json(FILE *to, const struct review *review, const struct output_options *o)
{
	size_t counts[SEVERITY_CRITICAL + 1] = {0};
	bool first = true;
	(void)fputs("{", to);
	json_put_member(to, "version", slice_cstr(o->version));
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
		json_put_member(to, "file", review->notes[i].file);
		(void)fputs(",", to);
		json_put_member(to, "text", review->notes[i].text);
		(void)fputs("}", to);
	}
	(void)fprintf(to, "],\"summary\":{\"files\":%zu,\"bytes\":%" PRIu64 ",\"truncated\":%s",
	    review->files_read, review->bytes_read, review->findings.truncated ? "true" : "false");
	for (int s = 0; s <= SEVERITY_CRITICAL; s++)
		(void)fprintf(to, ",\"%s\":%zu", severity_name((enum severity)s), counts[s]);
	(void)fputs("}}\n", to);
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
