#include "report.h"

#include <stdio.h>

void report_init(struct report *r, const char *suite)
{
	*r = (struct report){.suite = suite};
	buf_init(&r->failures, 16u << 20);
}

void report_case(struct report *r, bool passed, const char *id, const char *why)
{
	if (passed) {
		r->passed++;
		return;
	}
	r->failed++;
	fprintf(stderr, "failed: %s: %s\n", id, why);
	buf_add_cstr(&r->failures, r->failures.len > 0 ? ", \"" : "\"");
	buf_add_json_escaped(&r->failures, slice_cstr(id));
	buf_add_char(&r->failures, '"');
}

int report_finish(struct report *r, const char *path)
{
	FILE *f = fopen(path, "w");
	if (!f) {
		perror(path);
		return 2;
	}
	fprintf(f,
	    "{\"suite\": \"%s\", \"passed\": %u, \"failed\": %u, \"skipped\": %u, \"failures\": [%s]}\n",
	    r->suite, r->passed, r->failed, r->skipped, buf_cstr(&r->failures));
	int closed = fclose(f);
	buf_done(&r->failures);
	if (closed != 0) {
		perror(path);
		return 2;
	}
	return r->failed > 0;
}

int report_skip(const char *suite, const char *path, const char *why)
{
	FILE *f = fopen(path, "w");
	printf("skipped: %s: %s\n", suite, why);
	if (!f ||
	    fprintf(f,
		"{\"suite\": \"%s\", \"passed\": 0, \"failed\": 0, \"skipped\": 1, \"failures\": []}\n",
		suite) < 0 ||
	    fclose(f) != 0) {
		perror(path);
		return 2;
	}
	return 77;
}
