/* A browser for the tests of the endpoints: it asks, keeps its cookies and reads the answers. */
#ifndef WARD_TEST_IDENTITY_BROWSER_H
#define WARD_TEST_IDENTITY_BROWSER_H

#include "harness.h"

#include "identity/endpoints.h"

#define EMAIL "rosalind@example.org"
#define PASSWORD "a quiet harbour"
#define CREDENTIALS "{\"email\":\"" EMAIL "\",\"password\":\"" PASSWORD "\"}"

/* A browser: its cookies, its clock, and the last answer. */
struct browser {
	struct harness *h;
	struct identity_service *service;
	char token[64];
	char flow[64];
	char old_token[64]; /* what the last answer replaced */
	char last[4096];
	const char *address;
	enum user_realm realm;
	int64_t now;
	int status;
	uint32_t retry_after_s;
};

/* Sites on https://example.org, the second with mails. */
extern const struct identity_site plain, with_mail;
void open_site(struct browser *b, struct harness *h, const struct identity_site *site);

/* POST with a body, GET without; whole exchanges at the browser's clock. Nothing can be fetched. */
int ask(struct browser *b, const char *path, const char *body);
void post(struct browser *b, int expected, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The member of the last answer, or "". */
const char *said(struct browser *b, const char *name);

void code_of(const char *base32, int64_t now, char ret[9]);
/* Enrols an authenticator app; its secret and the first recovery code come out. */
void enrol(struct browser *b, char secret[64], char recovery[32]);

#endif
