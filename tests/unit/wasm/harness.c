#include "harness.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "contract/value.h"

static char text[1 << 16];

void harness_init(void)
{
	struct error err = {0};
	if (!is_ok(engine_process_init(&err)) || !is_ok(engine_thread_init(&err)))
		fail_msg("%s", err.text);
}

void harness_open(struct harness *h, const char *bundle, const struct engine_config *config)
{
	struct error err = {0};
	struct engine_config made = config ? *config : (struct engine_config){0};
	made.name = "test";
	made.bundle = slice_cstr(bundle);
	harness_init();
	if (!is_ok(engine_program_new(&made, &err, &h->program)) ||
	    !is_ok(engine_instance_new(h->program, &err, &h->instance)))
		fail_msg("%s", err.text);
	engine_thread_busy();
}

void harness_close(struct harness *h)
{
	engine_thread_idle();
	engine_instance_free(h->instance);
	engine_program_free(h->program);
}

enum engine_state harness_start(struct engine_instance *instance, struct slice input)
{
	static uint64_t count;
	uint8_t seed[ENGINE_SEED_BYTES] = {0};
	count++;
	memcpy(seed, &count, sizeof count);
	memcpy(seed + 16, &count, sizeof count);
	struct engine_request request = {.input = input, .seed = seed};
	return engine_instance_start(instance, &request);
}

const char *harness_text(struct engine_instance *instance)
{
	struct buf out = {.ptr = text, .size = sizeof text, .cap = sizeof text - 1};
	struct engine_thrown thrown;
	struct engine_trap trap;
	enum engine_state state = instance ? engine_instance_state(instance) : ENGINE_WAITING;
	switch (state) {
	case ENGINE_DONE:
		if (engine_instance_result(instance).len == 0)
			buf_add_cstr(&out, "undefined");
		else
			value_print(engine_instance_result(instance), NULL, &out);
		break;
	case ENGINE_THREW:
		engine_instance_thrown(instance, &thrown);
		buf_printf(&out, "threw %.*s", SLICE_ARG(thrown.message));
		if (thrown.limit != ENGINE_LIMIT_NONE)
			buf_printf(&out, " [%s]", engine_limit_name(thrown.limit));
		break;
	case ENGINE_TRAPPED:
		engine_instance_trap(instance, &trap);
		buf_printf(&out, "trap %s [%s]", trap.what, engine_limit_name(trap.limit));
		break;
	case ENGINE_WAITING:
		buf_add_cstr(&out, "waiting");
		break;
	}
	text[out.len] = 0;
	return text;
}

const char *harness_run(struct engine_instance *instance, const char *input)
{
	harness_start(instance, input ? encode_string(input) : SLICE_NONE);
	const char *said = harness_text(instance);
	engine_instance_reset(instance);
	return said;
}

struct slice encode_string(const char *string)
{
	static char room[1 << 16];
	uint32_t n = (uint32_t)strlen(string);
	assert_true(n + 5 <= sizeof room);
	room[0] = VALUE_STR;
	memcpy(room + 1, &n, 4);
	memcpy(room + 5, string, n);
	return slice_of(room, n + 5);
}

struct slice encode_int(int64_t n)
{
	static char room[9];
	room[0] = VALUE_INT;
	memcpy(room + 1, &n, 8);
	return slice_of(room, sizeof room);
}

static uint32_t take_u32(const char **at)
{
	uint32_t n;
	memcpy(&n, *at, 4);
	*at += 4;
	return n;
}

static void print_key(const char **at, const char *const *names, struct buf *out)
{
	uint16_t id;
	memcpy(&id, *at, 2);
	*at += 2;
	if (id != VALUE_KEY_TEXT) {
		buf_add_cstr(out, names ? names[id] : "?");
		return;
	}
	uint32_t n = take_u32(at);
	buf_add(out, *at, n);
	*at += n;
}

static void print_one(const char **at, const char *const *names, struct buf *out)
{
	enum value_tag tag = (enum value_tag)*(*at)++;
	int64_t whole;
	double number;
	uint32_t n;
	switch (tag) {
	case VALUE_NULL:
		buf_add_cstr(out, "null");
		return;
	case VALUE_FALSE:
		buf_add_cstr(out, "false");
		return;
	case VALUE_TRUE:
		buf_add_cstr(out, "true");
		return;
	case VALUE_INT:
		memcpy(&whole, *at, 8);
		*at += 8;
		buf_printf(out, "%lld", (long long)whole);
		return;
	case VALUE_NUM:
	case VALUE_DATE:
		memcpy(&number, *at, 8);
		*at += 8;
		buf_printf(out, tag == VALUE_DATE ? "date %.17g" : "%.17g", number);
		return;
	case VALUE_BYTES:
		n = take_u32(at);
		buf_add_cstr(out, "bytes ");
		for (uint32_t i = 0; i < n; i++)
			buf_printf(out, "%02x", (uint8_t)(*at)[i]);
		*at += n;
		return;
	case VALUE_BIG:
	case VALUE_STR:
	case VALUE_ASCII:
	case VALUE_BIGINT:
		n = take_u32(at);
		buf_add(out, *at, n);
		buf_add_cstr(out, tag == VALUE_BIGINT ? "n" : "");
		*at += n;
		return;
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		take_u32(at);
		n = take_u32(at);
		buf_add_cstr(out, tag == VALUE_ARRAY ? "[" : "{");
		for (uint32_t i = 0; i < n; i++) {
			buf_add_cstr(out, i > 0 ? "," : "");
			if (tag == VALUE_OBJECT) {
				print_key(at, names, out);
				buf_add_char(out, ':');
			}
			print_one(at, names, out);
		}
		buf_add_cstr(out, tag == VALUE_ARRAY ? "]" : "}");
		return;
	}
	fail_msg("tag %d", (int)tag);
}

void value_print(struct slice encoding, const char *const *names, struct buf *out)
{
	const char *at = encoding.ptr;
	print_one(&at, names, out);
	assert_ptr_equal(at, encoding.ptr + encoding.len);
}
