/* Guests that take all they can get: each ends as a typed limit, in time, and the instance serves the next request. */
#include "harness.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define CPU_MS 20
#define LATE_MS 5

static double thread_cpu_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static const char hostile[] =
    "const ways = {\n"
    "  loop: () => { while (true) {} },\n"
    "  finally_loop: () => { const f = () => { try { while (true) {} } finally { f(); } }; f(); },\n"
    "  catch_loop: () => { for (;;) { try { for (;;) {} } catch {} } },\n"
    "  promises: async () => { const p = () => Promise.resolve().then(p); await p(); },\n"
    "  microtasks: () => { const f = () => queueMicrotask(f); f(); return new Promise(() => {}); },\n"
    "  regex: () => /^(a+)+$/.test('a'.repeat(40) + 'b'),\n"
    "  getter: () => ({ get name() { for (;;) {} } }),\n"
    "  sort: () => { for (;;) new Array(100000).fill(0).map(() => Math.random()).sort(); },\n"
    "  bigint: () => { let x = 3n; for (;;) x = x ** 7n; },\n"
    "  json: () => { for (;;) JSON.parse(JSON.stringify(new Array(1000).fill({ a: 1 }))); },\n"
    "  error_getter: () => { throw { get message() { for (;;) {} }, name: 'x' }; },\n"
    "  alloc: () => { const a = []; for (;;) a.push(new Array(1000).fill(1)); },\n"
    "  alloc_caught: () => { const a = []; for (;;) try { for (;;) a.push(new Uint8Array(1 << 20)); } catch { break; } return 'survived'; },\n"
    "  string: () => 'x'.repeat(2 ** 30),\n"
    "  string_double: () => { let s = 'x'; for (;;) s += s; },\n"
    "  buffer: () => new ArrayBuffer(2 ** 31),\n"
    "  recursion: () => { const f = (n) => f(n + 1) + 1; return f(0); },\n"
    "  deep_json: () => JSON.stringify((() => { let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; return o; })()),\n"
    "  getter_recursion: () => { const o = { get a() { return this.a; } }; return o.a; },\n"
    "  proxy_recursion: () => { const p = new Proxy({}, { get: (t, k, r) => r[k] }); return p.x; },\n"
    "  deep_result: () => { let o = {}; for (let i = 0; i < 500; i++) o = { o }; return o; },\n"
    "  wide_result: () => new Array(1200000).fill(7),\n"
    "  ok: () => 'fine',\n"
    "};\n"
    "globalThis.__ward_main = (x) => ways[x]();";

static void open_hostile(struct harness *h, enum engine_restore restore)
{
	struct engine_config config = {.cpu_ns_max = CPU_MS * 1000000u, .memory_bytes_max = 16u << 20, .restore = restore};
	harness_open(h, hostile, &config);
}

static void endless_guests_are_cut_in_time(void **unused)
{
	(void)unused;
	static const char *const ways[] = {"loop", "finally_loop", "catch_loop", "promises", "microtasks", "regex", "getter",
	    "sort", "bigint", "json", "error_getter"};
	struct harness h;
	open_hostile(&h, ENGINE_RESTORE_AUTO);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		double before = thread_cpu_ms();
		const char *said = harness_run(h.instance, ways[i]);
		double took = thread_cpu_ms() - before;
		/* Some run out of memory before they run out of time. */
		if (!strstr(said, "[cpu]") && !strstr(said, "[memory]"))
			fail_msg("%s: %s", ways[i], said);
		if (took > CPU_MS + LATE_MS)
			fail_msg("%s took %.1f ms", ways[i], took);
		assert_int_equal(engine_instance_stale_bytes(h.instance), 0);
		assert_string_equal(harness_run(h.instance, "ok"), "fine");
	}
	harness_close(&h);
}

static void greedy_guests_end_as_limits(void **unused)
{
	(void)unused;
	static const struct {
		const char *way, *said;
	} cases[] = {
	    {"alloc", "[memory]"},
	    {"alloc_caught", "survived"},
	    {"string", "threw RangeError"},
	    {"string_double", "threw"},
	    {"buffer", "threw"},
	    {"recursion", "[stack]"},
	    {"getter_recursion", "[stack]"},
	    {"proxy_recursion", "[stack]"},
	    {"deep_json", "["},
	    {"deep_result", "expected data nested less than 128 deep"},
	    {"wide_result", "[result]"},
	};
	struct engine_config config = {.cpu_ns_max = 400000000u, .memory_bytes_max = 32u << 20};
	struct harness h;
	harness_open(&h, hostile, &config);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *said = harness_run(h.instance, cases[i].way);
		if (!strstr(said, cases[i].said))
			fail_msg("%s: %s, not %s", cases[i].way, said, cases[i].said);
		assert_int_equal(engine_instance_stale_bytes(h.instance), 0);
		assert_string_equal(harness_run(h.instance, "ok"), "fine");
	}
	harness_close(&h);
}

