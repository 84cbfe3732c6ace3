/* Findings for a person at a terminal. */
#include "review/output.h"
#include "review/suppress.h"

#define FRAME_COLUMNS_MAX 160u

static const char *const colours[] = {
    [SEVERITY_INFO] = "\x1b[36m",
    [SEVERITY_LOW] = "\x1b[34m",
    [SEVERITY_MEDIUM] = "\x1b[33m",
    [SEVERITY_HIGH] = "\x1b[31m",
    [SEVERITY_CRITICAL] = "\x1b[1;31m",
};

static const char *paint(const struct output_options *o, const char *code)
{
	return o->colour ? code : "";
}

/* A stranger's text must not steer the terminal. */
static void put_clean(FILE *to, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		(void)fputc(c == '\t' ? ' ' : c < 0x20 || c == 0x7f ? '?' : c, to);
	}
}

static void put_wrapped(FILE *to, struct slice text, const char *indent)
{
	size_t column = 0;
	for (struct slice rest = text; rest.ptr;) {
		struct slice word = slice_cut(&rest, ' ');
		if (column && column + word.len + 1 > 92) {
			(void)fputc('\n', to);
			column = 0;
		}
		(void)fputs(column ? " " : indent, to);
		put_clean(to, word);
		column += word.len + 1;
	}
	(void)fputc('\n', to);
}

/* The file that is being shown. Findings come in the order of their lines, so looking for the next goes on
 * from there. */
struct shown {
	struct slice file;
	struct slice bytes;
	size_t at; /* where line begins */
	uint32_t line;
};

static struct slice shown_line(struct shown *s, uint32_t line)
{
	if (line < s->line || s->line == 0) {
		s->at = 0;
		s->line = 1;
	}
	while (s->line < line) {
		const char *end =
		    s->at < s->bytes.len ? memchr(s->bytes.ptr + s->at, '\n', s->bytes.len - s->at) : NULL;
		if (!end)
			return SLICE_NONE;
		s->at = (size_t)(end - s->bytes.ptr) + 1;
		s->line++;
	}
	return s->at < s->bytes.len ? text_line(slice_of(s->bytes.ptr + s->at, s->bytes.len - s->at), 1)
				    : SLICE_NONE;
}

static void put_frame(FILE *to, const struct output_options *o, const struct finding *f, struct shown *s)
{
	struct slice line = f->line ? shown_line(s, f->line) : SLICE_NONE;
	if (line.len == 0 || f->col > line.len + 1)
		return;
	size_t from = f->col > FRAME_COLUMNS_MAX ? f->col - FRAME_COLUMNS_MAX / 2 : 0;
	struct slice shown = slice_of(line.ptr + from, line.len - from);
	if (shown.len > FRAME_COLUMNS_MAX)
		shown.len = FRAME_COLUMNS_MAX;
	(void)fprintf(to, "  %s%5u |%s ", paint(o, "\x1b[2m"), f->line, paint(o, "\x1b[0m"));
	put_clean(to, shown);
	size_t start = f->col > from ? f->col - from : 1;
	size_t width = f->end_line == f->line && f->end_col > f->col ? f->end_col - f->col : 1;
	if (start > shown.len)
		return (void)fputc('\n', to);
	if (start + width > shown.len + 1)
		width = shown.len + 1 - start;
	(void)fprintf(to, "\n  %s      |%s %*s%s", paint(o, "\x1b[2m"), paint(o, "\x1b[0m"), (int)start - 1,
	    "", paint(o, colours[f->rule->severity]));
	for (size_t i = 0; i < width; i++)
		(void)fputc('^', to);
	(void)fprintf(to, "%s\n", paint(o, "\x1b[0m"));
}

static void put_steps(FILE *to, const struct finding *f)
{
	for (size_t i = 0; i < f->step_count; i++) {
		const struct finding_step *s = &f->steps[i];
		(void)fprintf(to, "    %s ", i + 1 == f->step_count ? "=>" : "->");
		if (!slice_eq(s->file, f->file)) {
			put_clean(to, s->file);
			(void)fputc(':', to);
		}
		(void)fprintf(to, "%u:%u ", s->line, s->col);
		put_clean(to, s->note);
		(void)fputc('\n', to);
	}
}

