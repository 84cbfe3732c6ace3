/*
 * What wasm2c's code asks of its runtime, in place of wabt's own, which keeps one jump buffer per process, does not check
 * its allocations and takes every fault of the host for a trap. Called by translated code only, in guest mode.
 */
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include "base/check.h"
#include "wasm/thread.h"

#define SIGNATURE_MAX 24
#define SIGNATURES_MAX 512
#define TABLE_MAX (1u << 16)

struct signature {
	uint32_t params, results;
	wasm_rt_type_t types[SIGNATURE_MAX];
};

static struct signature signatures[SIGNATURES_MAX];
static uint32_t signature_count;

bool wasm_rt_is_initialized(void)
{
	return true;
}

/* Structural identity: equal signatures get equal numbers, as call_indirect compares them. */
uint32_t wasm_rt_register_func_type(uint32_t params, uint32_t results, ...)
{
	ASSERT(params + results <= SIGNATURE_MAX);
	struct signature made;
	memset(&made, 0, sizeof made);
	made.params = params;
	made.results = results;
	va_list types;
	va_start(types, results);
	for (uint32_t i = 0; i < params + results; i++)
		made.types[i] = va_arg(types, wasm_rt_type_t);
	va_end(types);
	for (uint32_t i = 0; i < signature_count; i++)
		if (memcmp(&signatures[i], &made, sizeof made) == 0)
			return i + 1;
	ASSERT(signature_count < SIGNATURES_MAX);
	signatures[signature_count] = made;
	return ++signature_count;
}

void wasm_rt_trap(wasm_rt_trap_t trap)
{
	static const enum guest_cut cuts[] = {
	    [WASM_RT_TRAP_OOB] = GUEST_CUT_OOB,
	    [WASM_RT_TRAP_INT_OVERFLOW] = GUEST_CUT_ARITHMETIC,
	    [WASM_RT_TRAP_DIV_BY_ZERO] = GUEST_CUT_ARITHMETIC,
	    [WASM_RT_TRAP_INVALID_CONVERSION] = GUEST_CUT_ARITHMETIC,
	    [WASM_RT_TRAP_UNREACHABLE] = GUEST_CUT_UNREACHABLE,
	    [WASM_RT_TRAP_CALL_INDIRECT] = GUEST_CUT_CALL_INDIRECT,
	    [WASM_RT_TRAP_EXHAUSTION] = GUEST_CUT_STACK,
	};
	enum guest_cut why = trap < ARRAY_LEN(cuts) ? cuts[trap] : GUEST_CUT_UNREACHABLE;
	guest_cut_off(guest_self, why == GUEST_CUT_NONE ? GUEST_CUT_UNREACHABLE : why);
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint32_t initial_pages, uint32_t max_pages)
{
	struct cage *cage = guest_self->cage;
	ASSERT(memory == translated_memory(&guest_self->module) && cage);
	if (max_pages < cage->pages_max)
		cage->pages_max = max_pages;
	ASSERT(initial_pages <= cage->pages_max);
	ASSERT(is_ok(cage_open(cage, initial_pages, NULL)));
	thread_enter_cage(cage, *translated_stack_pointer(&guest_self->module));
}

uint32_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint32_t delta)
{
	struct guest_thread *thread = guest_self;
	uint32_t before = cage_grow(thread->cage, delta);
	memory->pages = thread->cage->pages;
	memory->size = memory->pages * WASM_PAGE_BYTES;
	return before;
}

static size_t table_bytes(uint32_t elements)
{
	return ((size_t)elements * sizeof(wasm_rt_funcref_t) + 4095) & ~(size_t)4095;
}

/* Outside guest memory and on pages of its own, because table_seal() makes it read-only. */
void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t elements, uint32_t max_elements)
{
	(void)max_elements;
	ASSERT(elements > 0 && elements <= TABLE_MAX);
	void *data = mmap(NULL, table_bytes(elements), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(data != MAP_FAILED);
	*table = (wasm_rt_funcref_table_t){.data = data, .size = elements, .max_size = elements};
}

void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table)
{
	if (table->data)
		munmap(table->data, table_bytes(table->size));
	*table = (wasm_rt_funcref_table_t){0};
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory)
{
	*memory = (wasm_rt_memory_t){0};
}

result table_seal(wasm_rt_funcref_table_t *table, struct error *err)
{
	if (mprotect(table->data, table_bytes(table->size), PROT_READ) < 0)
		return error_errno(err, "cannot make the function table read-only");
	return RESULT_OK;
}

result table_copy(translated_module *to, translated_module *from, struct error *err)
{
	const wasm_rt_funcref_table_t *source = translated_table(from);
	wasm_rt_funcref_table_t *copy = translated_table(to);
	wasm_rt_allocate_funcref_table(copy, source->size, source->max_size);
	for (uint32_t i = 0; i < source->size; i++) {
		copy->data[i] = source->data[i];
		if (copy->data[i].module_instance == from)
			copy->data[i].module_instance = to;
	}
	return table_seal(copy, err);
}
