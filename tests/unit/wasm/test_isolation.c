/* Two requests never share a byte, whichever way the instance is put back. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const enum engine_restore paths[] = {ENGINE_RESTORE_SCAN, ENGINE_RESTORE_DROP};

static void open_with(struct harness *h, const char *bundle, enum engine_restore restore)
{
	struct engine_config config = {.restore = restore, .cpu_ns_max = 1000000000u};
	harness_open(h, bundle, &config);
}

#define FOR_EACH_PATH(p) for (size_t p = 0; p < sizeof paths / sizeof *paths; p++)

static void globals_prototypes_and_module_state(void **unused)
{
	(void)unused;
	static const char bundle[] =
	    "let count = 0; const cache = new Map();\n"
	    "globalThis.__ward_main = (x) => {\n"
	    "  const seen = [typeof globalThis.left, typeof Object.prototype.left, typeof [].left, count, cache.size,\n"
	    "    Array.prototype.push.name, typeof Math.left, JSON.stringify({}), setTimeout.name].join();\n"
	    "  globalThis.left = x; Object.prototype.left = x; Array.prototype.left = x; count++; cache.set(x, x);\n"
	    "  Array.prototype.push = function evil() {}; Math.left = 1; JSON.stringify = () => 'evil';\n"
	    "  globalThis.setTimeout = function evil() {}; delete globalThis.Date; Object.freeze(globalThis);\n"
	    "  return seen; };";
	FOR_EACH_PATH(p)
	{
		struct harness h;
		open_with(&h, bundle, paths[p]);
		for (int i = 0; i < 50; i++) {
			assert_string_equal(harness_run(h.instance, "secret"),
			    "undefined,undefined,undefined,0,0,push,undefined,{},setTimeout");
			assert_int_equal(engine_instance_stale_bytes(h.instance), 0);
		}
		harness_close(&h);
	}
}

/* Requests of every size and shape, each followed by a comparison of all memory. */
static void thousands_of_random_requests_leave_nothing(void **unused)
{
	(void)unused;
	static const char bundle[] =
	    "const keep = []; const big = new Array(5000).fill(0);\n"
	    "globalThis.__ward_main = (x) => { const [kind, n] = x.split(' '); const m = +n;\n"
	    "  switch (kind) {\n"
	    "  case 'none': return 0;\n"
	    "  case 'text': globalThis.t = x.repeat(m); return m;\n"
	    "  case 'list': for (let i = 0; i < m; i++) keep.push({ i, x }); return keep.length;\n"
	    "  case 'spread': for (let i = 0; i < 5000; i += 7) big[(i * m) % 5000] = m; return m;\n"
	    "  case 'bytes': globalThis.b = new Uint8Array(m * 1000).fill(m); return m;\n"
	    "  case 'deep': return (function f(k) { return k ? f(k - 1) + 1 : 0; })(m);\n"
	    "  case 'throw': throw new Error(x);\n"
	    "  case 'regex': return x.replace(/(\\w+) (\\d+)/, '$2').length; } };";
	static const char *const kinds[] = {"none", "text", "list", "spread", "bytes", "deep", "throw", "regex"};
	FOR_EACH_PATH(p)
	{
		struct harness h;
		open_with(&h, bundle, paths[p]);
		srand(7);
		for (int i = 0; i < 3000; i++) {
			char input[64];
			/* Runs of one kind let the fault gate take its fast way. */
			const char *kind = kinds[(i / 40 + (i % 40 > 30 ? rand() : 0)) % 8];
			snprintf(input, sizeof input, "%s %d", kind, rand() % (i % 100 == 0 ? 2000 : 60));
			harness_run(h.instance, input);
			assert_int_equal(engine_instance_stale_bytes(h.instance), 0);
		}
		harness_close(&h);
	}
}

static void random_values_differ_by_request_and_follow_the_seed(void **unused)
{
	(void)unused;
	struct harness h;
	harness_open(&h,
	    "globalThis.__ward_main = () => [Math.random(), crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(100)).join()].join();", NULL);
	char before[2048] = "";
	for (int i = 0; i < 100; i++) {
		const char *now = harness_run(h.instance, NULL);
		assert_string_not_equal(now, before);
		snprintf(before, sizeof before, "%s", now);
	}
	uint8_t seed[ENGINE_SEED_BYTES] = {42};
	struct engine_request request = {.seed = seed};
	engine_instance_start(h.instance, &request);
	snprintf(before, sizeof before, "%s", harness_text(h.instance));
	engine_instance_reset(h.instance);
	engine_instance_start(h.instance, &request);
	assert_string_equal(harness_text(h.instance), before);
	engine_instance_reset(h.instance);
	harness_close(&h);
}

