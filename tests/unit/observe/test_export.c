/* What leaves: Prometheus text that a parser of it would take, OTLP JSON that is JSON, trace headers by the
 * standard. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>

#include "observe/otlp.h"
#include "observe/traceparent.h"

static struct rollup_cell sum;
static struct exported_function functions[] = {
    {{"shop", 4}, {"pay", 3}, 7, &sum},
    {{"sh\"op\\\n", 7}, {"list", 4}, 8, &sum},
};

static int fill(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		struct invocation v = {.wall_us = i * 100,
		    .cpu_us = 10,
		    .outcome = i % 10 ? OUTCOME_OK : OUTCOME_TRAPPED,
		    .bytes_out = 5};
		invocation_add_call(&v, KIND_QUERY, 1);
		rollup_cell_add(&sum, &v);
	}
	return 0;
}

/* A line of the format: a comment, or NAME{LABELS} VALUE with quotes and escapes in order. */
static bool line_is_good(struct slice line)
{
	size_t i = 0;
	if (slice_starts(line, SLICE("# HELP ")) || slice_starts(line, SLICE("# TYPE ")))
		return true;
	while (i < line.len && (isalnum((unsigned char)line.ptr[i]) || line.ptr[i] == '_'))
		i++;
	bool quoted = false;
	if (i < line.len && line.ptr[i] == '{') {
		for (i++; i < line.len && (quoted || line.ptr[i] != '}'); i++) {
			if (quoted && line.ptr[i] == '\\')
				i++;
			else if (line.ptr[i] == '"')
				quoted = !quoted;
		}
		i++;
	}
	if (quoted || i >= line.len || line.ptr[i] != ' ')
		return false;
	char *end, number[64] = "";
	memcpy(number, line.ptr + i + 1, line.len - i - 1 < 63 ? line.len - i - 1 : 63);
	(void)strtod(number, &end);
	return end != number && *end == 0;
}

static void prometheus_text_is_well_formed(void **state)
{
	(void)state;
	CLEANUP_BUF struct buf out = BUF_INIT(1 << 20);
	struct exported_monitor monitor = {.records = 1000, .started_s = 1700000000};
	prometheus_write(functions, 2, &monitor, &out);
	assert_true(buf_ok(&out));
	const char *text = buf_cstr(&out);
	for (struct slice rest = buf_slice(&out); rest.len;) {
		struct slice line = slice_cut(&rest, '\n');
		if (!line_is_good(line))
			fail_msg("%.*s", SLICE_ARG(line));
	}
	assert_non_null(
	    strstr(text, "ward_invocations_total{app=\"shop\",function=\"pay\",outcome=\"ok\"} 900\n"));
	assert_non_null(
	    strstr(text, "ward_invocations_total{app=\"shop\",function=\"pay\",outcome=\"trapped\"} 100\n"));
	assert_non_null(strstr(text, "{app=\"sh\\\"op\\\\\\n\",function=\"list\""));
	assert_non_null(strstr(text, "ward_cpu_seconds_total{app=\"shop\",function=\"pay\"} 0.01\n"));
	assert_non_null(strstr(text, "_bucket{app=\"shop\",function=\"pay\",le=\"+Inf\"} 1000\n"));
}

static void histograms_cumulate(void **state)
{
	(void)state;
	uint64_t below[DURATION_BOUNDS];
	duration_cumulate(&sum.wall, below);
	for (unsigned b = 1; b < DURATION_BOUNDS; b++)
		assert_true(below[b] >= below[b - 1]);
	assert_in_range(below[7], 230, 270); /* 25 ms, of 0 to 100 ms evenly */
	assert_int_equal(below[DURATION_BOUNDS - 1], 1000);
}

static json_t *parse(struct buf *out)
{
	json_error_t error;
	assert_true(buf_ok(out));
	json_t *root = json_loadb(out->ptr, out->len, 0, &error);
	if (!root)
		fail_msg("%s at %d", error.text, error.position);
	return root;
}

static void otlp_is_json_of_the_right_shape(void **state)
{
	(void)state;
	CLEANUP_BUF struct buf out = BUF_INIT(1 << 20);
	struct invocation v = {.time_us = 2000000,
			      .wall_us = 500000,
			      .trace_id = {0xab},
			      .span_id = {0xcd},
			      .outcome = OUTCOME_TRAPPED},
			  none = {0};
	struct otlp_span spans[] = {{&v, SLICE("shop"), SLICE("p\"ay")}, {&none, SLICE("shop"), SLICE("pay")},
	    {&v, SLICE("a"), SLICE("b")}};
	otlp_traces(spans, 3, SLICE("1.0"), &out);
	json_t *root = parse(&out), *list = NULL;
	assert_int_equal(
	    json_unpack(root, "{s[{s[{so}]}]}", "resourceSpans", "scopeSpans", "spans", &list), 0);
	assert_int_equal(json_array_size(list), 2);
	json_t *span = json_array_get(list, 0);
	assert_string_equal(
	    json_string_value(json_object_get(span, "traceId")), "ab000000000000000000000000000000");
	assert_string_equal(json_string_value(json_object_get(span, "startTimeUnixNano")), "1500000000");
	assert_string_equal(json_string_value(json_object_get(span, "name")), "p\"ay");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(span, "status"), "code")), 2);
	json_decref(root);
	buf_clear(&out);
	otlp_metrics(functions, 2, SLICE("1.0"), 1000, 2000, &out);
	root = parse(&out);
	assert_int_equal(
	    json_unpack(root, "{s[{s[{so}]}]}", "resourceMetrics", "scopeMetrics", "metrics", &list), 0);
	assert_int_equal(json_array_size(list), 5);
	json_decref(root);
	buf_clear(&out);
	struct otlp_log log = {
	    .time_ms = 5, .severity = 17, .body = SLICE("a\n\"b\""), .trace_id = v.trace_id};
	otlp_logs(&log, 1, SLICE("1.0"), &out);
	json_decref(parse(&out));
	buf_clear(&out);
	otlp_traces(NULL, 0, SLICE("1.0"), &out);
	json_decref(parse(&out));
}

static void trace_headers_are_strict(void **state)
{
	(void)state;
	struct traceparent t;
	char text[TRACEPARENT_TEXT];
	struct slice good = SLICE("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
	assert_true(is_ok(traceparent_parse(good, NULL, &t)));
	assert_true(t.sampled);
	traceparent_format(&t, text);
	assert_memory_equal(text, good.ptr, sizeof text);
	assert_true(is_ok(traceparent_parse(
	    SLICE("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"), NULL, &t)));
	static const char *const bad[] = {"", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
	    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
	    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
	    "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
	    "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more",
	    "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(traceparent_parse(slice_cstr(bad[i]), NULL, &t).code, ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(prometheus_text_is_well_formed),
	    cmocka_unit_test(histograms_cumulate),
	    cmocka_unit_test(otlp_is_json_of_the_right_shape),
	    cmocka_unit_test(trace_headers_are_strict),
	};
	return cmocka_run_group_tests(tests, fill, NULL);
}
