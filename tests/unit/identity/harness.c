#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_event(void *context, const struct identity_event *event)
{
	struct heard *heard = context;
	heard->events[event->kind]++;
	heard->last_count = event->count;
	(void)snprintf(heard->last_detail, sizeof heard->last_detail, "%s", event->detail);
}

static void on_dropped(void *context, const uint8_t hash[32])
{
	struct heard *heard = context;
	heard->dropped++;
	memcpy(heard->last_dropped, hash, SESSION_HASH_BYTES);
}

static void on_changed(void *context)
{
	struct heard *heard = context;
	heard->changed++;
}

int harness_up(void **state)
{
	struct error err = {0};
	struct harness *h = calloc(1, sizeof *h);
	assert_non_null(h);
	(void)snprintf(h->path, sizeof h->path, "/tmp/ward-identity-XXXXXX");
	int fd = mkstemp(h->path);
	assert_true(fd >= 0);
	(void)close(fd);
	h->options = (struct identity_options){.path = h->path,
	    .cost = {.passes = 1, .memory_kib = 64},
	    .cheap_hashes_for_tests = true,
	    .app_name = SLICE("orchard"),
	    .listener = {.context = &h->heard,
		.event = on_event,
		.session_dropped = on_dropped,
		.changed_outside = on_changed}};
	assert_ok(identity_open(&h->options, &err, &h->store));
	*state = h;
	return 0;
}

int harness_down(void **state)
{
	static const char *const beside[] = {"", "-wal", "-shm", ".key"};
	struct harness *h = *state;
	identity_close(h->store);
	for (size_t i = 0; i < 4; i++) {
		char path[80];
		(void)snprintf(path, sizeof path, "%s%s", h->path, beside[i]);
		(void)unlink(path);
	}
	free(h);
	return 0;
}

void harness_reopen(struct harness *h)
{
	identity_close(h->store);
	h->store = NULL;
	assert_ok(identity_open(&h->options, NULL, &h->store));
}

struct identity_caller caller_at(const char *address, int64_t now_ms)
{
	return (struct identity_caller){
	    .address = slice_cstr(address), .agent = SLICE("test/1.0"), .now_ms = now_ms};
}

static enum err_code finish(struct harness *h, struct sign_in *s, const struct identity_caller *caller,
    result begun, struct sign_in_outcome *ret)
{
	struct error err = {0};
	struct sign_in_outcome outcome = {0};
	if (!is_ok(begun))
		return begun.code;
	password_job_run(&s->job);
	result r = identity_sign_in_finish(h->store, s, caller, &err, &outcome);
	if (is_ok(r) && ret)
		*ret = outcome;
	return r.code;
}

enum err_code sign_in_from(struct harness *h, const char *email, const char *password, const char *address,
    int64_t now_ms, struct sign_in_outcome *ret)
{
	struct sign_in s;
	const struct identity_caller caller = caller_at(address, now_ms);
	return finish(h, &s, &caller,
	    identity_sign_in_begin(
		h->store, REALM_APP, slice_cstr(email), slice_cstr(password), &caller, NULL, &s),
	    ret);
}

enum err_code sign_up_from(struct harness *h, const char *email, const char *password, const char *address,
    int64_t now_ms, struct sign_in_outcome *ret)
{
	struct sign_in s;
	const struct identity_caller caller = caller_at(address, now_ms);
	return finish(h, &s, &caller,
	    identity_sign_up_begin(
		h->store, REALM_APP, slice_cstr(email), slice_cstr(password), &caller, NULL, &s),
	    ret);
}