static void put_finding(FILE *to, const struct output_options *o, const struct finding *f, struct shown *s)
{
	(void)fprintf(to, "\n%s%s%s ", paint(o, colours[f->rule->severity]), severity_name(f->rule->severity),
	    paint(o, "\x1b[0m"));
	put_clean(to, f->message);
	(void)fprintf(to, "  %s[%s]%s\n", paint(o, "\x1b[2m"), f->rule->id, paint(o, "\x1b[0m"));
	(void)fputs("  ", to);
	put_clean(to, f->file);
	if (f->line)
		(void)fprintf(to, ":%u:%u", f->line, f->col);
	(void)fputc('\n', to);
	put_frame(to, o, f, s);
	put_steps(to, f);
	put_wrapped(to, slice_cstr(f->rule->why), "    ");
	struct slice fix = f->fix.len ? f->fix : slice_cstr(f->rule->fix);
	(void)fprintf(to, "    %sfix:%s ", paint(o, "\x1b[32m"), paint(o, "\x1b[0m"));
	for (bool first = true; fix.ptr; first = false) {
		struct slice line = slice_cut(&fix, '\n');
		(void)fputs(first ? "" : "    ", to);
		put_clean(to, line);
		(void)fputc('\n', to);
	}
}

bool output_counts(const struct finding *f, enum severity least)
{
	return !f->suppressed && f->rule->severity >= least;
}

static void put_summary(FILE *to, const struct review *review, const struct output_options *o)
{
	size_t counts[SEVERITY_CRITICAL + 1] = {0};
	size_t suppressed = 0;
	size_t total = 0;
	for (size_t i = 0; i < review->findings.count; i++) {
		const struct finding *f = &review->findings.items[i];
		suppressed += f->suppressed;
		if (!output_counts(f, o->least))
			continue;
		counts[f->rule->severity]++;
		total++;
	}
	if (total == 0 && o->quiet)
		return;
	(void)fprintf(to, "%s%zu finding%s", total ? "\n" : "", total, total == 1 ? "" : "s");
	for (int s = SEVERITY_CRITICAL; s >= 0 && total; s--)
		if (counts[s])
			(void)fprintf(to, ", %s%zu %s%s", paint(o, colours[s]), counts[s],
			    severity_name((enum severity)s), paint(o, "\x1b[0m"));
	(void)fprintf(to, " in %zu files", review->files_read);
	if (suppressed)
		(void)fprintf(to, "; %zu suppressed", suppressed);
	if (review->note_count)
		(void)fprintf(to, "; %zu not read", review->note_count);
	(void)fputs(review->findings.truncated ? "; the list was cut\n" : "\n", to);
}

static const struct file_entry *entry_of(const struct file_set *set, struct slice path)
{
	size_t low = 0;
	size_t high = set->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = slice_cmp(set->files[mid].path, path);
		if (order == 0)
			return &set->files[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

void output_human(FILE *to, const struct review *review, const struct output_options *o)
{
	struct shown shown = {.line = 0};
	for (size_t i = 0; i < review->findings.count; i++) {
		const struct finding *f = &review->findings.items[i];
		if (!output_counts(f, o->least))
			continue;
		if (!slice_eq(f->file, shown.file)) {
			file_bytes_free(shown.bytes);
			shown = (struct shown){.file = f->file};
			const struct file_entry *entry = entry_of(&review->files, f->file);
			if (entry && !is_ok(file_set_read(&review->files, entry, NULL, &shown.bytes)))
				shown.bytes = SLICE_NONE;
			secrets_hide(&review->findings, f->file, shown.bytes);
		}
		put_finding(to, o, f, &shown);
	}
	file_bytes_free(shown.bytes);
	for (size_t i = 0; i < review->note_count; i++) {
		(void)fprintf(to, "%snote:%s ", paint(o, "\x1b[2m"), paint(o, "\x1b[0m"));
		put_clean(to, review->notes[i].file);
		(void)fputs(": ", to);
		put_clean(to, review->notes[i].text);
		(void)fputc('\n', to);
	}
	put_summary(to, review, o);
}

void output_rule(FILE *to, const struct rule_info *info, bool colour)
{
	const struct output_options o = {.colour = colour};
	(void)fprintf(to, "%s%s%s  %s%s%s\n%s\n\n", paint(&o, "\x1b[1m"), info->id, paint(&o, "\x1b[0m"),
	    paint(&o, colours[info->severity]), severity_name(info->severity), paint(&o, "\x1b[0m"),
	    info->title);
	put_wrapped(to, slice_cstr(info->why), "  ");
	(void)fputs("\nfix:\n", to);
	put_wrapped(to, slice_cstr(info->fix), "  ");
	for (const char *const *r = info->references; r && *r; r++)
		(void)fprintf(to, "%s%s", r == info->references ? "\nsee: " : ", ", *r);
	(void)fputc('\n', to);
}
