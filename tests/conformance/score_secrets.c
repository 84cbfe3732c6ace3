/*
 * Scores the secret scanner against a folder of files and expected.json, {file: [{line, rule, severity,
 * value}]}: score_secrets FOLDER RESULT.json. An expected finding is met by a report whose lines cover it; a
 * report that covers none is a false alarm. Exit status 1 when recall is under 0.85 or precision under 0.90.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/check.h"
#include "review/secrets/secrets.h"

#define RECALL_MIN 0.85
#define PRECISION_MIN 0.90

struct score {
	const struct secret_rules *rules;
	const char *folder;
	size_t expected, met, reported, alarms;
	json_t *misses;
};

/* Why a kind of expectation is not met on purpose; others are shortcomings. */
static const struct {
	const char *rule;
	const char *reason;
} reasons[] = {
    {"UUID", "an identifier without a name that tells of a secret: reporting each would drown the rest"},
    {"Secret", "the name says that the value is a path"},
    {"Password", "prose or a login/password pair behind one name: the value reads like a path or its name is "
		 "another word"},
};

static const char *reason_of(const char *rule)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (strcmp(reasons[i].rule, rule) == 0)
			return reasons[i].reason;
	return "not recognised";
}

static bool read_whole(const char *path, struct buf *out)
{
	char part[65536];
	size_t n;
	FILE *f = fopen(path, "rb");
	if (!f)
		return false;
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(out, part, n);
	(void)fclose(f);
	return buf_ok(out);
}

static void count_expected(
    struct score *s, const char *file, json_t *list, const struct secret_hits *hits, bool *met)
{
	size_t i;
	json_t *item;
	json_array_foreach(list, i, item)
	{
		uint32_t line = (uint32_t)json_integer_value(json_object_get(item, "line"));
		const char *rule = json_string_value(json_object_get(item, "rule"));
		bool found = false;
		for (size_t k = 0; k < hits->count; k++)
			if (hits->items[k].line <= line && line <= hits->items[k].end_line)
				found = met[k] = true;
		s->expected++;
		s->met += found;
		if (!found)
			json_array_append_new(s->misses, json_sprintf("%s:%u %s: %s", file, line,
							     rule ? rule : "?", reason_of(rule ? rule : "")));
	}
}

static bool score_file(struct score *s, const char *file, json_t *list)
{
	char path[4096];
	struct error err;
	struct secret_hits hits;
	CLEANUP_BUF struct buf text = BUF_INIT(64u << 20);
	(void)snprintf(path, sizeof(path), "%s/files/%s", s->folder, file);
	if (!read_whole(path, &text) || !is_ok(secrets_scan_text(s->rules, buf_slice(&text), &err, &hits)))
		return false;
	bool *met = calloc(hits.count + 1, sizeof(*met));
	if (!met)
		return false;
	count_expected(s, file, list, &hits, met);
	for (size_t k = 0; k < hits.count; k++) {
		s->reported++;
		s->alarms += !met[k];
		if (!met[k])
			printf("  not expected %s:%u %s\n", file, hits.items[k].line, hits.items[k].rule->id);
	}
	free(met);
	secret_hits_done(&hits);
	return true;
}

static int report(const struct score *s, double seconds, const char *out)
{
	double recall = s->expected ? (double)s->met / (double)s->expected : 0;
	double precision = s->reported ? (double)(s->reported - s->alarms) / (double)s->reported : 0;
	size_t i;
	json_t *miss;
	json_array_foreach(s->misses, i, miss) printf("  missed %s\n", json_string_value(miss));
	printf("secrets: recall %.3f (%zu of %zu), precision %.3f (%zu of %zu reports), %.1f ms\n", recall,
	    s->met, s->expected, precision, s->reported - s->alarms, s->reported, seconds * 1e3);
	json_t *told = json_pack("{s:s, s:i, s:i, s:i, s:O, s:f, s:f, s:f}", "suite", "secrets", "passed",
	    (int)s->met, "failed", (int)(s->expected - s->met), "skipped", 0, "failures", s->misses, "recall",
	    recall, "precision", precision, "seconds", seconds);
	int code = told ? json_dump_file(told, out, JSON_INDENT(1)) : -1;
	json_decref(told);
	return code == 0 && recall >= RECALL_MIN && precision >= PRECISION_MIN ? 0 : 1;
}

int main(int argc, char **argv)
{
	char path[4096];
	struct error err;
	struct secret_rules *rules;
	struct timespec a, b;
	if (argc != 3)
		return 2;
	(void)snprintf(path, sizeof(path), "%s/expected.json", argv[1]);
	json_t *expected = json_load_file(path, 0, NULL);
	if (!expected || !is_ok(secret_rules_builtin(&err, &rules)))
		return 2;
	struct score s = {.rules = rules, .folder = argv[1], .misses = json_array()};
	const char *file;
	json_t *list;
	clock_gettime(CLOCK_MONOTONIC, &a);
	json_object_foreach(expected, file, list) if (!score_file(&s, file, list))(void)
	    fprintf(stderr, "cannot score %s\n", file);
	clock_gettime(CLOCK_MONOTONIC, &b);
	int status =
	    report(&s, (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9, argv[2]);
	json_decref(s.misses);
	json_decref(expected);
	secret_rules_free(rules);
	return status;
}
