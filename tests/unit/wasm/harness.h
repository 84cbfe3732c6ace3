/* What the engine's tests share: values in short form, a program from a text, one request from start to end. */
#ifndef WARD_TESTS_WASM_HARNESS_H
#define WARD_TESTS_WASM_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "wasm/engine.h"

struct harness {
	struct engine_program *program;
	struct engine_instance *instance;
};

/* The process and this thread, once. */
void harness_init(void);
/* Fails the test with the engine's text when the bundle does not load. */
void harness_open(struct harness *h, const char *bundle, const struct engine_config *config);
void harness_close(struct harness *h);

/* A fresh seed each time. */
enum engine_state harness_start(struct engine_instance *instance, struct slice input);
/* Runs one request with a string as input and resets; returns its result, thrown message or trap as text, static. */
const char *harness_run(struct engine_instance *instance, const char *input);
/* The text of the current state, as harness_run() gives it, without a reset. Strings come bare, the rest as JSON does. */
const char *harness_text(struct engine_instance *instance);

/* Value encodings; the slice lives until the next call of the same function. */
struct slice encode_string(const char *text);
struct slice encode_int(int64_t n);

/* A value encoding as text; names of name ids come from `names`, may be NULL. */
void value_print(struct slice encoding, const char *const *names, struct buf *out);

#endif
