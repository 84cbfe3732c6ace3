/*
 * All that ward knows of wasm2c's output: how wabt 1.0.32 names what it makes of quickjs.wasm.
 *
 * Later versions say w2c_qjs_... and split the runtime header; then this file changes, and no other.
 * The translated code keeps all its state in a struct translated_module; ours lives in struct guest_thread, and whoever
 * enters an instance puts its memory and stack pointer there first. So all instances of a thread share one function
 * table, which holds native pointers and is read-only once it is filled.
 */
#ifndef WARD_WASM_TRANSLATED_H
#define WARD_WASM_TRANSLATED_H

#define WASM_RT_MEMCHECK_SIGNAL_HANDLER 1
#define WASM_RT_SKIP_SIGNAL_RECOVERY 1

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include "qjs.h"
#pragma GCC diagnostic pop

#define WASM_PAGE_BYTES 65536u

typedef Z_qjs_instance_t translated_module;

/* The two import objects, opaque to the translated code. Nothing is kept in them: the running thread knows all. */
struct Z_env_instance_t {
	int unused;
};
struct Z_wasi_snapshot_preview1_instance_t {
	int unused;
};

#define TRANSLATED_EXPORT(name) Z_qjsZ_##name
#define TRANSLATED_ENV(result_type, name, ...)                                                               \
	result_type Z_envZ_##name(struct Z_env_instance_t *env __VA_OPT__(, ) __VA_ARGS__)
#define TRANSLATED_WASI(result_type, name, ...)                                                              \
	result_type Z_wasi_snapshot_preview1Z_##name(                                                         \
	    struct Z_wasi_snapshot_preview1_instance_t *env __VA_OPT__(, ) __VA_ARGS__)

static inline wasm_rt_memory_t *translated_memory(translated_module *m)
{
	return &m->w2c_memory;
}

static inline wasm_rt_funcref_table_t *translated_table(translated_module *m)
{
	return &m->w2c___indirect_function_table;
}

static inline uint32_t *translated_stack_pointer(translated_module *m)
{
	return &m->w2c___stack_pointer;
}

/* Once per process, before anything else. */
static inline void translated_init_types(void)
{
	Z_qjs_init_module();
}

/* Allocates memory and table through the runtime (runtime.c) and copies the data segments. */
static inline void translated_instantiate(translated_module *m)
{
	static struct Z_env_instance_t env;
	static struct Z_wasi_snapshot_preview1_instance_t wasi;
	Z_qjs_instantiate(m, &env, &wasi);
}

/* Runs the module's constructors. */
static inline void translated_start(translated_module *m)
{
	Z_qjsZ__initialize(m);
}

#endif
