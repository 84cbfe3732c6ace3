/*
 * The part of QuickJS's C interface that the host uses, called directly in the translated module.
 *
 * A js_value is QuickJS's NaN-boxed 64-bit value of its 32-bit builds: a tag in the upper half, or a double offset so
 * that all tags stay free. Values that point into guest memory are only ever handed back to the guest: the host does
 * not follow them. Every call may be cut off (thread.h).
 */
#ifndef WARD_WASM_QUICKJS_H
#define WARD_WASM_QUICKJS_H

#include "wasm/thread.h"

typedef uint64_t js_value;
typedef uint32_t js_atom;
typedef uint32_t guest_ptr;

enum js_tag {
	JS_TAG_BIGINT = -9,
	JS_TAG_SYMBOL = -8,
	JS_TAG_STRING = -7,
	JS_TAG_STRING_ROPE = -6, /* a concatenation not yet carried out */
	JS_TAG_OBJECT = -1,
	JS_TAG_INT = 0,
	JS_TAG_BOOL = 1,
	JS_TAG_NULL = 2,
	JS_TAG_UNDEFINED = 3,
	JS_TAG_EXCEPTION = 6,
	JS_TAG_SHORT_BIGINT = 7, /* a bigint of 32 bits, in the value itself */
	JS_TAG_DOUBLE = 8,
};

#define JS_MAKE(tag, low) (((uint64_t)(uint32_t)(tag) << 32) | (uint32_t)(low))
#define JS_NULL JS_MAKE(JS_TAG_NULL, 0)
#define JS_UNDEFINED JS_MAKE(JS_TAG_UNDEFINED, 0)
#define JS_FALSE JS_MAKE(JS_TAG_BOOL, 0)
#define JS_TRUE JS_MAKE(JS_TAG_BOOL, 1)
#define JS_EXCEPTION JS_MAKE(JS_TAG_EXCEPTION, 0)
#define JS_DOUBLE_OFFSET ((uint64_t)(0x7ff80000 - JS_TAG_BIGINT + 1) << 32)

#define JS_PROP_PLAIN 7 /* configurable, writable, enumerable */
#define JS_NAMES_STRINGS 1
#define JS_NAMES_ENUMERABLE 16

enum js_promise_state { JS_PROMISE_PENDING, JS_PROMISE_FULFILLED, JS_PROMISE_REJECTED };

/* What the value is to JavaScript: the two forms of a string are one, and those of a bigint. */
static inline enum js_tag js_tag_of(js_value v)
{
	uint32_t tag = (uint32_t)(v >> 32);
	if (tag - (uint32_t)JS_TAG_BIGINT >= (uint32_t)(JS_TAG_DOUBLE - JS_TAG_BIGINT))
		return JS_TAG_DOUBLE;
	if (tag == (uint32_t)JS_TAG_STRING_ROPE)
		return JS_TAG_STRING;
	return tag == JS_TAG_SHORT_BIGINT ? JS_TAG_BIGINT : (enum js_tag)(int32_t)tag;
}

static inline bool js_is_exception(js_value v)
{
	return v >> 32 == JS_TAG_EXCEPTION;
}

static inline js_value js_of_double(double d)
{
	if (d != d)
		return 0x7ff8000000000000ull - JS_DOUBLE_OFFSET;
	uint64_t bits;
	memcpy(&bits, &d, sizeof bits);
	return bits - JS_DOUBLE_OFFSET;
}

static inline double js_to_double(js_value v)
{
	uint64_t bits = v + JS_DOUBLE_OFFSET;
	double d;
	memcpy(&d, &bits, sizeof d);
	return d;
}

static inline js_value js_of_int(int64_t n)
{
	return n >= INT32_MIN && n <= INT32_MAX ? JS_MAKE(JS_TAG_INT, (int32_t)n) : js_of_double((double)n);
}

static inline js_value js_of_bool(bool b)
{
	return b ? JS_TRUE : JS_FALSE;
}

/* Defines guest_NAME(...): the exported NAME, entered and left as guest mode. */
#define GUEST_FUNCTION(type, name, params, ...)                                                              \
	static inline type guest_##name params                                                                \
	{                                                                                                     \
		struct guest_thread *thread_ = guest_self;                                                    \
		guest_begin(thread_);                                                                         \
		type result_ = TRANSLATED_EXPORT(name)(&thread_->module __VA_OPT__(, ) __VA_ARGS__);          \
		guest_end(thread_);                                                                           \
		return result_;                                                                               \
	}
