/*
 * The operators' interface (docs/dashboard-api.md), without how a request came here: a table of paths, each answered by one
 * function that writes JSON from what the monitor knows.
 *
 *	api.c            paths, problems, what handlers share    api_overview.c   overview, functions, processes
 *	api_chart.c      sums over time, as columns              api_requests.c   requests and traces, errors, logs
 *	api_authority.c  who may read what                       api_incidents.c  incidents and actions
 *
 * Requests come from gateways, which know that an operator asks, or from the socket of the state directory, which only its
 * owner may open. What is in them is text of that operator all the same, and is read strictly.
 */
#ifndef WARD_PROC_MONITOR_API_H
#define WARD_PROC_MONITOR_API_H

#include "app/contract/json_write.h"
#include "ipc/watch_records.h"
#include "proc/monitor/monitor.h"

#define API_PREFIX "/_ward/api/"
#define API_ANSWER_BYTES_MAX (32u << 20)
#define API_PARAMS_MAX 1u
#define API_VALUE_MAX 256u

struct api_request {
	struct monitor_process *p;
	bool post;
	struct slice path; /* as in the URL */
	struct slice query, body;
	struct slice operator; /* who asks, for the record */
	int64_t now_ms;
	char param[API_VALUE_MAX]; /* what stands in the path for {}, decoded */
};

/* How an answer goes on. */
enum api_more {
	API_WHOLE,
	API_STREAM,    /* events for as long as whoever asked listens */
	API_PROCESSES, /* when the supervisor has told of them */
};

struct api_answer {
	int status;
	enum watch_type type;
	enum api_more more;
	struct buf body; /* owned by whoever asked for the answer */
};

/* Answers; a failure is an answer too. answer->body is empty and initialised. */
void api_answer(struct api_request *q, struct api_answer *answer);

void api_problem(struct api_answer *a, int status, const char *type, const char *title, const char *detail);
/* A decoded query parameter into text; false when there is none or it is longer. */
bool api_query(const struct api_request *q, const char *name, char text[API_VALUE_MAX]);
uint64_t api_query_number(const struct api_request *q, const char *name, uint64_t otherwise);
/* 16 hexadecimal digits. */
bool api_number_of_hex(struct slice text, uint64_t *ret);
/* The newest contract; NULL before the first. */
const struct app_contract *api_contract(const struct monitor_process *p);
uint32_t api_generation(const struct monitor_process *p);
/* The number in the store of a function of the app that serves; false when it was never named. */
bool api_function_id(const struct monitor_process *p, struct slice name, uint32_t *ret);
/* Its contract, or NULL: of a function that is gone, or of the sign-in endpoints. */
const struct app_function *api_function(const struct monitor_process *p, uint32_t id);
const char *api_function_name(const struct monitor_process *p, uint32_t id);

/* More members for json_write.h. */
void json_hex(struct json_writer *w, uint64_t value); /* "" for 0 */
void json_double(struct json_writer *w, double value);
void json_member_hex(struct json_writer *w, const char *name, uint64_t value);
void json_member_real(struct json_writer *w, const char *name, double value);
void json_member_bool(struct json_writer *w, const char *name, bool value);
void json_member_version(struct json_writer *w, const char *name, uint32_t version);
/* Opens the object or list that is a member; closed by json_end(). */
void json_member_begin(struct json_writer *w, const char *name, char bracket);

/* The handlers, one a line of the table in api.c. */
void api_overview(const struct api_request *q, struct api_answer *a);
void api_functions(const struct api_request *q, struct api_answer *a);
void api_one_function(const struct api_request *q, struct api_answer *a);
void api_chart_function(const struct api_request *q, struct api_answer *a);
void api_chart_app(const struct api_request *q, struct api_answer *a);
void api_errors(const struct api_request *q, struct api_answer *a);
void api_errors_function(const struct api_request *q, struct api_answer *a);
void api_requests(const struct api_request *q, struct api_answer *a);
void api_one_request(const struct api_request *q, struct api_answer *a);
void api_trace(const struct api_request *q, struct api_answer *a);
void api_authority(const struct api_request *q, struct api_answer *a);
void api_incidents(const struct api_request *q, struct api_answer *a);
void api_one_incident(const struct api_request *q, struct api_answer *a);
void api_incident_release(const struct api_request *q, struct api_answer *a);
void api_actions(const struct api_request *q, struct api_answer *a);
void api_action_add(const struct api_request *q, struct api_answer *a);
void api_action_release(const struct api_request *q, struct api_answer *a);
void api_deployments(const struct api_request *q, struct api_answer *a);
void api_profile(const struct api_request *q, struct api_answer *a);
void api_deliveries(const struct api_request *q, struct api_answer *a);
void api_delivery_retry(const struct api_request *q, struct api_answer *a);
void api_logs(const struct api_request *q, struct api_answer *a);
void api_metrics(const struct api_request *q, struct api_answer *a);

/* What streams send too. */
void api_write_overview(const struct monitor_process *p, int64_t now_ms, bool brief, struct json_writer *w);
void api_write_requests(
    const struct monitor_process *p, uint64_t since_count, uint32_t most, struct json_writer *w);
void api_write_incident(const struct monitor_process *p, const struct incident *i, struct json_writer *w);
void api_write_actions(const struct monitor_process *p, struct json_writer *w);

#endif
