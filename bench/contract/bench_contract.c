/*
 * How long one JSON text takes to be parsed, checked and turned into typed values, in nanoseconds:
 * bench_contract SCHEMA DOCUMENT MILLISECONDS. With --out the way back: checked and written as JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "contract/type.h"

static bool read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "r");
	if (!f)
		return false;
	size_t n = 1;
	while (n > 0 && buf_reserve(out, 65536)) {
		n = fread(out->ptr + out->len, 1, 65536, f);
		out->len += n;
	}
	fclose(f);
	return buf_ok(out);
}

static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* As a server would keep it: clearing the count empties it. */
static struct problems problems;

static bool once(const struct type *type, struct slice json, struct buf *value, struct buf *text)
{
	problems.count = 0;
	buf_clear(value);
	if (json.ptr && !is_ok(value_from_json(type, json, value, &problems))) {
		fprintf(stderr, "%s: %s\n", problems.lines[0].path, problems.lines[0].text);
		return false;
	}
	return !text || (buf_clear(text), is_ok(value_to_json(type, buf_slice(value), text, &problems)));
}

int main(int argc, char **argv)
{
	struct buf schema = BUF_INIT(16u << 20), json = BUF_INIT(256u << 20), value = BUF_INIT(1u << 30),
		   text = BUF_INIT(1u << 30);
	struct error err = {0};
	struct type_set *set = type_set_new();
	if (argc < 4 || !set || !read_file(argv[1], &schema) || !read_file(argv[2], &json))
		return 2;
	if (!is_ok(type_set_add(set, SLICE("t"), buf_slice(&schema), &err)) ||
	    !is_ok(type_set_seal(set, &err))) {
		fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	bool out = argc > 4 && strcmp(argv[4], "--out") == 0;
	const struct type *type = type_set_find(set, SLICE("t"));
	if (!once(type, buf_slice(&json), &value, &text))
		return 1;
	double limit = atof(argv[3]) * 1e6, start = now_ns(), best = 1e300;
	do {
		unsigned rounds = json.len < 4096 ? 200 : 1;
		double from = now_ns();
		for (unsigned i = 0; i < rounds; i++) {
			problems.count = 0;
			if (out) {
				buf_clear(&text);
				if (!is_ok(value_to_json(type, buf_slice(&value), &text, &problems)))
					return 1;
			} else if (!once(type, buf_slice(&json), &value, NULL)) {
				return 1;
			}
		}
		double each = (now_ns() - from) / rounds;
		if (each < best)
			best = each;
	} while (now_ns() - start < limit);
	printf("%.1f %zu\n", best, json.len);
	buf_done(&schema);
	buf_done(&json);
	buf_done(&value);
	buf_done(&text);
	type_set_free(set);
	return 0;
}