#define GUEST_PROCEDURE(name, params, ...)                                                                   \
	static inline void guest_##name params                                                                \
	{                                                                                                     \
		struct guest_thread *thread_ = guest_self;                                                    \
		guest_begin(thread_);                                                                         \
		TRANSLATED_EXPORT(name)(&thread_->module __VA_OPT__(, ) __VA_ARGS__);                         \
		guest_end(thread_);                                                                           \
	}

typedef guest_ptr js_context;
typedef guest_ptr js_runtime;

GUEST_FUNCTION(int, qjs_init, (void))
GUEST_FUNCTION(js_context, qjs_get_context_ptr, (void))
GUEST_FUNCTION(js_runtime, qjs_get_runtime_ptr, (void))
GUEST_PROCEDURE(qjs_set_max_stack_size, (uint32_t n), n)
GUEST_PROCEDURE(qjs_set_memory_limit, (uint32_t n), n)
GUEST_PROCEDURE(qjs_set_gc_threshold, (uint32_t n), n)
GUEST_PROCEDURE(qjs_run_gc, (void))
GUEST_FUNCTION(guest_ptr, qjs_new_host_function, (guest_ptr name, uint32_t n, uint32_t args), name, n, args)
GUEST_FUNCTION(int, qjs_is_job_pending, (void))
GUEST_FUNCTION(int, qjs_execute_pending_job, (void))
GUEST_FUNCTION(guest_ptr, malloc, (uint32_t n), n)
GUEST_PROCEDURE(free, (guest_ptr p), p)

GUEST_FUNCTION(js_context, JS_NewContextRaw, (js_runtime rt), rt)
GUEST_PROCEDURE(JS_AddIntrinsicEval, (js_context c), c)
GUEST_PROCEDURE(JS_FreeContext, (js_context c), c)
GUEST_FUNCTION(js_value, JS_Eval, (js_context c, guest_ptr text, uint32_t n, guest_ptr file, uint32_t flags), c, text, n, file, flags)
GUEST_FUNCTION(js_value, JS_GetGlobalObject, (js_context c), c)
GUEST_FUNCTION(js_value, JS_Call, (js_context c, js_value f, js_value self, uint32_t n, guest_ptr args), c, f, self, n, args)
GUEST_FUNCTION(js_value, JS_GetException, (js_context c), c)
GUEST_FUNCTION(js_value, JS_Throw, (js_context c, js_value v), c, v)
GUEST_FUNCTION(js_value, JS_ThrowOutOfMemory, (js_context c), c)
GUEST_FUNCTION(int, JS_IsError, (js_value v), v)
GUEST_FUNCTION(int, JS_IsFunction, (js_context c, js_value v), c, v)
GUEST_FUNCTION(int, JS_IsArray, (js_value v), v)
GUEST_FUNCTION(int, JS_IsDate, (js_value v), v)
GUEST_FUNCTION(int, JS_IsPromise, (js_value v), v)
GUEST_FUNCTION(int, JS_PromiseState, (js_context c, js_value v), c, v)
GUEST_FUNCTION(js_value, JS_PromiseResult, (js_context c, js_value v), c, v)
GUEST_PROCEDURE(JS_PromiseMarkAsHandled, (js_context c, js_value v), c, v)
GUEST_FUNCTION(js_atom, JS_NewAtomLen, (js_context c, guest_ptr text, uint32_t n), c, text, n)
GUEST_PROCEDURE(JS_FreeAtom, (js_context c, js_atom a), c, a)
GUEST_FUNCTION(js_value, JS_AtomToString, (js_context c, js_atom a), c, a)
GUEST_FUNCTION(js_value, JS_NewStringLen, (js_context c, guest_ptr text, uint32_t n), c, text, n)
GUEST_FUNCTION(js_value, JS_NewObject, (js_context c), c)
GUEST_FUNCTION(js_value, JS_NewObjectFrom, (js_context c, uint32_t n, guest_ptr atoms, guest_ptr values), c, n, atoms, values)
GUEST_FUNCTION(js_value, JS_NewArrayFrom, (js_context c, uint32_t n, guest_ptr values), c, n, values)
GUEST_FUNCTION(js_value, JS_NewDate, (js_context c, double ms), c, ms)
GUEST_FUNCTION(js_value, JS_NewBigInt64, (js_context c, int64_t n), c, (uint64_t)n)
GUEST_FUNCTION(js_value, JS_NewUint8ArrayCopy, (js_context c, guest_ptr bytes, uint32_t n), c, bytes, n)
GUEST_FUNCTION(guest_ptr, JS_GetUint8Array, (js_context c, guest_ptr ret_n, js_value v), c, ret_n, v)
GUEST_FUNCTION(int, JS_GetTypedArrayType, (js_value v), v)
GUEST_FUNCTION(int, JS_DefinePropertyValue, (js_context c, js_value o, js_atom a, js_value v, uint32_t flags), c, o, a, v, flags)
GUEST_FUNCTION(js_value, JS_GetProperty, (js_context c, js_value o, js_atom a), c, o, a)
GUEST_FUNCTION(js_value, JS_GetPropertyUint32, (js_context c, js_value o, uint32_t i), c, o, i)
GUEST_FUNCTION(int, JS_DeleteProperty, (js_context c, js_value o, js_atom a, uint32_t flags), c, o, a, flags)
GUEST_FUNCTION(int, JS_GetLength, (js_context c, js_value o, guest_ptr ret_i64), c, o, ret_i64)
GUEST_FUNCTION(int, JS_GetOwnPropertyNames, (js_context c, guest_ptr ret_tab, guest_ptr ret_n, js_value o, uint32_t flags), c, ret_tab, ret_n, o, flags)
GUEST_PROCEDURE(JS_FreePropertyEnum, (js_context c, guest_ptr tab, uint32_t n), c, tab, n)
GUEST_FUNCTION(guest_ptr, JS_ToCStringLen2, (js_context c, guest_ptr ret_n, js_value v, uint32_t cesu8), c, ret_n, v, cesu8)
GUEST_PROCEDURE(JS_FreeCString, (js_context c, guest_ptr text), c, text)
GUEST_FUNCTION(js_value, JS_DupValue, (js_context c, js_value v), c, v)
GUEST_PROCEDURE(JS_FreeValue, (js_context c, js_value v), c, v)

