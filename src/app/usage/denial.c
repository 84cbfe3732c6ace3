/* The log of denied calls and what it says. Lines hold what a hostile function sent: data, never formats. */
#include "app/usage/denial.h"

#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/contract/json_write.h"
#include "app/diagnostics/terminal.h"
#include "os/fd.h"

#define LINE_BYTES_MAX 8192u

static result path_of(const char *state_dir, const char *suffix, char path[PATH_MAX], struct error *err)
{
	int n = snprintf(path, PATH_MAX, "%s/" DENIALS_FILE "%s", state_dir, suffix);
	if (n < 0 || n >= PATH_MAX)
		return error_set(err, ERR_LIMIT, "the state directory's path is too long");
	return RESULT_OK;
}

static void rotate(const char *state_dir, const char *path)
{
	char older[PATH_MAX];
	struct stat st;
	if (stat(path, &st) < 0 || st.st_size < DENIALS_BYTES_MAX ||
	    !is_ok(path_of(state_dir, ".1", older, NULL)))
		return;
	(void)rename(path, older);
}

result denial_append(const char *state_dir, int64_t unix_ms, struct slice function, struct slice what,
    struct error *err, char ret_id[DENIAL_ID_BYTES])
{
	char path[PATH_MAX];
	char id[DENIAL_ID_BYTES];
	unsigned char random[(DENIAL_ID_BYTES - 1) / 2];
	CLEANUP_BUF struct buf line = BUF_INIT(LINE_BYTES_MAX);
	struct json_writer w = {.out = &line};
	randombytes_buf(random, sizeof random);
	(void)sodium_bin2hex(id, sizeof id, random, sizeof random);
	json_begin(&w, '{');
	json_member_text(&w, "id", slice_cstr(id));
	json_member_uint(&w, "ms", (uint64_t)unix_ms);
	json_member_text(&w, "function", function);
	json_member_text(&w, "what", what);
	json_end(&w, '}');
	buf_add_char(&line, '\n');
	if (!buf_ok(&line))
		return error_set(err, ERR_LIMIT, "a denial's text is too long");
	TRY(path_of(state_dir, "", path, err));
	rotate(state_dir, path);
	CLEANUP_FD int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	/* One write, so that a line is whole or absent. */
	if (fd < 0 || write(fd, line.ptr, line.len) != (ssize_t)line.len)
		return error_errno(err, "cannot write %s", path);
	memcpy(ret_id, id, sizeof id);
	return RESULT_OK;
}

static bool read_line(struct slice line, struct arena *arena, struct denial *ret)
{
	json_t *root = line.len <= LINE_BYTES_MAX ? json_loadb(line.ptr, line.len, 0, NULL) : NULL;
	const char *id = json_string_value(json_object_get(root, "id"));
	const char *function = json_string_value(json_object_get(root, "function"));
	const char *what = json_string_value(json_object_get(root, "what"));
	const json_t *ms = json_object_get(root, "ms");
	bool whole = id && function && what && json_is_integer(ms);
	if (whole)
		*ret = (struct denial){.id = arena_copy(arena, slice_cstr(id)),
		    .unix_ms = json_integer_value(ms),
		    .function = arena_copy(arena, slice_cstr(function)),
		    .what = arena_copy(arena, slice_cstr(what))};
	json_decref(root);
	return whole && ret->id.ptr && ret->function.ptr && ret->what.ptr;
}

static bool has_id(struct slice line, struct slice id)
{
	CLEANUP_BUF struct buf member = BUF_INIT(256);
	buf_add_cstr(&member, "\"id\":\"");
	buf_add_json_escaped(&member, id);
	buf_add_char(&member, '"');
	return buf_ok(&member) && memmem(line.ptr, line.len, member.ptr, member.len) != NULL;
}

result denial_find(
    const char *state_dir, struct slice id, struct arena *arena, struct error *err, struct denial *ret)
{
	static const char *const suffixes[] = {"", ".1"};
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		char path[PATH_MAX];
		struct slice text;
		bool found = false;
		TRY(path_of(state_dir, suffixes[i], path, err));
		if (!is_ok(file_read(path, 2u * DENIALS_BYTES_MAX, NULL, &text)))
			continue;
		struct slice rest = text;
		while (rest.ptr && rest.len && !found) {
			struct slice line = slice_cut(&rest, '\n');
			found = has_id(line, id) && read_line(line, arena, ret) && slice_eq(ret->id, id);
		}
		free((char *)(uintptr_t)text.ptr);
		if (found)
			return RESULT_OK;
	}
	return error_set(err, ERR_NOT_FOUND, "no denial %.*s is recorded in %s", SLICE_ARG(id), state_dir);
}

result denial_recent(const char *state_dir, size_t max, struct arena *arena, struct error *err,
    struct denial *items, size_t *ret_count)
{
	char path[PATH_MAX];
	struct slice text;
	size_t count = 0;
	TRY(path_of(state_dir, "", path, err));
	*ret_count = 0;
	if (!is_ok(file_read(path, 2u * DENIALS_BYTES_MAX, NULL, &text)))
		return RESULT_OK;
	size_t lines = 0;
	for (size_t i = 0; i < text.len; i++)
		lines += text.ptr[i] == '\n';
	struct slice rest = text;
	for (size_t i = 0; rest.ptr && rest.len; i++) {
		struct slice line = slice_cut(&rest, '\n');
		if (i + max >= lines && count < max && read_line(line, arena, &items[count]))
			count++;
	}
	free((char *)(uintptr_t)text.ptr);
	*ret_count = count;
	return RESULT_OK;
}

