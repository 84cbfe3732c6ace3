/*
 * The system calls that the engine makes once a thread is set up (engine_thread_init()): loading a program, making
 * instances, running and resetting them. A process that locks itself before it loads a program allows exactly these
 * beside its own.
 */
#ifndef WARD_WASM_ENGINE_SYSCALLS_H
#define WARD_WASM_ENGINE_SYSCALLS_H

#include "os/sandbox.h"

/* Ended by number -1. */
extern const struct syscall_rule engine_syscalls[];

#endif
