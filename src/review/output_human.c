/* Findings for a person at a terminal. */
#include "review/output.h"

#include <stdlib.h>

#include "base/size.h"
#include "review/source_lines.h"

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

static void put_wrapped(FILE *to, struct slice text, const char *first, const char *indent, size_t width)
{
	size_t column = 0;
	bool started = false;
	for (struct slice rest = text; rest.ptr;) {
		struct slice word = slice_cut(&rest, ' ');
		if (column && column + word.len + 1 > width) {
			(void)fputc('\n', to);
			column = 0;
		}
		(void)fputs(column ? " " : started ? indent : first, to);
		started = true;
		put_clean(to, word);
		column += word.len + 1;
	}
	(void)fputc('\n', to);
}

/* What one run has shown so far: a rule's reason and advice are said once. */
struct human {
	FILE *to;
	const struct output_options *o;
	struct source_lines lines;
	struct strmap explained; /* rule ids */
	struct slice file;
};

static const char *dim(const struct human *h)
{
	return paint(h->o, "\x1b[2m");
}

static const char *plain(const struct human *h)
{
	return paint(h->o, "\x1b[0m");
}

/* The finding's part of the line, marked below it. Long lines are cut around the mark. */
static void put_frame(struct human *h, const struct finding *f)
{
	struct slice line = f->line ? source_line(&h->lines, f->file, f->line) : SLICE_NONE;
	if (line.len == 0 || f->col > line.len + 1)
		return;
	size_t from = f->col > FRAME_COLUMNS_MAX ? f->col - FRAME_COLUMNS_MAX / 2 : 0;
	while (from && from < line.len && ((unsigned char)line.ptr[from] & 0xc0) == 0x80)
		from++;
	struct slice shown = slice_of(line.ptr + from, line.len - from);
	if (shown.len > FRAME_COLUMNS_MAX)
		shown.len = FRAME_COLUMNS_MAX;
	(void)fprintf(h->to, "  %s%5u |%s ", dim(h), f->line, plain(h));
	put_clean(h->to, shown);
	(void)fputc('\n', h->to);
	size_t start = f->col > from ? f->col - from : 1;
	size_t width = f->end_line == f->line && f->end_col > f->col ? f->end_col - f->col : 1;
	if (start > shown.len)
		return;
	width = size_min(width, shown.len + 1 - start);
	/* Marks stand below characters, not bytes. */
	size_t before = utf16_length(slice_of(shown.ptr, start - 1));
	size_t marks = utf16_length(slice_of(shown.ptr + start - 1, width));
	(void)fprintf(h->to, "  %s      |%s %*s%s", dim(h), plain(h), (int)before, "",
	    paint(h->o, colours[f->rule->severity]));
	for (size_t i = 0; i < marks; i++)
		(void)fputc('^', h->to);
	(void)fprintf(h->to, "%s\n", plain(h));
}

static void put_steps(struct human *h, const struct finding *f)
{
	for (size_t i = 0; i < f->step_count; i++) {
		const struct finding_step *s = &f->steps[i];
		(void)fprintf(
		    h->to, "        %s%s%s ", dim(h), i + 1 == f->step_count ? "=>" : "->", plain(h));
		if (!slice_eq(s->file, f->file)) {
			put_clean(h->to, s->file);
			(void)fputc(':', h->to);
		}
		(void)fprintf(h->to, "%u:%u ", s->line, s->col);
		put_clean(h->to, s->note);
		(void)fputc('\n', h->to);
	}
}

static void put_fix(struct human *h, struct slice fix)
{
	(void)fprintf(h->to, "        %sfix:%s ", paint(h->o, "\x1b[32m"), plain(h));
	for (bool first = true; fix.ptr; first = false) {
		struct slice line = slice_cut(&fix, '\n');
		(void)fputs(first ? "" : "        ", h->to);
		if (first && fix.ptr == NULL)
			put_wrapped(h->to, line, "", "             ", 79);
		else {
			put_clean(h->to, line);
			(void)fputc('\n', h->to);
		}
	}
}