/* ---- what would allow it ---- */

static struct slice second_word(struct slice text)
{
	(void)slice_cut(&text, ' ');
	return slice_cut(&text, ' ');
}

static void allow_query(struct buf *out, const struct denial *d)
{
	struct slice name = second_word(d->what);
	buf_printf(out,
	    "It would be allowed by naming the query in ward.yaml:\n\n  functions:\n    %.*s:\n      "
	    "queries: [%.*s]\n\n",
	    SLICE_ARG(d->function), SLICE_ARG(name));
	buf_add_cstr(out, "Then `ward lock` shows what that lets it reach.\n");
}

static void allow_host(struct buf *out, const struct denial *d)
{
	struct slice port = second_word(d->what);
	struct slice host = slice_cut(&port, ':');
	buf_printf(out,
	    "It would be allowed by naming the host in ward.yaml:\n\n  functions:\n    %.*s:\n      "
	    "egress:\n        - host: %.*s\n",
	    SLICE_ARG(d->function), SLICE_ARG(host));
	if (port.len)
		buf_printf(out, "          port: %.*s\n", SLICE_ARG(port));
	buf_add_cstr(out, "          methods: [GET]\n          why: ...\n");
}

static void allow_secret(struct buf *out, const struct denial *d)
{
	struct slice name = second_word(d->what);
	buf_printf(out,
	    "It would be allowed by letting the function hold it, in ward.yaml:\n\n  functions:\n    %.*s:\n "
	    "     secrets: [%.*s]\n\n"
	    "If it is for a host, `egress.secret` adds it to the requests and the function never holds it.\n",
	    SLICE_ARG(d->function), SLICE_ARG(name));
}

static void allow_nothing(struct buf *out, const struct denial *d)
{
	(void)d;
	buf_add_cstr(out, "Nothing in ward.yaml allows it. If the code did not mean to do this, something "
			  "else made it do it.\n");
}

static void allow_egress(struct buf *out, const struct denial *d)
{
	buf_printf(out,
	    "It would be allowed by widening `methods` or `paths` of that host under functions.%.*s.egress "
	    "in ward.yaml.\n",
	    SLICE_ARG(d->function));
}

static void allow_private(struct buf *out, const struct denial *d)
{
	buf_printf(out,
	    "It would be allowed by `private: true` on that host under functions.%.*s.egress in ward.yaml. A "
	    "public name "
	    "that leads to a private address is how an attacker reaches your own machines: be sure first.\n",
	    SLICE_ARG(d->function));
}

/* By how the sentence begins: the broker and the supervisor write these. */
static const struct {
	const char *start;
	void (*allow)(struct buf *out, const struct denial *d);
} remedies[] = {
    {"query ", allow_query},
    {"host ", allow_host},
    {"secret ", allow_secret},
    {"its contract does not allow this ", allow_egress},
    {"an outbound request to an address that is not public", allow_private},
    {"", allow_nothing},
};

static void add_contract(struct buf *out, const struct denial *d, const struct app_contract *contract)
{
	const struct app_function *f = contract ? app_contract_find(contract, d->function) : NULL;
	if (!f)
		return;
	buf_printf(out, "Its contract grants: %zu quer%s", f->query_count, f->query_count == 1 ? "y" : "ies");
	for (size_t i = 0; i < f->query_count; i++)
		buf_printf(out, "%s%.*s", i ? ", " : " (", SLICE_ARG(f->queries[i]->name));
	buf_printf(out, "%s, %zu host%s", f->query_count ? ")" : "", f->contract.egress_count,
	    f->contract.egress_count == 1 ? "" : "s");
	for (size_t i = 0; i < f->contract.egress_count; i++)
		buf_printf(out, "%s%.*s:%u", i ? ", " : " (", SLICE_ARG(f->contract.egress[i].host),
		    f->contract.egress[i].port);
	buf_printf(out, "%s.\n`ward explain DIR %.*s` prints all of it.\n\n",
	    f->contract.egress_count ? ")" : "", SLICE_ARG(d->function));
}

void denial_explain(const struct denial *denial, const struct app_contract *contract, struct buf *out)
{
	char when[64] = "?";
	time_t seconds = (time_t)(denial->unix_ms / 1000);
	struct tm utc;
	struct denial d = *denial;
	CLEANUP_BUF struct buf what = BUF_INIT(4 * LINE_BYTES_MAX);
	/* Names in it come from a function that asked for what it may not have. */
	terminal_add(&what, denial->what);
	d.what = buf_slice(&what);
	if (gmtime_r(&seconds, &utc))
		(void)strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &utc);
	buf_printf(out, "%.*s, %s: %.*s\n\n", SLICE_ARG(d.function), when, SLICE_ARG(d.what));
	add_contract(out, &d, contract);
	for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
		if (slice_starts(d.what, slice_cstr(remedies[i].start))) {
			remedies[i].allow(out, &d);
			return;
		}
}
