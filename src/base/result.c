/* The error object: formatting only, no allocation, so that it works when memory is gone. */
#include "base/result.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static result __attribute__((format(printf, 4, 0))) fill(struct error *err, enum err_code code, int sys, const char *fmt, va_list args)
{
	if (err) {
		err->code = code;
		err->sys = sys;
		int n = vsnprintf(err->text, sizeof err->text, fmt, args);
		if (sys != 0 && n >= 0 && (size_t)n < sizeof err->text)
			(void)snprintf(err->text + n, sizeof err->text - (size_t)n, ": %s", strerror(sys));
	}
	return (result){code};
}

result error_set(struct error *err, enum err_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	result r = fill(err, code, 0, fmt, args);
	va_end(args);
	return r;
}

result error_errno(struct error *err, const char *fmt, ...)
{
	int sys = errno;
	va_list args;
	va_start(args, fmt);
	result r = fill(err, ERR_SYSTEM, sys, fmt, args);
	va_end(args);
	return r;
}

result error_wrap(struct error *err, result r, const char *fmt, ...)
{
	if (is_ok(r) || !err)
		return r;
	char inner[ERROR_TEXT_MAX];
	memcpy(inner, err->text, sizeof inner);
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(err->text, sizeof err->text, fmt, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof err->text)
		(void)snprintf(err->text + n, sizeof err->text - (size_t)n, ": %.900s", inner);
	return r;
}

const char *err_code_name(enum err_code code)
{
	static const char *const names[] = {
	    [ERR_NONE] = "none",       [ERR_INVALID] = "invalid",     [ERR_DENIED] = "denied",
	    [ERR_NOT_FOUND] = "not_found", [ERR_CONFLICT] = "conflict", [ERR_LIMIT] = "limit",
	    [ERR_TIMEOUT] = "timeout", [ERR_CLOSED] = "closed",       [ERR_MEMORY] = "memory",
	    [ERR_SYSTEM] = "system",   [ERR_INTERNAL] = "internal",
	};
	return (unsigned)code < sizeof names / sizeof *names ? names[code] : "unknown";
}
