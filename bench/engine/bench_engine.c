/*
 * What the engine costs by itself: a fresh instance, a small typed object in, JavaScript, a small typed object out,
 * reset. Prints one JSON line a measurement, in the form that `make bench` collects.
 *
 *	bench_engine [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "contract/value.h"
#include "wasm/engine.h"

static const char bundle[] = "globalThis.__ward_main = (r) => ({ greeting: 'hello ' + r.name, total: r.qty * 19.99 });";
static const char async_bundle[] =
    "globalThis.__ward_main = async (r) => ({ greeting: 'hello ' + r.name, total: r.qty * 19.99 });";

/* One object in, one out; nodes: 0 input, 1 output, 2 string, 3 number. */
static const char *const names[] = {"name", "qty", "greeting", "total"};

static struct slice name_of(const void *self, size_t id)
{
	(void)self;
	return slice_cstr(names[id]);
}

static struct engine_label label_of(const void *self, size_t i)
{
	(void)self;
	return (struct engine_label){i == 0 ? SLICE("input") : SLICE("output"), (engine_node)i};
}

static struct engine_shape shape_of(const void *self, engine_node node)
{
	(void)self;
	struct engine_shape object = {
	    .kind = ENGINE_KIND_OBJECT, .count = 2, .items = ENGINE_NODE_NONE, .additional = ENGINE_NODE_NONE};
	if (node < 2)
		return object;
	return (struct engine_shape){.kind = node == 2 ? ENGINE_KIND_STR : ENGINE_KIND_NUM,
	    .items = ENGINE_NODE_NONE,
	    .additional = ENGINE_NODE_NONE};
}

static struct engine_property property_of(const void *self, engine_node node, size_t i)
{
	(void)self;
	return (struct engine_property){
	    .name = (uint16_t)(node * 2 + i), .required = true, .type = i == 0 ? 2 : 3};
}

static const struct engine_types types = {
    .name_count = 4, .name = name_of, .label_count = 2, .label = label_of, .shape = shape_of, .property = property_of};

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x, y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

static void must(result r, const struct error *err)
{
	if (is_ok(r))
		return;
	fprintf(stderr, "bench_engine: %s\n", err->text);
	exit(1);
}

/* {"name":"Ada","qty":3} */
static struct slice encode_input(char *room)
{
	const uint32_t head[2] = {2 + 1 + 4 + 3 + 2 + 1 + 8, 2};
	const uint16_t ids[2] = {0, 1};
	const uint32_t length = 3;
	const int64_t qty = 3;
	char *at = room;
	*at++ = VALUE_OBJECT;
	at = mempcpy(at, head, sizeof head);
	at = mempcpy(at, &ids[0], 2);
	*at++ = VALUE_ASCII;
	at = mempcpy(at, &length, 4);
	at = mempcpy(at, "Ada", 3);
	at = mempcpy(at, &ids[1], 2);
	*at++ = VALUE_INT;
	at = mempcpy(at, &qty, 8);
	return slice_of(room, (size_t)(at - room));
}

static void measure(const char *name, const char *text, enum engine_restore restore, size_t rounds)
{
	struct error err = {0};
	struct engine_program *program;
	struct engine_instance *instance;
	struct engine_config config = {.name = name, .bundle = slice_cstr(text), .types = &types, .restore = restore};
	must(engine_program_new(&config, &err, &program), &err);
	must(engine_instance_new(program, &err, &instance), &err);
	char room[64];
	uint8_t seed[ENGINE_SEED_BYTES] = {1};
	struct engine_request request = {.input = encode_input(room), .seed = seed};
	uint64_t *took = calloc(rounds, sizeof *took);
	ASSERT(took);
	engine_thread_busy();
	for (size_t i = 0; i < rounds; i++) {
		uint64_t start = now_ns();
		ASSERT(engine_instance_start(instance, &request) == ENGINE_DONE);
		ASSERT(engine_instance_result(instance).len == 36);
		engine_instance_reset(instance);
		took[i] = now_ns() - start;
	}
	engine_thread_idle();
	qsort(took, rounds, sizeof *took, by_value);
	printf("{\"name\":\"%s-p50\",\"unit\":\"us\",\"ours\":%.2f}\n", name, (double)took[rounds / 2] / 1e3);
	printf("{\"name\":\"%s-p99\",\"unit\":\"us\",\"ours\":%.2f}\n", name, (double)took[rounds * 99 / 100] / 1e3);
	free(took);
	engine_instance_free(instance);
	engine_program_free(program);
}

static void measure_start(void)
{
	struct error err = {0};
	uint64_t start = now_ns();
	must(engine_process_init(&err), &err);
	uint64_t based = now_ns();
	must(engine_thread_init(&err), &err);
	struct engine_program *program;
	struct engine_instance *instance;
	struct engine_config config = {.name = "start", .bundle = slice_cstr(bundle), .types = &types};
	uint64_t ready = now_ns();
	must(engine_program_new(&config, &err, &program), &err);
	uint64_t made = now_ns();
	must(engine_instance_new(program, &err, &instance), &err);
	char room[64];
	uint8_t seed[ENGINE_SEED_BYTES] = {1};
	struct engine_request request = {.input = encode_input(room), .seed = seed};
	engine_thread_busy();
	ASSERT(engine_instance_start(instance, &request) == ENGINE_DONE);
	engine_thread_idle();
	uint64_t done = now_ns();
	printf("{\"name\":\"engine-process-init\",\"unit\":\"ms\",\"ours\":%.3f}\n", (double)(based - start) / 1e6);
	printf("{\"name\":\"engine-program-new\",\"unit\":\"ms\",\"ours\":%.3f}\n", (double)(made - ready) / 1e6);
	printf("{\"name\":\"engine-first-request\",\"unit\":\"ms\",\"ours\":%.3f}\n", (double)(done - made) / 1e6);
	engine_instance_free(instance);
	engine_program_free(program);
}

int main(int argc, char **argv)
{
	size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
	if (rounds == 0)
		return 2;
	measure_start();
	measure("fresh-echo", bundle, ENGINE_RESTORE_AUTO, rounds);
	measure("fresh-echo-async", async_bundle, ENGINE_RESTORE_AUTO, rounds);
	measure("fresh-echo-drop", bundle, ENGINE_RESTORE_DROP, rounds);
	return 0;
}
