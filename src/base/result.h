/*
 * The one error form of ward.
 *
 * A function that can fail returns `result`, which the compiler forces the caller to look at, and takes an
 * optional `struct error *err` last before its ret_ parameters. On failure it fills *err (when not NULL) with a
 * sentence a person can act on; on success it leaves *err alone. Outputs are untouched on failure.
 *
 *	static result config_open(const char *path, struct error *err, int *ret_fd)
 *	{
 *		int fd = open(path, O_RDONLY | O_CLOEXEC);
 *		if (fd < 0)
 *			return error_errno(err, "cannot open %s", path);
 *		*ret_fd = fd;
 *		return RESULT_OK;
 *	}
 *
 * Callers pass errors on with TRY(), or add context with error_wrap(). Libraries return, processes log, once.
 */
#ifndef WARD_BASE_RESULT_H
#define WARD_BASE_RESULT_H

#include <stdbool.h>
#include <stddef.h>

/* What kind of failure; the message says which one. Kept few: a caller either handles a kind or passes it on. */
enum err_code {
	ERR_NONE = 0,
	ERR_INVALID,  /* the input is wrong: the sender can mend it */
	ERR_DENIED,   /* not allowed: a grant, a filter or a permission said no */
	ERR_NOT_FOUND,
	ERR_CONFLICT, /* exists already, or changed meanwhile */
	ERR_LIMIT,    /* a documented bound was reached: size, count, time, memory */
	ERR_TIMEOUT,
	ERR_CLOSED,   /* the peer is gone */
	ERR_MEMORY,
	ERR_SYSTEM,   /* the operating system said no: errno is in the message */
	ERR_INTERNAL, /* a bug or a broken invariant that was contained */
};

typedef struct [[nodiscard]] result {
	enum err_code code;
} result;

#define RESULT_OK ((result){ERR_NONE})

#define ERROR_TEXT_MAX 1024

/* Filled on failure only. Lives on the caller's stack; owns nothing. */
struct error {
	enum err_code code;
	int sys; /* errno, or 0 */
	char text[ERROR_TEXT_MAX];
};

static inline bool is_ok(result r)
{
	return r.code == ERR_NONE;
}

/* Straight-line code: returns the failure to the caller. The only control-flow macro in the tree. */
#define TRY(call)                                                                                            \
	do {                                                                                                 \
		result try_result_ = (call);                                                                 \
		if (try_result_.code != ERR_NONE)                                                            \
			return try_result_;                                                                  \
	} while (0)

/* For the rare call whose failure changes nothing; say why beside it. */
static inline void ignore_result(result r)
{
	(void)r;
}

/* Sets *err (may be NULL) and returns the failure. */
result error_set(struct error *err, enum err_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same, with ": " and the text of the current errno appended; code ERR_SYSTEM. */
result error_errno(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " before the text of *err and returns r unchanged. Does nothing when r is ok. */
result error_wrap(struct error *err, result r, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* "invalid", "denied" ...; never NULL. */
const char *err_code_name(enum err_code code);

#endif
