/*
 * The supervisor: starts the processes, gives each its descriptors, restarts what ends, holds no data and no secret.
 * It runs as the command `ward serve` itself and is the only process that is not locked: it opens what the others
 * may then use.
 */
#ifndef WARD_PROC_SUPERVISOR_H
#define WARD_PROC_SUPERVISOR_H

#include <netinet/in.h>

#include "app/database.h"
#include "app/secrets/master_key.h"
#include "os/spawn.h"
#include "proc/process.h"
#include "proc/supervisor/image.h"

#define GATEWAYS_MAX 8u
#define WORKERS_MAX 2048u
#define MEMBERS_MAX (GATEWAYS_MAX + 5)

struct supervisor_config {
	const char *host; /* numeric address */
	const char *port;
	const char *state_dir; /* made with mode 0700 when absent */
	const char *app_dir;
	const char *pages_dir; /* of the sign-in and account pages */
	const char *origin; /* "https://shop.example": how browsers see the app */
	unsigned warm; /* how many functions get their worker before their first call */
	const char *trust_proxy; /* ranges of proxies, commas between; "": only what the app says */
	const char *countries; /* a MaxMind DB; NULL: none */
	bool dev;
	unsigned gateways; /* 0: one per CPU */
	const struct app_database *database;
};

/* A process of a fixed kind: one broker, zygote, egress and monitor, one gateway per core. */
enum member_state { MEMBER_DOWN, MEMBER_STARTING, MEMBER_READY };

struct supervisor;

struct member {
	struct supervisor *owner;
	const struct process_manifest *manifest;
	uint32_t index;
	enum member_state state;
	struct spawned proc;
	struct watch control;
	struct watch death;
	struct watch notify; /* fd -1 until READY */
	int bell_fd;	     /* of the process itself; made anew with it */
	int setup_fd;	     /* gateway: listener, kept so that connections wait out a restart; broker: state directory;
				monitor: its directory */
	int shared_fd;	     /* gateway: the rate limits of all; monitor: the socket it answers on */
	int budgets_fd;	     /* gateway, monitor: what was spent today, of all */
	int counts_fd;	     /* gateway: the calls of each function that there are now, of all */
	int countries_fd;    /* gateway: a database of countries; -1: none */
	int ring_fd;	     /* gateway: its ring of records, which outlives it and the monitor */
	uint32_t restarts;
	uint32_t backoff_ms;
	uint64_t started_ms;
	uint64_t retry_at_ms;
	uint32_t app_ready; /* latest generation that it reported */
	uint32_t drained;   /* latest generation of which it has no request left */
	char last_end[64];
};

/* A spare is forked and wired, but has no function yet: the next one that is called gets it. */
enum worker_state { WORKER_FREE, WORKER_SPARE, WORKER_STARTING, WORKER_RUNNING, WORKER_ENDING };

#define NO_FUNCTION UINT32_MAX /* the ref of a spare */
#define SPARES 2u
#define WORKER_PEERS 2u /* of each of its threads: a gateway and the broker */

struct worker {
	struct supervisor *owner;
	enum worker_state state;
	uint32_t ref; /* function_ref(), or NO_FUNCTION */
	uint32_t number; /* by which the zygote knows it; later ones are larger */
	pid_t pid;
	int pid_fd;
	struct watch control;
	struct watch log;
	struct watch notify;
	int bell_fds[GATEWAYS_MAX];
	int channel_fds[GATEWAYS_MAX][WORKER_PEERS]; /* until its peers have them */
	uint64_t started_ms;
	struct buf log_line;
};

/* What is remembered of a function across its workers, and of the spares: restarts and back-off. */
struct function_history {
	uint32_t ref;
	uint32_t restarts;
	uint32_t backoff_ms;
	uint64_t retry_at_ms;
	bool wanted;
	char last_end[64];
};

struct supervisor {
	const struct supervisor_config *config;
	struct loop loop;
	struct member members[MEMBERS_MAX];
	unsigned member_count;
	unsigned gateway_count;
	struct worker *workers; /* WORKERS_MAX */
	uint32_t worker_count;	/* ever started */
	struct function_history *functions; /* WORKERS_MAX */
	unsigned function_count;
	struct image *image;	 /* serving */
	struct image *next;	 /* being taken up, or NULL */
	struct image *previous;	 /* being drained, or NULL */
	uint64_t app_sent_ms;
	char ticket_key[2 * 16 + 1];
	uint64_t run; /* a random number of this run: what is known by keyed hashes is good as long as it is the same */
	int log_pipe; /* to the monitor: what functions log; -1 without one */
	int rates_fd; /* the table of rate limits that all gateways take from */
	int budgets_fd; /* where they and the monitor count what is spent in a day */
	int countries_fd; /* the bytes of the database of countries; -1: none */
	int counts_fd; /* where they count calls together */
	char master_key[MASTER_KEY_TEXT_BYTES]; /* of secrets, for the broker; "": it finds it in the state directory */
	struct watch signals;
	struct watch status; /* the socket of `ward ps` */
	struct watch changes; /* ward dev: the files of the app */
	struct watch builder; /* ward dev: a running build */
	pid_t builder_pid;
	uint64_t build_started_ms;
	uint64_t build_at_ms;	/* ward dev: when to rebuild; 0: nothing changed */
	bool stopping;
	uint64_t stop_by_ms;
	bool announced;
	uint32_t warmed; /* generation whose first functions have been given workers */
	uint64_t denials;
	int exit_code;
};

