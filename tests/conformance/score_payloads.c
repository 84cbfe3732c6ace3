/*
 * Scores the payload sensor: recall for each class of attack, share of benign values flagged, and the bounds
 *that it must keep. A family passes when it keeps its bound; the result file has a case for each family.
 *
 *	score_payloads LABELLED.csv ATTACKS.txt BENIGN.txt RESULT.json
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/check.h"
#include "observe/payload_sensor.h"
#include "os/fd.h"

#define FILE_MAX (64u << 20)

struct family {
	const char *id;
	const char *label; /* in the data */
	double least;	   /* seen, of all */
	double most;
	unsigned seen, total, right_class;
	enum payload_class class;
};

static struct family labelled[] = {
    {"sqli", "sqli", 0.97, 1, .class = PAYLOAD_SQLI},
    {"xss", "xss", 0.90, 1, .class = PAYLOAD_XSS},
    {"path-traversal", "path-traversal", 0.85, 1, .class = PAYLOAD_TRAVERSAL},
    {"cmdi", "cmdi", 0.85, 1, .class = PAYLOAD_COMMAND},
    {"benign", "norm", 0, 0.001, .class = PAYLOAD_NONE},
};
static struct family kept[] = {
    {"kept-sqli", "sqli", 0.97, 1, .class = PAYLOAD_SQLI},
    {"kept-xss", "xss", 0.90, 1, .class = PAYLOAD_XSS},
    {"kept-traversal", "traversal", 0.85, 1, .class = PAYLOAD_TRAVERSAL},
    {"kept-command", "command", 0.85, 1, .class = PAYLOAD_COMMAND},
};
static struct family prose[] = {{"prose-and-quoted-sql", "", 0, 0.02, .class = PAYLOAD_NONE}};

static void count(struct family *families, size_t n, struct slice label, struct slice value)
{
	for (size_t i = 0; i < n; i++) {
		if (!slice_eq_cstr(label, families[i].label))
			continue;
		struct payload_finding f = payload_sense(value);
		families[i].total++;
		families[i].seen += f.class != PAYLOAD_NONE;
		families[i].right_class += f.class == families[i].class;
	}
}

/* One field of RFC 4180 from *at, unquoted into out. */
static struct slice csv_field(struct slice text, size_t *at, struct buf *out)
{
	buf_clear(out);
	bool quoted = *at < text.len && text.ptr[*at] == '"';
	*at += quoted;
	while (*at < text.len) {
		char c = text.ptr[*at];
		if (quoted && c == '"') {
			if (*at + 1 >= text.len || text.ptr[*at + 1] != '"') {
				(*at)++;
				break;
			}
			(*at)++;
		} else if (!quoted && (c == ',' || c == '\n')) {
			break;
		}
		buf_add_char(out, c);
		(*at)++;
	}
	return buf_slice(out);
}

static void count_csv(struct slice text)
{
	CLEANUP_BUF struct buf value = BUF_INIT(FILE_MAX);
	CLEANUP_BUF struct buf field = BUF_INIT(FILE_MAX);
	for (size_t at = 0; at < text.len; at++) {
		(void)csv_field(text, &at, &value);
		for (unsigned column = 1; column < 4 && at < text.len; column++) {
			at++;
			struct slice label = csv_field(text, &at, &field);
			if (column == 2)
				count(labelled, ARRAY_LEN(labelled), label, buf_slice(&value));
		}
		while (at < text.len && text.ptr[at] != '\n')
			at++;
	}
}

/* "\n" in the kept lists stands for a line break. */
static struct slice unescaped(struct slice line, struct buf *out)
{
	buf_clear(out);
	for (size_t i = 0; i < line.len; i++) {
		bool line_break = line.ptr[i] == '\\' && i + 1 < line.len && line.ptr[i + 1] == 'n';
		buf_add_char(out, line_break ? '\n' : line.ptr[i]);
		i += line_break;
	}
	return buf_slice(out);
}

static void count_lines(struct slice text, struct family *families, size_t n, bool with_label)
{
	CLEANUP_BUF struct buf value = BUF_INIT(FILE_MAX);
	while (text.ptr && text.len) {
		struct slice line = slice_cut(&text, '\n');
		struct slice label = with_label ? slice_cut(&line, '\t') : SLICE_NONE;
		count(families, n, label, with_label ? line : unescaped(line, &value));
	}
}

static void report(
    struct family *families, size_t n, struct buf *failures, unsigned *passed, unsigned *failed)
{
	for (size_t i = 0; i < n; i++) {
		struct family *f = &families[i];
		double share = f->total ? (double)f->seen / f->total : 0;
		bool good = f->total && share >= f->least && share <= f->most;
		printf("%-22s %6u %6u %7.2f %% %6u   %s %.1f %%%s\n", f->id, f->total, f->seen, 100 * share,
		    f->right_class, f->least > 0 ? ">=" : "<=", 100 * (f->least > 0 ? f->least : f->most),
		    good ? "" : "   MISSED");
		*passed += good;
		*failed += !good;
		if (!good)
			buf_printf(failures, "%s\"%s\"", failures->len ? "," : "", f->id);
	}
}

int main(int argc, char **argv)
{
	struct slice texts[3];
	struct error err;
	unsigned passed = 0, failed = 0;
	if (argc != 5)
		return 2;
	for (int i = 0; i < 3; i++) {
		if (!is_ok(file_read(argv[1 + i], FILE_MAX, &err, &texts[i]))) {
			fprintf(stderr, "%s\n", err.text);
			return 2;
		}
	}
	count_csv(texts[0]);
	count_lines(texts[1], kept, ARRAY_LEN(kept), true);
	count_lines(texts[2], prose, 1, false);
	CLEANUP_BUF struct buf failures = BUF_INIT(4096);
	CLEANUP_BUF struct buf json = BUF_INIT(8192);
	printf("%-22s %6s %6s %9s %6s   bound\n", "family", "values", "seen", "share", "class");
	report(labelled, ARRAY_LEN(labelled), &failures, &passed, &failed);
	report(kept, ARRAY_LEN(kept), &failures, &passed, &failed);
	report(prose, 1, &failures, &passed, &failed);
	buf_printf(&json,
	    "{\"suite\":\"payloads\",\"passed\":%u,\"failed\":%u,\"skipped\":0,\"failures\":[%s]}\n", passed,
	    failed, buf_cstr(&failures));
	if (!is_ok(file_write_atomic(argv[4], buf_slice(&json), 0644, &err)))
		fprintf(stderr, "%s\n", err.text);
	for (int i = 0; i < 3; i++)
		free((void *)(uintptr_t)texts[i].ptr);
	return failed ? 1 : 0;
}
