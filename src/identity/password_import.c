/* Hashes of other systems: one row for each form, each with its own reader. Called by password.c in password
 * threads. */
#include "identity/password_import.h"

#include <string.h>

#include "base/check.h"

struct import_form {
	const char *prefix;
	result (*verify)(struct slice password, const char *stored, struct error *err);
};

static const struct import_form *form_of(const char *stored)
{
	(void)stored;
	return NULL;
}

result password_import_verify(struct slice password, const char *stored, struct error *err)
{
	const struct import_form *form = form_of(stored);
	if (!form)
		return error_set(err, ERR_INVALID, "the stored password hash has a form that is not known");
	return form->verify(password, stored, err);
}

result password_import_check(const char *stored, struct error *err)
{
	if (!form_of(stored))
		return error_set(err, ERR_INVALID, "the password hash has a form that is not known");
	return RESULT_OK;
}
