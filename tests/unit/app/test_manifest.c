/*
 * ward.yaml: every kind of mistake has a file under golden/manifest whose findings, as a person sees them,
 * are kept beside it. WARD_GOLDEN_WRITE=1 writes them anew: read the difference before you commit it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/manifest/nearest.h"
#include "app/manifest/units.h"
#include "app/manifest/yaml.h"
#include "golden.h"

static const char *golden_dir;

static result parse(struct slice text, struct arena *arena, struct diagnostics *d, struct manifest *ret)
{
	struct error err = {0};
	return manifest_parse(text, arena, d, &err, ret);
}

static bool give(void *context, struct slice file, struct slice *ret_text)
{
	*ret_text = *(const struct slice *)context;
	return slice_eq_cstr(file, MANIFEST_FILE);
}

static void golden_file(const char *name)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(16u << 20);
	CLEANUP_BUF struct buf shown = BUF_INIT(1u << 20);
	struct diagnostics d;
	struct manifest m = {0};
	char stem[512];
	(void)snprintf(
	    stem, sizeof stem, "%s/manifest/%.*s", golden_dir, (int)(strlen(name) - strlen(".yaml")), name);
	char *text = golden_read(stem, ".yaml");
	struct slice source = slice_cstr(text);
	diagnostics_init(&d);
	assert_true(is_ok(parse(source, &arena, &d, &m)));
	diagnostics_sort(&d);
	const struct source_reader reader = {give, &source};
	diagnostics_print(&d, &reader, false, &shown);
	golden_compare(stem, ".txt", &shown);
	diagnostics_done(&d);
	free(text);
}

static void every_mistake_is_shown_as_kept(void **state)
{
	char path[512];
	size_t count = 0;
	(void)state;
	(void)snprintf(path, sizeof path, "%s/manifest", golden_dir);
	DIR *dir = opendir(path);
	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		if (slice_ends(slice_cstr(e->d_name), SLICE(".yaml"))) {
			golden_file(e->d_name);
			count++;
		}
	closedir(dir);
	assert_true(count >= 20);
}

/* What the clean file says arrives in the structs, with units and defaults. */
static void clean_file_is_read(void **state)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(16u << 20);
	struct diagnostics d;
	struct manifest m = {0};
	char stem[512];
	(void)state;
	(void)snprintf(stem, sizeof stem, "%s/manifest/clean", golden_dir);
	char *text = golden_read(stem, ".yaml");
	diagnostics_init(&d);
	assert_true(is_ok(parse(slice_cstr(text), &arena, &d, &m)));
	free(text);
	assert_int_equal(d.errors + d.warnings, 0);
	assert_string_equal(m.app.ptr, "shop");
	assert_int_equal(m.database.kind, DATABASE_POSTGRES);
	assert_string_equal(m.database.url_secret.ptr, "DATABASE_URL");
	assert_int_equal(m.function_count, 4);
	const struct manifest_function *f = &m.functions[2];
	assert_string_equal(f->name.ptr, "pay");
	assert_string_equal(f->export_name.ptr, "pay");
	assert_string_equal(m.functions[1].export_name.ptr, "list");
	assert_int_equal(f->http.method, HTTP_POST);
	assert_string_equal(f->http.path.ptr, "/orders/{order}/pay");
	assert_int_equal(f->http.params.count, 1);
	assert_string_equal(f->http.params.items[0].ptr, "order");
	assert_int_equal(f->auth.kind, AUTH_USER);
	assert_int_equal(f->auth.fresh_us, 300000000);
	assert_true(f->auth.mfa && f->auth.tenant);
	assert_int_equal(f->queries.count, 2);
	assert_int_equal(f->query_places[1].line, 20);
	assert_int_equal(f->egress_count, 2);
	const struct manifest_egress *e = &f->egress[0];
	assert_int_equal(e->port, 443);
	assert_true(e->tls && !e->private_ok);
	assert_int_equal(e->methods, 1u << HTTP_POST);
	assert_string_equal(e->secret.ptr, "STRIPE_KEY");
	assert_string_equal(e->secret_header.ptr, "Authorization");
	assert_string_equal(e->secret_format.ptr, "Bearer {}");
	assert_int_equal(e->timeout_us, 5000000);
	assert_int_equal(e->response_bytes, 256 * 1024);
	assert_int_equal(f->egress[1].port, 8090);
	assert_false(f->egress[1].tls);
	assert_int_equal(f->limits.cpu_us, 20000);
	assert_int_equal(f->limits.wall_us, 2500000);
	assert_int_equal(f->limits.rate.count, 10);
	assert_int_equal(f->limits.rate.scope, RATE_USER);
	assert_int_equal(f->budget.calls, 10000);
	assert_int_equal(f->budget.cpu_us, 600000000);
	assert_int_equal(f->budget.response_bytes, 1u << 30);
	assert_int_equal(f->budget.fetches, 500);
	assert_int_equal(m.budget.calls, 0);
	assert_int_equal(m.functions[3].auth.kind, AUTH_ROLE);
	assert_string_equal(m.functions[3].auth.name.ptr, "admin");
	/* What is left out has its default, and never a public one. */
	assert_int_equal(m.functions[3].limits.cpu_us, 50000);
	assert_int_equal(m.functions[3].limits.memory_bytes, 32u << 20);
	assert_int_equal(m.functions[3].limits.rate.count, 0);
	assert_false(m.functions[3].http.present);
	diagnostics_done(&d);
}