static void put_finding(struct human *h, const struct finding *f)
{
	const char *colour = paint(h->o, colours[f->rule->severity]);
	(void)fprintf(h->to, "\n  %s%-8s%s ", colour, severity_name(f->rule->severity), plain(h));
	put_clean(h->to, f->message);
	(void)fprintf(h->to, "  %s%s", dim(h), f->rule->id);
	if (f->line)
		(void)fprintf(h->to, " %u:%u", f->line, f->col);
	(void)fprintf(h->to, "%s\n", plain(h));
	put_frame(h, f);
	put_steps(h, f);
	bool again = strmap_get(&h->explained, slice_cstr(f->rule->id)) != NULL;
	if (!again) {
		put_wrapped(h->to, slice_cstr(f->rule->why), "        ", "        ", 84);
		ignore_result(strmap_set(&h->explained, slice_cstr(f->rule->id), h));
	}
	if (f->fix.len || !again)
		put_fix(h, f->fix.len ? f->fix : slice_cstr(f->rule->fix));
}

static void put_file(struct human *h, struct slice file)
{
	(void)fprintf(h->to, "%s%s", h->file.ptr ? "\n" : "", paint(h->o, "\x1b[1m"));
	put_clean(h->to, file);
	(void)fprintf(h->to, "%s\n", plain(h));
	h->file = file;
}

bool output_counts(const struct finding *f, enum severity least)
{
	return !f->suppressed && f->rule->severity >= least;
}

struct totals {
	size_t counts[SEVERITY_CRITICAL + 1];
	size_t all;
	size_t suppressed;
	size_t fixable;
	const struct finding *first; /* the gravest */
};

static struct totals count_all(const struct review *review, const struct output_options *o)
{
	struct totals t = {0};
	for (size_t i = 0; i < review->findings.count; i++) {
		const struct finding *f = &review->findings.items[i];
		t.suppressed += f->suppressed;
		if (!output_counts(f, o->least))
			continue;
		t.counts[f->rule->severity]++;
		t.all++;
		t.fixable += f->edit.present;
		if (!t.first || f->rule->severity > t.first->rule->severity)
			t.first = f;
	}
	return t;
}

/* ---- Findings that are counted only ---- */

#define FOLDED_RULES_MAX 200u
#define FOLDED_RULES_SHOWN 12u

struct folded {
	const struct rule_info *rule;
	size_t count;
};

static bool is_folded(const struct human *h, const struct finding *f)
{
	return h->o->fold && f->rule->severity < SEVERITY_MEDIUM;
}

static int by_count(const void *a, const void *b)
{
	const struct folded *x = a;
	const struct folded *y = b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->rule->id, y->rule->id);
}

static size_t fold_rules(const struct human *h, const struct review *review, struct folded *rules)
{
	size_t count = 0;
	for (size_t i = 0; i < review->findings.count; i++) {
		const struct finding *f = &review->findings.items[i];
		if (!output_counts(f, h->o->least) || !is_folded(h, f))
			continue;
		size_t k = 0;
		while (k < count && rules[k].rule != f->rule)
			k++;
		if (k == FOLDED_RULES_MAX)
			continue;
		count += k == count;
		rules[k].rule = f->rule;
		rules[k].count++;
	}
	qsort(rules, count, sizeof *rules, by_count);
	return count;
}

/* Hygiene drowns holes when each of its lines is shown: one line a rule. */
static void put_folded(struct human *h, const struct review *review)
{
	struct folded rules[FOLDED_RULES_MAX] = {{.count = 0}};
	size_t count = fold_rules(h, review, rules);
	if (count == 0)
		return;
	(void)fprintf(h->to, "%s%sof low severity%s %s(--severity info shows each)%s\n",
	    h->file.ptr ? "\n" : "", paint(h->o, "\x1b[1m"), plain(h), dim(h), plain(h));
	for (size_t i = 0; i < count && i < FOLDED_RULES_SHOWN; i++)
		(void)fprintf(h->to, "  %5zu  %s  %s%s%s\n", rules[i].count, rules[i].rule->title, dim(h),
		    rules[i].rule->id, plain(h));
	if (count > FOLDED_RULES_SHOWN)
		(void)fprintf(h->to, "         and %zu more rules\n", count - FOLDED_RULES_SHOWN);
	h->file = SLICE("(folded)");
}

/* What begins a comment where the finding is; NULL where there are none. */
static const char *comment_of(struct slice file)
{
	static const char *const slashes[] = {"js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", NULL};
	struct slice extension = path_extension(file);
	for (const char *const *e = slashes; *e; e++)
		if (slice_eq_cstr(extension, *e))
			return "//";
	return slice_eq_cstr(extension, "json") ? NULL : "#";
}

