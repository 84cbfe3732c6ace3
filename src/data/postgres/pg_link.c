/*
 * One connection. libpq has no way to be given a socket, and a process without a network cannot make one: so
 * libpq begins a connection to an address of no meaning, of which nothing comes, and before it sends its
 * first byte the connected socket takes the place of its own (dup2). From there on libpq cannot tell, and TLS
 * checks the name that the URL says.
 */
#include "data/postgres/pg_link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/clock.h"

#define CONNECT_MS 10000u
/* libpq looks for these in the home directory when it is not told; a file that is none ends the search. */
#define NO_FILE "/dev/null/none"

static void on_watch(struct loop *loop, struct watch *watch, uint32_t events);

static void unwatch(struct pg_link *link)
{
	if (link->watch.fd >= 0 && link->pool->remote)
		loop_remove(link->pool->remote->loop, &link->watch);
	link->watch.fd = -1;
	link->watched = 0;
}

static void watch_for(struct pg_link *link, uint32_t events)
{
	struct loop *loop = link->pool->remote ? link->pool->remote->loop : NULL;
	if (!loop)
		return;
	if (link->watch.fd != PQsocket(link->c)) {
		unwatch(link);
		link->watch = (struct watch){PQsocket(link->c), on_watch};
		if (is_ok(loop_add(loop, &link->watch, events, NULL)))
			link->watched = events;
		else
			link->watch.fd = -1;
	} else if (events != link->watched && is_ok(loop_change(loop, &link->watch, events, NULL))) {
		link->watched = events;
	}
}

result pg_link_new(struct pg_pool *pool, const struct pg_role *role, struct error *err, struct pg_link **ret)
{
	struct pg_link *link = calloc(1, sizeof *link);
	if (!link)
		return error_set(err, ERR_MEMORY, "no memory for a connection");
	*link = (struct pg_link){.pool = pool, .next = pool->links, .watch = {.fd = -1}, .role = *role};
	pool->links = link;
	pool->count++;
	*ret = link;
	return RESULT_OK;
}

void pg_link_free(struct pg_link *link)
{
	struct pg_pool *pool = link->pool;
	unwatch(link);
	for (struct pg_link **at = &pool->links; *at; at = &(*at)->next)
		if (*at == link) {
			*at = link->next;
			pool->count--;
			break;
		}
	PQfinish(link->c);
	explicit_bzero(&link->role, sizeof link->role);
	free(link);
}

static struct pg_login login_of(const struct pg_link *link)
{
	return (struct pg_login){.user = link->role.name,
	    .password = link->role.password,
	    .lock_ms = link->pool->lock_ms,
	    .run_ms = link->pool->run_ms};
}

static bool make_ready(struct pg_link *link)
{
	return PQserverVersion(link->c) >= 140000 && PQsetnonblocking(link->c, 1) == 0 &&
	       PQenterPipelineMode(link->c) == 1;
}

result pg_link_connect(struct pg_link *link, struct error *err)
{
	const struct pg_login login = login_of(link);
	TRY(pg_connect(link->pool->url, &login, err, &link->c));
	if (!make_ready(link))
		return error_set(err, ERR_SYSTEM, "a connection to PostgreSQL cannot be set up");
	return RESULT_OK;
}

static PGconn *begin(const struct pg_link *link)
{
	const struct sql_place *place = &link->pool->remote->place;
	const struct pg_login login = login_of(link);
	char options[PG_OPTIONS_MAX];
	struct pg_words words = {0};
	pg_pin_settings(&login, options);
	pg_words_add(&words, "host", place->host[0] == '/' ? "localhost" : place->host);
	pg_words_add(&words, "hostaddr", "127.0.0.1");
	pg_words_add(&words, "port", place->port);
	pg_words_add(&words, "dbname", place->database);
	pg_words_add(&words, "user", login.user);
	pg_words_add(&words, "password", login.password);
	pg_words_add(&words, "sslmode", place->tls);
	pg_words_add(&words, "sslrootcert", place->roots[0] ? place->roots : NO_FILE);
	pg_words_add(&words, "sslcert", NO_FILE);
	pg_words_add(&words, "sslkey", NO_FILE);
	pg_words_add(&words, "sslcrl", NO_FILE);
	pg_words_add(&words, "gssencmode", "disable");
	pg_words_add(&words, "options", options);
	pg_words_add(&words, "application_name", "ward");
	pg_words_add(&words, "client_encoding", "UTF8");
	return PQconnectStartParams(words.keys, words.values, 0);
}

