/*
 * JSON-Schema-Test-Suite, draft 2020-12. Required cases, and with --optional those of tests/optional (formats
 * asserted). References to http://localhost:1234/ are answered from its remotes folder, the meta-schemas from
 * npm's ajv.
 */
#include <stdio.h>

#include "contract/compiled.h"
#include "corpus.h"
#include "report.h"

#define META_DIR "tests/node_modules/ajv/dist/refs/json-schema-2020-12"

static char corpus_dir[256];

static bool load(void *self, struct slice uri, struct buf *out)
{
	static const char remote[] = "http://localhost:1234/",
			  meta[] = "https://json-schema.org/draft/2020-12/";
	char path[2048];
	(void)self;
	if (slice_starts(uri, slice_cstr(remote)))
		(void)snprintf(path, sizeof path, "%s/remotes/%.*s", corpus_dir,
		    (int)(uri.len - sizeof remote + 1), uri.ptr + sizeof remote - 1);
	else if (slice_starts(uri, slice_cstr(meta)))
		(void)snprintf(path, sizeof path, META_DIR "/%.*s.json", (int)(uri.len - sizeof meta + 1),
		    uri.ptr + sizeof meta - 1);
	else
		return false;
	return file_read(path, out);
}

static bool get(struct slice object, const char *name, struct slice *ret)
{
	struct value_item item;
	return value_read(&object, &item) && item.tag == VALUE_OBJECT &&
	       member_find(NULL, item.text, slice_cstr(name), ret);
}

static struct slice text_of(struct slice value)
{
	struct value_item item;
	return value_read(&value, &item) ? item.text : SLICE_NONE;
}

static struct slice next(struct slice *list)
{
	struct value_item item;
	const char *start = list->ptr;
	if (!value_read(list, &item))
		return SLICE_NONE;
	return slice_of(start, (size_t)(list->ptr - start));
}

static void run_test(struct report *report, const struct type *type, struct slice test, const char *file,
    struct slice group, const char *broken)
{
	struct slice data, description = SLICE_NONE, valid = SLICE_NONE, value;
	CLEANUP_BUF struct buf json = BUF_INIT(64u << 20);
	CLEANUP_BUF struct buf encoded = BUF_INIT(64u << 20);
	CLEANUP_BUF struct buf back = BUF_INIT(64u << 20);
	struct problems problems = {0}, again = {0};
	char id[512];
	if (get(test, "description", &value))
		description = text_of(value);
	(void)snprintf(id, sizeof id, "%s/%.*s/%.*s", file, SLICE_ARG(group), SLICE_ARG(description));
	if (!get(test, "data", &data) || !get(test, "valid", &valid)) {
		report_case(report, false, id, "is malformed");
		return;
	}
	if (!type) {
		report_case(report, false, id, broken);
		return;
	}
	value_print(NULL, data, &json);
	bool holds = is_ok(value_from_json(type, buf_slice(&json), &encoded, &problems));
	report_case(
	    report, holds == (valid.ptr[0] == VALUE_TRUE), id, holds ? "was taken" : problems.lines[0].text);
	/* What was taken is also of the type as an encoding, and reads back the same. */
	if (holds && !is_ok(value_to_json(type, buf_slice(&encoded), &back, &again)))
		report_case(report, false, id, "is taken as text and refused as a value");
}

static void run_group(struct report *report, struct slice group, const char *file, bool formats)
{
	struct slice schema, tests, description = SLICE_NONE, value;
	CLEANUP_BUF struct buf json = BUF_INIT(64u << 20);
	struct value_item list;
	struct error err = {0};
	if (get(group, "description", &value))
		description = text_of(value);
	if (!get(group, "schema", &schema) || !get(group, "tests", &tests) || !value_read(&tests, &list))
		return;
	value_print(NULL, schema, &json);
	struct type_set *set = type_set_new_with(
	    &(struct type_options){.plain = true, .formats_ignored = !formats, .load = load});
	bool made = set && is_ok(type_set_add(set, SLICE("t"), buf_slice(&json), &err)) &&
		    is_ok(type_set_seal(set, &err));
	for (struct slice rest = list.text; rest.len > 0;)
		run_test(report, made ? type_set_find(set, SLICE("t")) : NULL, next(&rest), file, description,
		    err.text);
	type_set_free(set);
}

static bool run_folder(struct report *report, const char *folder, bool formats)
{
	char path[1024];
	(void)snprintf(path, sizeof path, "%s/%s", corpus_dir, folder);
	char **names = folder_list(path, ".json");
	for (char **name = names; name && *name; name++) {
		CLEANUP_BUF struct buf text = BUF_INIT(16u << 20);
		CLEANUP_BUF struct buf encoded = BUF_INIT(64u << 20);
		struct problems problems = {0};
		struct value_item list;
		/* Asks for draft 2019-09, which ward does not have. */
		if (strcmp(*name, "cross-draft.json") == 0) {
			report->skipped++;
			continue;
		}
		(void)snprintf(path, sizeof path, "%s/%s/%s", corpus_dir, folder, *name);
		if (!file_read(path, &text) ||
		    !is_ok(json_to_encoding(buf_slice(&text), &encoded, &problems)))
			return false;
		struct slice rest = buf_slice(&encoded);
		if (!value_read(&rest, &list))
			return false;
		for (rest = list.text; rest.len > 0;)
			run_group(report, next(&rest), *name, formats);
	}
	bool found = names != NULL;
	folder_list_free(names);
	return found;
}

int main(int argc, char **argv)
{
	struct report report;
	bool optional = argc == 3 && strcmp(argv[2], "--optional") == 0;
	const char *suite = optional ? "json-schema-optional" : "json-schema";
	if (argc < 2)
		return 2;
	if (!corpus_unpack("json-schema", corpus_dir, sizeof corpus_dir))
		return report_skip(suite, argv[1], "no outside data");
	report_init(&report, suite);
	bool fine = run_folder(&report, optional ? "tests/optional" : "tests", optional);
	/* Not in every copy of the suite. */
	if (optional)
		(void)run_folder(&report, "tests/optional/format", true);
	return fine ? report_finish(&report, argv[1]) : 2;
}