/*
 * Scratch on the guest's own stack, which is hot anyway: room for arguments and short strings. Last in, first out.
 * 0 when the stack is too full or n too large; the caller then uses guest_malloc().
 */
#define GUEST_SCRATCH_MAX (16u << 10)
#define GUEST_SCRATCH_FLOOR (384u << 10)

static inline guest_ptr guest_push(uint32_t n)
{
	uint32_t *sp = translated_stack_pointer(&guest_self->module);
	if (n > GUEST_SCRATCH_MAX || *sp < GUEST_SCRATCH_FLOOR || *sp > translated_memory(&guest_self->module)->size)
		return 0;
	*sp = (*sp - n) & ~15u;
	return *sp;
}

static inline uint32_t guest_mark(void)
{
	return *translated_stack_pointer(&guest_self->module);
}

static inline void guest_pop(uint32_t mark)
{
	*translated_stack_pointer(&guest_self->module) = mark;
}

/* n bytes of the running guest's memory, or NULL when they are not all inside. The guest may have chosen the address. */
static inline void *guest_at(guest_ptr address, size_t n)
{
	wasm_rt_memory_t *memory = translated_memory(&guest_self->module);
	if ((uint64_t)address + n > (uint64_t)memory->pages << 16)
		return NULL;
	return memory->data + address;
}

/* For places that the guest's own allocator or stack gave us: a guest that lies about those is cut off. */
static inline void guest_store(guest_ptr to, const void *bytes, size_t n)
{
	void *at = guest_at(to, n);
	if (!at)
		guest_cut_off(guest_self, GUEST_CUT_OOB);
	memcpy(at, bytes, n);
}

static inline void guest_load(void *to, guest_ptr from, size_t n)
{
	const void *at = guest_at(from, n);
	if (!at)
		guest_cut_off(guest_self, GUEST_CUT_OOB);
	memcpy(to, at, n);
}

#endif