static void go_on(struct pg_link *link)
{
	switch (PQconnectPoll(link->c)) {
	case PGRES_POLLING_READING:
		watch_for(link, EPOLLIN);
		return;
	case PGRES_POLLING_WRITING:
		watch_for(link, EPOLLOUT);
		return;
	case PGRES_POLLING_OK:
		if (make_ready(link)) {
			link->deadline_ms = 0;
			watch_for(link, EPOLLIN);
			pg_pool_connected(link);
			return;
		}
		break;
	default:
		break;
	}
	pg_pool_failed(link, PQerrorMessage(link->c));
}

bool pg_link_start(struct pg_link *link, int fd)
{
	link->c = begin(link);
	bool fits = link->c && PQstatus(link->c) != CONNECTION_BAD && PQsocket(link->c) >= 0 &&
		    dup2(fd, PQsocket(link->c)) >= 0;
	close(fd);
	if (!fits)
		return false;
	link->state = PG_LINK_CONNECTING;
	link->deadline_ms = clock_mono_ms() + CONNECT_MS;
	watch_for(link, EPOLLOUT);
	return true;
}

/* Nothing is expected of an idle one: it is the server that ends it. */
static void look_at_idle(struct pg_link *link)
{
	if (!PQconsumeInput(link->c) || PQstatus(link->c) != CONNECTION_OK)
		pg_link_free(link);
}

static void clean_on(struct pg_link *link)
{
	bool whole = PQconsumeInput(link->c);
	while (whole && !PQisBusy(link->c)) {
		CLEANUP_PG PGresult *got = PQgetResult(link->c);
		whole = PQstatus(link->c) == CONNECTION_OK && PQresultStatus(got) != PGRES_FATAL_ERROR;
		if (whole && got && PQresultStatus(got) == PGRES_PIPELINE_SYNC) {
			link->deadline_ms = 0;
			pg_pool_cleaned(link);
			return;
		}
	}
	if (!whole)
		pg_link_free(link);
}

static void on_watch(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct pg_link *link = CONTAINER_OF(watch, struct pg_link, watch);
	(void)loop;
	if (events & EPOLLOUT && link->state >= PG_LINK_IDLE)
		pg_link_flush(link);
	switch (link->state) {
	case PG_LINK_DIALLING:
		return;
	case PG_LINK_CONNECTING:
		go_on(link);
		return;
	case PG_LINK_IDLE:
		look_at_idle(link);
		return;
	case PG_LINK_HELD:
		link->ready(link, false);
		return;
	case PG_LINK_CLEANING:
		clean_on(link);
		return;
	}
}

void pg_link_flush(struct pg_link *link)
{
	/* A failure shows when the answer is read. */
	watch_for(link, PQflush(link->c) == 1 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

bool pg_link_send(struct pg_link *link, const char *sql)
{
	if (!PQsendQueryParams(link->c, sql, 0, NULL, NULL, NULL, NULL, 0) || !PQpipelineSync(link->c))
		return false;
	pg_link_flush(link);
	return true;
}

void pg_link_wait(struct pg_link *link, int timeout_ms)
{
	struct pollfd wait = {.fd = PQsocket(link->c), .events = POLLIN};
	if (PQflush(link->c) == 1)
		wait.events |= POLLOUT;
	int n = poll(&wait, 1, timeout_ms);
	if (n < 0 && errno == EINTR)
		return;
	if (link->state == PG_LINK_CLEANING)
		clean_on(link);
	else
		link->ready(link, n == 0);
}

bool pg_link_has(const struct pg_link *link, const char *statement)
{
	for (size_t i = 0; i < link->prepared_count; i++)
		if (strcmp(link->prepared[i], statement) == 0)
			return true;
	return false;
}

void pg_link_add(struct pg_link *link, const char *statement)
{
	if (link->prepared_count < PG_PREPARED_MAX)
		(void)snprintf(
		    link->prepared[link->prepared_count++], PG_STATEMENT_NAME_MAX, "%s", statement);
}