/* What a person may do next, in the order in which it is usually done. */
static void put_next_steps(struct human *h, const struct totals *t)
{
	const char *dir = h->o->root ? h->o->root : ".";
	(void)fprintf(h->to, "\nnext:\n");
	if (t->fixable)
		(void)fprintf(
		    h->to, "  ward check %s --fix   changes %zu of them by itself\n", dir, t->fixable);
	(void)fprintf(h->to, "  ward check --explain %s   says more about a rule\n", t->first->rule->id);
	const char *comment = comment_of(t->first->file);
	if (comment)
		(void)fprintf(h->to,
		    "  %s ward-ignore %s: why it is right here   accepts it, on its line or above\n", comment,
		    t->first->rule->id);
	(void)fprintf(h->to,
	    "  ward check %s --baseline .ward-baseline --write-baseline   keeps today's findings;\n"
	    "      with --baseline .ward-baseline later runs report only what is new\n",
	    dir);
}

static void put_summary(struct human *h, const struct review *review, const struct totals *t)
{
	FILE *to = h->to;
	if (t->all == 0 && h->o->quiet)
		return;
	if (t->all)
		(void)fprintf(to, "\n%s%zu finding%s%s", paint(h->o, "\x1b[1m"), t->all,
		    t->all == 1 ? "" : "s", plain(h));
	else if (review->files_read)
		(void)fprintf(to, "%sno findings%s", paint(h->o, "\x1b[32m"), plain(h));
	else
		(void)fputs("no code, template or workflow here that ward reads; secrets and lockfiles were "
			    "looked for",
		    to);
	if (t->all == 0 && review->files_read == 0)
		return (void)fputs("\n", to);
	for (int s = SEVERITY_CRITICAL; s >= 0 && t->all; s--)
		if (t->counts[s])
			(void)fprintf(to, ", %s%zu %s%s", paint(h->o, colours[s]), t->counts[s],
			    severity_name((enum severity)s), plain(h));
	(void)fprintf(to, " in %zu file%s", review->files_read, review->files_read == 1 ? "" : "s");
	if (t->suppressed)
		(void)fprintf(to, "; %zu accepted earlier", t->suppressed);
	if (review->note_count)
		(void)fprintf(to, "; %zu not read in full", review->note_count);
	(void)fputs(review->findings.truncated ? "; the list was cut\n" : "\n", to);
	if (t->all && !h->o->quiet && !h->o->brief)
		put_next_steps(h, t);
}

static void put_notes(struct human *h, const struct review *review)
{
	for (size_t i = 0; i < review->note_count; i++) {
		(void)fprintf(h->to, "%s%snote:%s ", i == 0 && h->file.ptr ? "\n" : "", dim(h), plain(h));
		put_clean(h->to, review->notes[i].file);
		(void)fputs(": ", h->to);
		put_clean(h->to, review->notes[i].text);
		(void)fputc('\n', h->to);
	}
}

void output_human(FILE *to, const struct review *review, const struct output_options *o)
{
	struct human h = {.to = to, .o = o, .lines = {.review = review}};
	const struct totals totals = count_all(review, o);
	for (size_t i = 0; i < review->findings.count; i++) {
		const struct finding *f = &review->findings.items[i];
		if (!output_counts(f, o->least) || is_folded(&h, f))
			continue;
		if (!h.file.ptr || !slice_eq(f->file, h.file))
			put_file(&h, f->file);
		put_finding(&h, f);
	}
	put_folded(&h, review);
	put_notes(&h, review);
	put_summary(&h, review, &totals);
	source_lines_done(&h.lines);
	strmap_done(&h.explained);
}

void output_rule(FILE *to, const struct rule_info *info, bool colour)
{
	const struct output_options o = {.colour = colour};
	(void)fprintf(to, "%s%s%s  %s%s%s\n%s\n\n", paint(&o, "\x1b[1m"), info->id, paint(&o, "\x1b[0m"),
	    paint(&o, colours[info->severity]), severity_name(info->severity), paint(&o, "\x1b[0m"),
	    info->title);
	put_wrapped(to, slice_cstr(info->why), "  ", "  ", 92);
	(void)fputs("\nfix:\n", to);
	put_wrapped(to, slice_cstr(info->fix), "  ", "  ", 92);
	for (const char *const *r = info->references; r && *r; r++)
		(void)fprintf(to, "%s%s", r == info->references ? "\nsee: " : ", ", *r);
	(void)fputc('\n', to);
}