/* Serves until SIGTERM or SIGINT. Takes the image. The return value is the exit code of the program. */
int supervisor_run(const struct supervisor_config *config, struct image *image);

/* Who is told of every generation of the app. Only gateways and broker hold a swap up until they have it. */
static inline bool member_takes_app(const struct member *m)
{
	return m->manifest->kind == PROCESS_GATEWAY || m->manifest->kind == PROCESS_BROKER ||
	       m->manifest->kind == PROCESS_MONITOR;
}

/* members.c */
result members_init(struct supervisor *s, struct error *err);
result member_start(struct member *m, struct error *err);
void members_retry(struct supervisor *s);
uint64_t members_next_retry(const struct supervisor *s);
struct member *member_of(struct supervisor *s, enum process_kind kind, uint32_t index);
bool members_ready(const struct supervisor *s);
void members_send_app(struct supervisor *s, struct image *image);
/* Reads a refused system call from a filter's descriptor; false when there is none (the process has ended). */
bool refusal_take(struct loop *loop, struct watch *watch, uint32_t events, struct sandbox_refusal *ret);

/* workers.c */
/* A worker for a function, or with NO_FUNCTION a spare, unless it is there. */
void worker_want(struct supervisor *s, uint32_t ref);
void worker_started(struct supervisor *s, uint32_t number, pid_t pid, int pid_fd);
void worker_ended(struct supervisor *s, pid_t pid, int status);
void worker_kill(struct worker *w, const char *why);
void workers_kill(struct supervisor *s, uint32_t generation_max, const char *why);
struct worker *worker_by_pid(struct supervisor *s, pid_t pid);
struct worker *worker_by_ref(struct supervisor *s, uint32_t ref);
void workers_retry(struct supervisor *s);
uint64_t workers_next_retry(const struct supervisor *s);
/* After zygote, broker or a gateway ended: forget workers without asking whether they were well. */
void workers_drop(struct supervisor *s, const char *why);
const char *worker_function_name(struct supervisor *s, uint32_t ref);
/* The app that a function is of, or NULL when it is no longer there. */
struct image *image_of(struct supervisor *s, uint32_t ref);

/* worker_log.c: w->log has something to read */
#define WORKER_LOG_LINE_BYTES_MAX 8192u
void worker_log_ready(struct loop *loop, struct watch *watch, uint32_t events);
/* What it wrote last, before its app is forgotten or it is itself. */
void worker_log_rest(struct worker *w);

/* wiring.c: channels between the processes */
result wire_members(struct supervisor *s, struct member *started, struct error *err);
result wire_worker(struct supervisor *s, struct worker *w, struct error *err);
result attach_worker(struct supervisor *s, struct worker *w, struct error *err);
void unwire_worker(struct supervisor *s, const struct worker *w, const char *why);
void unwire_member(struct supervisor *s, const struct member *ended);

/* generation.c: taking up a new app while the old one finishes its requests */
void generation_offer(struct supervisor *s, struct image *image);
void generation_progress(struct supervisor *s);

/* status.c: a listening socket STATE/NAME for its owner alone */
result state_socket(const struct supervisor *s, const char *name, struct error *err, int *ret_fd);
result status_listen(struct supervisor *s, struct error *err);
/* The JSON of `ward ps`. */
void status_describe(struct supervisor *s, struct buf *out);

/* watched.c: what the monitor is told. A pipe for what functions log, made anew with it; a line; the processes. */
result watched_start(struct supervisor *s, const struct member *monitor, struct error *err);
void watched_line(struct supervisor *s, struct slice level, uint32_t ref, struct slice request, struct slice text);
void watched_processes(struct supervisor *s);

/* database.c: for an app whose data are on a PostgreSQL server */
/* Tells the broker where it is; the dialer's SETUP says the same to it. */
result database_tell(const struct member *broker, struct error *err);
void database_setup_text(const struct supervisor *s, char *text, size_t size);
/* One connection more: passed on to the dialer, and what came of it to the broker. */
void database_socket_wanted(struct supervisor *s);
void database_socket(struct supervisor *s, const char *why, const int *fds, unsigned fd_count);

/* dev.c */
result dev_watch(struct supervisor *s, struct error *err);
void dev_turn(struct supervisor *s);

/*
 * denials.c: counts a denied call and keeps it for `ward why`. Returns its id for the log; "" when it was not kept, because
 * there are too many.
 */
const char *supervisor_denied(struct supervisor *s, const char *function, const char *what);
/* Passes a denial on to the monitor; see CONTROL_DENIED. It is not waited for: a monitor that is behind misses some. */
void supervisor_tell_denied(struct supervisor *s, uint32_t request, uint32_t ref, uint32_t verb, const char *what);
/* The same as supervisor_denied() for a system call that the filter refused. */
const char *supervisor_refused(struct supervisor *s, const char *function, const char *call);

#endif