static void thousands_of_kills_leave_nothing(void **unused)
{
	(void)unused;
	static const char *const ways[] = {"loop", "finally_loop", "getter", "sort", "regex"};
	struct engine_config config = {.cpu_ns_max = 300000u};
	struct harness h;
	harness_open(&h, hostile, &config);
	for (int i = 0; i < 2000; i++) {
		assert_non_null(strstr(harness_run(h.instance, ways[i % 5]), "[cpu]"));
		if (i % 50 == 0)
			assert_int_equal(engine_instance_stale_bytes(h.instance), 0);
		assert_string_equal(harness_run(h.instance, "ok"), "fine");
	}
	harness_close(&h);
}

static void recursion_never_reaches_the_host(void **unused)
{
	(void)unused;
	/* Each level enters the host and comes back, from as deep as the guest gets. */
	static const char bundle[] =
	    "const host = __ward_host;\n"
	    "globalThis.__ward_main = (x) => { let deepest = 0;\n"
	    "  const f = (n) => { deepest = n; host.caller(); console.log('x'); Date.now(); return f(n + 1); };\n"
	    "  const g = (n) => { deepest = n; return [1].map(() => 'a'.replace(/a/, () => g(n + 1))); };\n"
	    "  const o = (n) => { const v = { get a() { deepest = n; return o(n + 1); } }; return host.call('query', 'q', v); };\n"
	    "  try { ({ f, g, o })[x](0); } catch (e) { return e.name + (deepest > 50); } };";
	struct engine_config config = {.cpu_ns_max = 2000000000u};
	struct harness h;
	harness_open(&h, bundle, &config);
	for (int i = 0; i < 20; i++) {
		assert_string_equal(harness_run(h.instance, "f"), "RangeErrortrue");
		assert_string_equal(harness_run(h.instance, "g"), "RangeErrortrue");
	}
	harness_run(h.instance, "o");
	harness_close(&h);
}

static void time_adds_up_over_slices(void **unused)
{
	(void)unused;
	struct engine_config config = {.cpu_ns_max = CPU_MS * 1000000u};
	struct harness h;
	harness_open(&h,
	    "const host = __ward_host; globalThis.__ward_main = async () => {\n"
	    " for (;;) { await host.call('query', 'q'); const end = performance.now() + 0.7; while (performance.now() < end); } };",
	    &config);
	double before = thread_cpu_ms();
	enum engine_state state = harness_start(h.instance, SLICE_NONE);
	int slices = 0;
	for (struct engine_call call; state == ENGINE_WAITING && slices < 1000; slices++) {
		assert_true(engine_instance_next_call(h.instance, &call));
		struct engine_answer answer = {.value = encode_int(1)};
		state = engine_instance_resume(h.instance, call.id, &answer);
	}
	assert_int_equal(state, ENGINE_TRAPPED);
	assert_true(slices > 5);
	assert_true(thread_cpu_ms() - before < CPU_MS * 3);
	engine_instance_reset(h.instance);
	harness_close(&h);
}

static void loading_is_limited_too(void **unused)
{
	(void)unused;
	static const struct {
		const char *bundle;
		enum err_code code;
	} cases[] = {
	    {"for (;;) {}", ERR_LIMIT},
	    {"const a = []; for (;;) a.push(new Array(10000).fill(1));", ERR_INVALID},
	    {"throw new TypeError('no')", ERR_INVALID},
	    {"syntax error", ERR_INVALID},
	    {"globalThis.__ward_main = 7", ERR_INVALID},
	    {"crypto.randomUUID(); globalThis.__ward_main = () => 1", ERR_INVALID},
	    {"(function f() { f(); })()", ERR_INVALID},
	};
	harness_init();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		/* Only the endless loop is to meet its CPU limit, on a slow machine too. */
		struct engine_config config = {.name = "bad",
		    .bundle = slice_cstr(cases[i].bundle),
		    .cpu_start_ns_max = cases[i].code == ERR_LIMIT ? 100000000u : 10000000000u};
		struct engine_program *program = NULL;
		struct error err = {0};
		result r = engine_program_new(&config, &err, &program);
		if (r.code != cases[i].code)
			fail_msg("%s: %s", cases[i].bundle, err.text);
		assert_null(program);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(endless_guests_are_cut_in_time),
	    cmocka_unit_test(greedy_guests_end_as_limits),
	    cmocka_unit_test(thousands_of_kills_leave_nothing),
	    cmocka_unit_test(recursion_never_reaches_the_host),
	    cmocka_unit_test(time_adds_up_over_slices),
	    cmocka_unit_test(loading_is_limited_too),
	};
	return cmocka_run_group_tests_name("engine limits", tests, NULL, NULL);
}
