/*
 * OSV records to ward's advisory lines (advisories.h). The source is signed, yet read as foreign: a broken
 * record is counted and left out, and every text is stripped of what parts fields.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/size.h"
#include "review/deps/advisories.h"

struct builder {
	struct arena arena;
	struct slice *lines;
	size_t count;
	size_t size;
	char newest[40];
	size_t records;
	size_t broken;
};

static const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* Without tabs, line ends and other control characters, and cut at max bytes. */
static void add_field(struct buf *b, const char *text, size_t max)
{
	for (size_t i = 0; text[i] && i < max; i++)
		buf_add_char(b, (unsigned char)text[i] < 0x20 ? ' ' : text[i]);
}

/* CVSS 3.x base score from its vector (first.org/cvss/v3.1/specification-document section 7.1); -1 when it is
 * none. */
static double metric(const char *vector, const char *name, const char *letters, const double *weights)
{
	const char *at = strstr(vector, name);
	if (!at)
		return -1;
	const char *letter = strchr(letters, at[strlen(name)]);
	return letter && *letter ? weights[letter - letters] : -1;
}

static double cvss3_score(const char *vector)
{
	static const double av[] = {0.85, 0.62, 0.55, 0.2}, ac[] = {0.77, 0.44}, ui[] = {0.85, 0.62},
			    cia[] = {0.56, 0.22, 0};
	static const double pr_same[] = {0.85, 0.62, 0.27}, pr_changed[] = {0.85, 0.68, 0.5};
	bool changed = strstr(vector, "/S:C") != NULL;
	double v = metric(vector, "/AV:", "NALP", av), c = metric(vector, "/AC:", "LH", ac),
	       u = metric(vector, "/UI:", "NR", ui);
	double p = metric(vector, "/PR:", "NLH", changed ? pr_changed : pr_same);
	double conf = metric(vector, "/C:", "HLN", cia), integ = metric(vector, "/I:", "HLN", cia),
	       avail = metric(vector, "/A:", "HLN", cia);
	if (v < 0 || c < 0 || u < 0 || p < 0 || conf < 0 || integ < 0 || avail < 0)
		return -1;
	double base = 1 - (1 - conf) * (1 - integ) * (1 - avail);
	double impact = changed ? 7.52 * (base - 0.029) - 3.25 * pow(base - 0.02, 15) : 6.42 * base;
	if (impact <= 0)
		return 0;
	double sum = impact + 8.22 * v * c * p * u;
	sum = changed ? sum * 1.08 : sum;
	return ceil((sum < 10 ? sum : 10) * 10 - 1e-9) / 10;
}

static enum severity severity_of(json_t *record)
{
	enum severity level;
	size_t i;
	json_t *entry;
	const char *said = text_of(json_object_get(record, "database_specific"), "severity");
	if (strcmp(said, "MODERATE") == 0)
		return SEVERITY_MEDIUM;
	if (severity_from(slice_cstr(said), &level))
		return level;
	json_array_foreach(json_object_get(record, "severity"), i, entry)
	{
		double score = strcmp(text_of(entry, "type"), "CVSS_V3") == 0
				   ? cvss3_score(text_of(entry, "score"))
				   : -1;
		if (score >= 0)
			return score >= 9   ? SEVERITY_CRITICAL
			       : score >= 7 ? SEVERITY_HIGH
			       : score >= 4 ? SEVERITY_MEDIUM
					    : SEVERITY_LOW;
	}
	/* Packages published to do harm carry no score. */
	return strncmp(text_of(record, "id"), "MAL-", 4) == 0 ? SEVERITY_CRITICAL : SEVERITY_HIGH;
}

/* Events come in order: each "introduced" opens a range that the next "fixed" or "last_affected" closes. */
static void add_events(struct buf *b, json_t *events)
{
	size_t i;
	json_t *event;
	bool open = false;
	json_array_foreach(events, i, event)
	{
		const char *introduced = text_of(event, "introduced"), *fixed = text_of(event, "fixed"),
			   *last = text_of(event, "last_affected");
		if (introduced[0]) {
			if (open)
				buf_add_cstr(b, ";");
			add_field(b, introduced, 100);
			buf_add_char(b, ',');
			open = true;
		} else if (open && (fixed[0] || last[0])) {
			buf_add_cstr(b, fixed[0] ? "" : "=");
			add_field(b, fixed[0] ? fixed : last, 100);
			buf_add_char(b, ';');
			open = false;
		}
	}
	if (open)
		buf_add_char(b, ';');
}

static void add_affected(struct buf *b, json_t *affected)
{
	size_t i;
	json_t *range, *version;
	json_array_foreach(
	    json_object_get(affected, "ranges"), i, range) if (strcmp(text_of(range, "type"), "GIT") != 0)
	    add_events(b, json_object_get(range, "events"));
	buf_add_char(b, '\t');
	json_array_foreach(json_object_get(affected, "versions"), i, version)
	{
		const char *text = json_string_value(version);
		if (!text || strchr(text, ','))
			continue;
		buf_add_cstr(b, i ? "," : "");
		add_field(b, text, 100);
	}
}

