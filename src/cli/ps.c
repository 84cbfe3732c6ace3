/* `ward ps`: what a running ward says of its processes, as a table. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "os/fd.h"

#define STATUS_BYTES_MAX (1u << 20)

static result write_all(int fd, const char *text, struct error *err)
{
	size_t left = strlen(text);
	while (left > 0) {
		const ssize_t n = write(fd, text, left);
		if (n <= 0)
			return error_errno(err, "cannot ask");
		text += n;
		left -= (size_t)n;
	}
	return RESULT_OK;
}

result state_socket_ask(
    const char *state, const char *name, const char *request, struct buf *out, struct error *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int n = snprintf(at.sun_path, sizeof at.sun_path, "%s/%s", state, name);
	if (n < 0 || (size_t)n >= sizeof at.sun_path)
		return error_set(err, ERR_LIMIT, "the state directory's path is too long for a socket");
	CLEANUP_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) < 0)
		return error_errno(err, "no ward answers at %s", at.sun_path);
	if (request)
		TRY(write_all(fd, request, err));
	for (;;) {
		char *room = buf_reserve(out, 4096);
		if (!room)
			return error_set(err, ERR_LIMIT, "the answer is too long");
		ssize_t got = read(fd, room, 4096);
		if (got < 0)
			return error_errno(err, "cannot read from %s", at.sun_path);
		if (got == 0)
			return RESULT_OK;
		out->len += (size_t)got;
	}
}

result state_socket_read(const char *state, const char *name, struct buf *out, struct error *err)
{
	return state_socket_ask(state, name, NULL, out, err);
}

static void age_text(json_int_t ms, char *text, size_t size)
{
	long long s = (long long)(ms / 1000);
	if (s < 120)
		(void)snprintf(text, size, "%llds", s);
	else if (s < 7200)
		(void)snprintf(text, size, "%lldm", s / 60);
	else
		(void)snprintf(text, size, "%lldh", s / 3600);
}

static void print_row(json_t *p)
{
	char age[32];
	char name[160];
	const char *function = json_string_value(json_object_get(p, "function"));
	json_int_t index = json_integer_value(json_object_get(p, "index"));
	age_text(json_integer_value(json_object_get(p, "age_ms")), age, sizeof age);
	if (function && *function)
		(void)snprintf(name, sizeof name, "worker %s", function);
	else if (strcmp(json_string_value(json_object_get(p, "name")), "gateway") == 0)
		(void)snprintf(name, sizeof name, "gateway %lld", (long long)index);
	else
		(void)snprintf(name, sizeof name, "%s", json_string_value(json_object_get(p, "name")));
	(void)printf("%-28s %8lld  %-9s %8.1f MiB %9lld  %6s  %s\n", name,
	    (long long)json_integer_value(json_object_get(p, "pid")), json_string_value(json_object_get(p, "state")),
	    (double)json_integer_value(json_object_get(p, "memory_kib")) / 1024.0,
	    (long long)json_integer_value(json_object_get(p, "restarts")), age,
	    json_string_value(json_object_get(p, "last_end")));
}

int command_ps(int argc, char **argv)
{
	const char *state = ".ward/state";
	bool json = false;
	struct error err = {0};
	for (int i = 1; i < argc; i++) {
		if (option_value(argc, argv, &i, "--state", &state))
			continue;
		if (strcmp(argv[i], "--json") != 0)
			return usage_error("ps", "unexpected argument %s", argv[i]);
		json = true;
	}
	CLEANUP_BUF struct buf text = BUF_INIT(STATUS_BYTES_MAX);
	if (!is_ok(state_socket_read(state, "ward.sock", &text, &err))) {
		(void)fprintf(stderr, "ward: %s; name its state directory with --state\n", err.text);
		return 1;
	}
	json_t *root = json_loadb(text.ptr, text.len, 0, NULL);
	json_t *processes = json_object_get(root, "processes");
	if (json || !json_is_array(processes)) {
		(void)fwrite(text.ptr, 1, text.len, stdout);
		json_decref(root);
		return json ? 0 : 1;
	}
	(void)printf("%-28s %8s  %-9s %12s %9s  %6s  %s\n", "PROCESS", "PID", "STATE", "MEMORY", "RESTARTS", "AGE", "LAST END");
	for (size_t i = 0; i < json_array_size(processes); i++)
		print_row(json_array_get(processes, i));
	json_decref(root);
	return 0;
}
