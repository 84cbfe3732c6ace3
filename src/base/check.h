/* ASSERT is for bugs of ward and stays in release builds; errors are for the world. */
#ifndef WARD_BASE_CHECK_H
#define WARD_BASE_CHECK_H

_Noreturn void assert_failed(const char *expr, const char *file, int line);

#define ASSERT(expr) ((expr) ? (void)0 : assert_failed(#expr, __FILE__, __LINE__))

#define ARRAY_LEN(a) (sizeof(a) / sizeof *(a))

/*
 * The build zeroes what is not initialised. A large local on the hot path that is written before it is read says so:
 * kilobytes of zeros a request cost more than what the request does.
 */
#define UNINITIALISED __attribute__((uninitialized))

#endif
