/* Between the files of the broker's accounts. */
#ifndef WARD_PROC_BROKER_ACCOUNTS_H
#define WARD_PROC_BROKER_ACCOUNTS_H

#include <pthread.h>

#include "identity/endpoints.h"
#include "identity/mail.h"
#include "proc/broker/broker.h"

/* What sign-in is like in one generation of the app. It stays until the last exchange that began in it has
 * ended. */
struct account_site {
	struct identity_service *service;
	struct arena arena;    /* of the texts below */
	struct slice *secrets; /* names, as the providers; empty: none */
	size_t provider_count;
	struct manifest_mail mail;
	bool shows_mails; /* `ward dev` without a mail server */
	uint32_t users;
	bool retired;
};

struct account_job {
	struct account_job *next;
	struct identity_exchange *exchange;
	struct account_site *site;
	uint32_t gateway;
	uint32_t record_id;
};

/* Who comes from where they have signed in before does not wait behind strangers, however many of those an attack sends. */
enum queue { QUEUE_KNOWN, QUEUE_STRANGERS, QUEUE_COUNT };

#define MAILS_AT_ONCE 4u

enum tally { TALLY_SIGNED_IN, TALLY_REFUSED, TALLY_DELAYED, TALLY_SIGNED_UP, TALLY_COUNT };
#define TALLY_MINUTES 60

/* What happened to accounts, counted for operators: since the start and in each minute of the last hour. */
struct account_tally {
	int64_t since_ms;
	uint64_t total[TALLY_COUNT];
	struct account_minute {
		int64_t minute;
		uint32_t of[TALLY_COUNT];
	} minutes[TALLY_MINUTES];
	bool stuffing; /* an attack is under way */
};

struct account_service {
	struct account_tally tally;
	struct identity_store *store;
	struct account_site *site; /* NULL until origin and app are known */
	struct arena arena;	   /* of the two texts */
	struct slice origin, name;
	int bell_fd; /* the broker's own: a thread that has finished rings it */
	int64_t ticked_ms;
	bool forget_all[BROKER_GATEWAYS_MAX]; /* still to be told: what it keeps of sessions may be wrong */
	uint32_t waiting;
	int64_t refusals_ms; /* the allowance of lines about refusals, as the time up to which it is used */
	uint32_t refusals_unsaid;
	struct mail_under_way {
		int64_t id; /* 0: free */
	} mails[MAILS_AT_ONCE];
	pthread_mutex_t lock; /* guards both lists */
	pthread_cond_t work;
	struct account_queue {
		struct account_job *first, **end;
	} todo[QUEUE_COUNT];
	struct account_job *finished;
};

/* accounts.c: goes on with an exchange until it waits for somebody or is over. Takes the job. */
void accounts_advance(struct broker *b, struct account_job *job);

/* accounts_told.c: counts an event; answers "/_ward/api/identity" or "/_ward/api/audit" with JSON. */
void accounts_tally(struct account_service *a, enum identity_event_kind kind, int64_t now_ms);
result accounts_told(
    const struct account_service *a, struct slice path, struct slice query, int64_t now_ms, struct error *err, struct buf *out);

/* accounts_site.c */
void account_site_leave(struct account_site *site);
/* Secrets as they are now: called before an exchange that may need them. */
void account_site_secrets(struct account_site *site);

/* accounts_net.c: has egress fetch what the exchange wants; what came of it goes to accounts_advance(). */
void accounts_fetch(struct broker *b, struct account_job *job);
/* Sends or shows the mails that are due. */
void accounts_mails(struct broker *b);

#endif