static const char *url_of(json_t *record)
{
	size_t i;
	json_t *reference;
	json_array_foreach(json_object_get(record, "references"), i,
	    reference) if (strcmp(text_of(reference, "type"), "ADVISORY") == 0) return text_of(reference,
	    "url");
	return "";
}

static result add_line(struct builder *b, struct slice line, struct error *err)
{
	if (b->count == b->size) {
		size_t size = b->size ? b->size * 2 : 1024;
		struct slice *lines = realloc(b->lines, size * sizeof(*lines));
		if (!lines)
			return error_set(err, ERR_MEMORY, "no memory for the advisories");
		b->lines = lines;
		b->size = size;
	}
	struct slice copy = arena_copy(&b->arena, line);
	if (!copy.ptr)
		return error_set(err, ERR_LIMIT, "the advisories are too large");
	b->lines[b->count++] = copy;
	return RESULT_OK;
}

/* The line of one package that a record names. */
static result add_package(struct builder *b, json_t *record, json_t *affected, struct error *err)
{
	json_t *package = json_object_get(affected, "package");
	const char *name = text_of(package, "name"), *summary = text_of(record, "summary");
	if (strcmp(text_of(package, "ecosystem"), "npm") != 0 || !name[0])
		return RESULT_OK;
	CLEANUP_BUF struct buf line = BUF_INIT(4u << 20);
	add_field(&line, name, 214);
	buf_add_char(&line, '\t');
	add_field(&line, text_of(record, "id"), 64);
	buf_printf(&line, "\t%s\t", severity_name(severity_of(record)));
	add_affected(&line, affected);
	buf_add_char(&line, '\t');
	add_field(&line, summary[0] ? summary : text_of(record, "details"), 200);
	buf_add_char(&line, '\t');
	add_field(&line, url_of(record), 300);
	b->records += buf_ok(&line);
	b->broken += !buf_ok(&line);
	return buf_ok(&line) ? add_line(b, buf_slice(&line), err) : RESULT_OK;
}

static result add_record(struct builder *b, json_t *record, struct error *err)
{
	size_t i;
	json_t *affected;
	const char *modified = text_of(record, "modified");
	if (!json_is_object(record) || !text_of(record, "id")[0]) {
		b->broken++;
		return RESULT_OK;
	}
	if (strlen(modified) < sizeof(b->newest) && strcmp(modified, b->newest) > 0)
		memcpy(b->newest, modified, strlen(modified) + 1);
	if (json_object_get(record, "withdrawn"))
		return RESULT_OK;
	json_array_foreach(json_object_get(record, "affected"), i, affected)
	    TRY(add_package(b, record, affected, err));
	return RESULT_OK;
}

static result add_value(struct builder *b, json_t *value, struct error *err)
{
	size_t i;
	json_t *record;
	result r = RESULT_OK;
	if (!json_is_array(value))
		return add_record(b, value, err);
	json_array_foreach(value, i, record) r = is_ok(r) ? add_record(b, record, err) : r;
	return r;
}

/* JSON values one behind the other, whatever stands between; after a broken one the next line is tried. */
static result add_source(struct builder *b, struct slice osv, struct error *err)
{
	for (struct slice rest = osv; rest.len > 0;) {
		json_error_t at;
		if (strchr(" \t\r\n", rest.ptr[0]) && rest.ptr[0]) {
			rest = slice_of(rest.ptr + 1, rest.len - 1);
			continue;
		}
		json_t *value = json_loadb(rest.ptr, rest.len, JSON_DISABLE_EOF_CHECK, &at);
		if (!value) {
			b->broken++;
			(void)slice_cut(&rest, '\n');
			continue;
		}
		size_t used = size_min((size_t)at.position, rest.len);
		result r = add_value(b, value, err);
		json_decref(value);
		TRY(r);
		rest = slice_of(rest.ptr + used, rest.len - used);
	}
	return RESULT_OK;
}

static int by_bytes(const void *a, const void *b)
{
	/* By package first: a tab is below every character of a name. */
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

result advisories_build(
    struct slice osv, struct buf *out, struct error *err, size_t *ret_records, size_t *ret_broken)
{
	struct builder b = {.arena = ARENA_INIT(ADVISORY_SOURCE_MAX)};
	result r = add_source(&b, osv, err);
	if (is_ok(r)) {
		if (b.count)
			qsort(b.lines, b.count, sizeof(*b.lines), by_bytes);
		buf_add_cstr(out, "ward-advisories 1 ");
		add_field(out, b.newest, sizeof(b.newest));
		buf_add_char(out, '\n');
		for (size_t i = 0; i < b.count; i++) {
			buf_add_slice(out, b.lines[i]);
			buf_add_char(out, '\n');
		}
		*ret_records = b.records;
		*ret_broken = b.broken;
		if (!buf_ok(out))
			r = error_set(err, ERR_LIMIT, "the advisories are too large");
	}
	free(b.lines);
	arena_done(&b.arena);
	return r;
}