static void parked_instances_do_not_meet(void **unused)
{
	(void)unused;
	enum { N = 8 };
	struct harness h;
	harness_open(&h,
	    "let mine; globalThis.__ward_main = async (x) => { mine = x; const r = await ask(x); return mine + r + globalThis.other; };\n"
	    "const host = __ward_host; const ask = async (x) => { globalThis.other = x; return host.call('query', 'Q', x); };", NULL);
	struct engine_instance *instances[N];
	struct error err;
	for (int i = 0; i < N; i++)
		assert_true(is_ok(engine_instance_new(h.program, &err, &instances[i])));
	for (int round = 0; round < 20; round++) {
		uint32_t ids[N];
		for (int i = 0; i < N; i++) {
			char input[2] = {(char)('a' + i), 0};
			struct engine_call call;
			assert_int_equal(harness_start(instances[i], encode_string(input)), ENGINE_WAITING);
			assert_true(engine_instance_next_call(instances[i], &call));
			assert_true(slice_eq_cstr(call.verb, "query") && slice_eq_cstr(call.name, "Q"));
			ids[i] = call.id;
			assert_false(engine_instance_next_call(instances[i], &call));
		}
		for (int k = 0; k < N; k++) {
			int i = (k * 5 + round) % N;
			char want[8] = {(char)('a' + i), (char)('0' + i), (char)('a' + i), 0};
			char answer_text[2] = {(char)('0' + i), 0};
			struct engine_answer answer = {.value = encode_string(answer_text)};
			assert_int_equal(engine_instance_resume(instances[i], ids[i], &answer), ENGINE_DONE);
			assert_string_equal(harness_text(instances[i]), want);
			engine_instance_reset(instances[i]);
			assert_int_equal(engine_instance_stale_bytes(instances[i]), 0);
		}
	}
	for (int i = 0; i < N; i++)
		engine_instance_free(instances[i]);
	harness_close(&h);
}

/* The base is copied for each program; what a bundle writes into its copy, and grows past it, is its own. */
static void one_program_leaves_nothing_to_the_next(void **unused)
{
	(void)unused;
	static const char marks[] =
	    "Object.prototype.mark = 'seen'; globalThis.mark = 'seen'; const big = new Uint8Array(3 << 20).fill(7);\n"
	    "globalThis.__ward_main = () => big.reduce((sum, x) => sum + x, 0) / big.length;";
	static const char looks[] = "globalThis.__ward_main = () => String(({}).mark) + globalThis.mark;";
	static const char fails[] = "Object.prototype.mark = 'seen'; throw new Error('no');";
	struct harness first, second;
	struct error err = {0};
	const struct engine_config failing = {.name = "fails", .bundle = slice_cstr(fails)};
	const struct engine_config slow = {.cpu_ns_max = 2000000000u};
	harness_open(&first, marks, &slow);
	struct engine_program *none;
	assert_false(is_ok(engine_program_new(&failing, &err, &none)));
	assert_true(is_ok(engine_program_prepare(&err)));
	harness_open(&second, looks, NULL);
	assert_string_equal(harness_run(second.instance, NULL), "undefinedundefined");
	assert_string_equal(harness_run(first.instance, NULL), "7");
	assert_int_equal(engine_instance_stale_bytes(first.instance), 0);
	assert_string_equal(harness_run(first.instance, NULL), "7");
	harness_close(&second);
	engine_thread_busy();
	harness_close(&first);
}

static void no_text_becomes_code(void **unused)
{
	(void)unused;
	static const char *const ways[] = {
	    "eval('1')",
	    "Function('return 1')()",
	    "globalThis['ev' + 'al']('1')",
	    "(() => {}).constructor('return 1')()",
	    "(async () => {}).constructor('return 1')()",
	    "(function* () {}).constructor('return 1')()",
	    "(async function* () {}).constructor('return 1')()",
	    "Object.getPrototypeOf(function () {}).constructor('return 1')()",
	    "Reflect.construct((() => {}).constructor, ['return 1'])()",
	    "class X extends (() => {}).constructor {}; new X('return 1')()",
	    "setTimeout('globalThis.x = 1', 0)",
	    "[].constructor.constructor('return 1')()",
	    "new ((() => {}).constructor)('return 1')()",
	};
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		char bundle[512];
		struct harness h;
		snprintf(bundle, sizeof bundle,
		    "globalThis.__ward_main = () => { try { %s; return 'ran'; } catch (e) { return 'refused'; } };", ways[i]);
		harness_open(&h, bundle, NULL);
		assert_string_equal(harness_run(h.instance, NULL), "refused");
		harness_close(&h);
	}
}

static void the_host_hooks_are_gone(void **unused)
{
	(void)unused;
	struct harness h;
	harness_open(&h,
	    "globalThis.__ward_main = () => [typeof __ward_host, typeof __ward_main, typeof host, typeof exported,\n"
	    " Object.getOwnPropertyNames(globalThis).filter((n) => /ward/.test(n)).length].join();", NULL);
	assert_string_equal(harness_run(h.instance, NULL), "undefined,undefined,undefined,undefined,0");
	harness_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(globals_prototypes_and_module_state),
	    cmocka_unit_test(thousands_of_random_requests_leave_nothing),
	    cmocka_unit_test(random_values_differ_by_request_and_follow_the_seed),
	    cmocka_unit_test(parked_instances_do_not_meet),
	    cmocka_unit_test(one_program_leaves_nothing_to_the_next),
	    cmocka_unit_test(no_text_becomes_code),
	    cmocka_unit_test(the_host_hooks_are_gone),
	};
	return cmocka_run_group_tests_name("engine isolation", tests, NULL, NULL);
}