static size_t errors_of(struct slice text)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(64u << 20);
	struct diagnostics d;
	struct manifest m = {0};
	diagnostics_init(&d);
	assert_true(is_ok(parse(text, &arena, &d, &m)));
	size_t errors = d.errors;
	diagnostics_done(&d);
	return errors;
}

static void hostile_sizes_are_bounded(void **state)
{
	(void)state;
	size_t n = 3u << 20;
	char *text = malloc(n);
	assert_non_null(text);
	memset(text, 'a', n);
	assert_int_equal(errors_of(slice_of(text, n)), 1);
	/* As many entries as fit: refused by count, not by patience. */
	size_t at = (size_t)sprintf(text, "app: shop\nfunctions:\n");
	for (unsigned i = 0; at + 64 < (1u << 20); i++)
		at += (size_t)sprintf(text + at, "  f%u: 1\n", i);
	assert_true(errors_of(slice_of(text, at)) >= 1);
	memset(text, '[', 1u << 20);
	assert_true(errors_of(slice_of(text, 1u << 20)) >= 1);
	memset(text, '{', 1u << 20);
	assert_true(errors_of(slice_of(text, 1u << 20)) >= 1);
	assert_true(errors_of(slice_of("app: sh\0op\n", 11)) == 1);
	assert_true(errors_of(SLICE("app: \xff\xfe\nfunctions: {}\n")) >= 1);
	free(text);
}

/* The TypeScript compiler counts UTF-16 units; the caret stands under the character all the same. */
static void caret_finds_its_character(void **state)
{
	CLEANUP_BUF struct buf shown = BUF_INIT(65536);
	struct slice source = SLICE("const caf\xc3\xa9 = \"\xf0\x9f\x98\x80\", b = wrong;\n");
	struct diagnostics d;
	struct error err = {0};
	(void)state;
	diagnostics_init(&d);
	assert_true(is_ok(diagnostics_add_json(&d,
	    SLICE("{\"file\":\"ward.yaml\",\"line\":1,\"column\":24,\"length\":5,\"code\":\"x\",\"message\":"
		  "\"no\",\"hint\":\"\"}"),
	    &err)));
	assert_false(is_ok(diagnostics_add_json(&d, SLICE("node:internal/modules: Error"), &err)));
	assert_false(is_ok(diagnostics_add_json(&d, SLICE("{\"message\":1}"), &err)));
	const struct source_reader reader = {give, &source};
	diagnostics_print(&d, &reader, false, &shown);
	assert_non_null(strstr(buf_cstr(&shown), "\n      |                       ^^^^^\n"));
	diagnostics_done(&d);
}

static void nearest_word_is_meant(void **state)
{
	(void)state;
	assert_int_equal(edit_distance(SLICE("queries"), SLICE("querys")), 2);
	assert_int_equal(edit_distance(SLICE("ab"), SLICE("ba")), 1);
	assert_int_equal(edit_distance(SLICE(""), SLICE("abc")), 3);
	assert_int_equal(edit_distance(SLICE("SAME"), SLICE("same")), 0);
	struct nearest n = {.word = SLICE("xyzzy")};
	nearest_try(&n, SLICE("queries"));
	assert_null(n.best.ptr);
}

static void units_are_exact(void **state)
{
	uint64_t v = 7;
	struct manifest_rate rate;
	(void)state;
	assert_true(duration_parse(SLICE("1.5s"), &v) && v == 1500000);
	assert_true(duration_parse(SLICE("250us"), &v) && v == 250);
	assert_false(duration_parse(SLICE("1.0001s"), &v));
	assert_false(duration_parse(SLICE("s"), &v));
	assert_false(duration_parse(SLICE(""), &v));
	assert_false(duration_parse(SLICE("1..5s"), &v));
	assert_false(duration_parse(SLICE("18446744073709551616us"), &v));
	assert_false(duration_parse(SLICE("36601d"), &v));
	assert_true(size_parse(SLICE("0.5KiB"), &v) && v == 512);
	assert_false(size_parse(SLICE("1.001B"), &v));
	assert_false(size_parse(SLICE("9999999999GiB"), &v));
	assert_true(rate_parse(SLICE("5/s"), &rate) && rate.scope == RATE_APP && rate.per_us == 1000000);
	assert_true(rate_parse(SLICE("5/h/ip"), &rate) && rate.scope == RATE_IP);
	assert_false(rate_parse(SLICE("5/s/all"), &rate));
	assert_false(rate_parse(SLICE("5/s/user/x"), &rate));
	/* What is written out reads back as the same. */
	static const uint64_t samples[] = {
	    1, 250, 1000, 20000, 1500000, 60000000, 3600000000, 86400000000, 90061000000};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		CLEANUP_BUF struct buf text = BUF_INIT(64);
		duration_text(samples[i], &text);
		assert_true(duration_parse(buf_slice(&text), &v));
		assert_int_equal(v, samples[i]);
	}
}

int main(int argc, char **argv)
{
	golden_dir = argc > 1 ? argv[1] : "golden";
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_mistake_is_shown_as_kept),
	    cmocka_unit_test(clean_file_is_read),
	    cmocka_unit_test(hostile_sizes_are_bounded),
	    cmocka_unit_test(caret_finds_its_character),
	    cmocka_unit_test(nearest_word_is_meant),
	    cmocka_unit_test(units_are_exact),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
