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

struct account_service {
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

/* accounts_site.c */
void account_site_leave(struct account_site *site);
/* Secrets as they are now: called before an exchange that may need them. */
void account_site_secrets(struct account_site *site);

/* accounts_net.c: has egress fetch what the exchange wants; what came of it goes to accounts_advance(). */
void accounts_fetch(struct broker *b, struct account_job *job);
/* Sends or shows the mails that are due. */
void accounts_mails(struct broker *b);

#endif
