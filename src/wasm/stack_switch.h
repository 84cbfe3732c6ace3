/*
 * The two instructions' worth of assembly that C cannot say: run a function on another stack, and leave that stack from
 * the middle. Callee-saved registers are kept on the stack that is left; the floating-point control words are not,
 * because nothing in ward or in translated code changes them.
 */
#ifndef WARD_WASM_STACK_SWITCH_H
#define WARD_WASM_STACK_SWITCH_H

#ifndef __x86_64__
#error "ward's WebAssembly runtime switches stacks by x86-64 assembly: port stack_switch.c first"
#endif

/* Stores the current stack in *save_sp, calls function(argument) on the stack that ends at top, returns 0. */
int stack_run(void **save_sp, void *top, void (*function)(void *), void *argument);
/* Makes the stack_run() that filled *save_sp return code. */
_Noreturn void stack_leave(void **save_sp, int code);

#endif
