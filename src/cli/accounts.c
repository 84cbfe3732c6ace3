/* The store of accounts as commands use it. */
#include "cli/accounts.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "identity/audit.h"

result accounts_open(const char *state, enum user_realm realm, const char *by, int64_t now_ms,
    struct error *err, struct identity_store **ret)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/identity.db", state);
	if (n < 0 || (size_t)n >= sizeof path)
		return error_set(err, ERR_LIMIT, "the path of the state directory is too long");
	const struct identity_options options = {.path = path};
	TRY(identity_open(&options, err, ret));
	audit_acting(*ret, by, realm, now_ms);
	return RESULT_OK;
}

result accounts_find(struct identity_store *store, enum user_realm realm, struct slice who, struct error *err,
    struct user *ret)
{
	char email[EMAIL_BYTES_MAX + 1];
	if (who.len == USER_ID_CHARS && !memchr(who.ptr, '@', who.len))
		return user_by_id(store, who, err, ret);
	TRY(email_normalise(who, err, email));
	result r = user_by_email(store, realm, email, err, ret);
	return r.code == ERR_NOT_FOUND ? error_set(err, ERR_NOT_FOUND, "there is no user %s", email) : r;
}

void accounts_time(int64_t ms, char text[24])
{
	struct tm tm;
	const time_t seconds = ms / 1000;
	(void)gmtime_r(&seconds, &tm);
	(void)strftime(text, 24, "%Y-%m-%d %H:%M", &tm);
}
