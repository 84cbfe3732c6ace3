/*
 * `ward profile`: what each function was seen to do. write: from a running ward into DIR/ward.profile, to be
 * committed; show: what is committed, in words; diff: what the running ward does otherwise.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/cli.h"
#include "observe/profile_file.h"
#include "os/fd.h"

#define NAMES_MAX 512u
#define FUNCTIONS_MAX 1000u

enum side { COMMITTED, RUNNING, SIDES };

/* A function with its profiles; its host calls are numbered as their names come. */
struct known {
	struct slice name;
	bool there[SIDES];
	struct profile profile[SIDES];
	struct {
		enum host_kind kind;
		struct slice name;
	} names[NAMES_MAX];
	uint32_t name_count;
};

struct book {
	struct known **functions; /* owned, in the order of their names where one text was read */
	size_t count;
	enum side side; /* that is being read */
};

static struct known *known_of(struct book *b, struct slice name)
{
	for (size_t i = b->count; i > 0; i--)
		if (slice_eq(b->functions[i - 1]->name, name))
			return b->functions[i - 1];
	struct known *made = b->count < FUNCTIONS_MAX ? calloc(1, sizeof *made) : NULL;
	if (made) {
		made->name = name;
		b->functions[b->count++] = made;
	}
	return made;
}

static bool number_of(
    void *context, struct slice function, enum host_kind kind, struct slice name, uint16_t *ret_call)
{
	struct known *k = known_of(context, function);
	uint32_t i = 0;
	while (k && i < k->name_count && (k->names[i].kind != kind || !slice_eq(k->names[i].name, name)))
		i++;
	if (!k || i == NAMES_MAX)
		return false;
	k->names[i].kind = kind;
	k->names[i].name = name;
	k->name_count += i == k->name_count;
	*ret_call = call_of(kind, i);
	return true;
}

static struct slice name_of(void *context, uint16_t call)
{
	const struct known *k = context;
	return call_index(call) < k->name_count ? k->names[call_index(call)].name : SLICE_NONE;
}

static result take(void *context, struct slice function, const struct profile *p, struct error *err)
{
	struct book *b = context;
	struct known *k = known_of(b, function);
	if (!k)
		return error_set(err, ERR_LIMIT, "there are too many functions");
	k->there[b->side] = true;
	k->profile[b->side] = *p;
	return RESULT_OK;
}

static result read_side(struct book *b, enum side side, struct slice text, struct error *err)
{
	const struct profile_file_reader reader = {number_of, take, b};
	b->side = side;
	if (!b->functions && !(b->functions = calloc(FUNCTIONS_MAX, sizeof(struct known *))))
		return error_set(err, ERR_MEMORY, "no memory for profiles");
	return profile_file_read(text, &reader, err);
}

static void book_done(struct book *b)
{
	for (size_t i = 0; i < b->count; i++)
		free(b->functions[i]);
	free(b->functions);
}

struct options {
	const char *action, *dir, *function, *state;
	bool all;
	char own_state[PATH_MAX], path[PATH_MAX];
};

static result read_committed(const struct options *o, struct error *err, struct slice *ret)
{
	result r = file_read(o->path, PROFILE_FILE_BYTES_MAX, err, ret);
	return is_ok(r) ? r
			: error_set(err, r.code, "%s; `ward profile write` makes it from a running ward",
			      err->text);
}

/* The text is borrowed from *ret_root. */
static result ask_running(
    const struct options *o, bool all, struct error *err, json_t **ret_root, struct slice *ret)
{
	TRY(monitor_ask(
	    o->state, all ? "GET /_ward/api/profile?all=1" : "GET /_ward/api/profile", err, ret_root));
	*ret = slice_cstr(member_text(*ret_root, "text"));
	return RESULT_OK;
}

static int failed(const struct error *err)
{
	(void)fprintf(stderr, "ward: %s\n", err->text);
	return 1;
}

static bool is_wanted(const struct options *o, const struct known *k)
{
	return !o->function || slice_eq_cstr(k->name, o->function);
}

static int show(const struct options *o)
{
	struct error err = {0};
	struct book b = {0};
	struct slice text = SLICE_NONE;
	CLEANUP_BUF struct buf words = BUF_INIT(PROFILE_FILE_BYTES_MAX);
	size_t shown = 0;
	result r = read_committed(o, &err, &text);
	if (is_ok(r))
		r = read_side(&b, COMMITTED, text, &err);
	for (size_t i = 0; is_ok(r) && i < b.count; i++) {
		if (!b.functions[i]->there[COMMITTED] || !is_wanted(o, b.functions[i]))
			continue;
		buf_printf(&words, "%s%.*s\n", shown++ ? "\n" : "", SLICE_ARG(b.functions[i]->name));
		profile_describe(&b.functions[i]->profile[COMMITTED], name_of, b.functions[i], &words);
	}
	if (is_ok(r) && !shown)
		r = error_set(&err, ERR_NOT_FOUND, "%s says nothing of %s", o->path,
		    o->function ? o->function : "any function");
	if (is_ok(r))
		(void)fputs(buf_cstr(&words), stdout);
	book_done(&b);
	free((char *)(uintptr_t)text.ptr);
	return is_ok(r) ? 0 : failed(&err);
}

/* Sentences of all differences; returns how many there are. */
static unsigned compare(const struct options *o, const struct book *b, struct buf *out)
{
	unsigned count = 0;
	for (size_t i = 0; i < b->count; i++) {
		struct known *k = b->functions[i];
		if (!is_wanted(o, k) || !k->there[RUNNING])
			continue;
		if (!k->there[COMMITTED]) {
			buf_printf(out, "%.*s is not in " PROFILE_FILE "\n", SLICE_ARG(k->name));
			count++;
			continue;
		}
		count += profile_diff(&k->profile[COMMITTED], &k->profile[RUNNING], k->name, name_of, k, out);
	}
	return count;
}

static int diff(const struct options *o)
{
	struct error err = {0};
	struct book b = {0};
	struct slice committed = SLICE_NONE, running;
	json_t *root = NULL;
	unsigned count = 0;
	CLEANUP_BUF struct buf out = BUF_INIT(PROFILE_FILE_BYTES_MAX);
	result r = read_committed(o, &err, &committed);
	if (is_ok(r))
		r = read_side(&b, COMMITTED, committed, &err);
	if (is_ok(r))
		r = ask_running(o, true, &err, &root, &running);
	if (is_ok(r))
		r = read_side(&b, RUNNING, running, &err);
	if (is_ok(r))
		count = compare(o, &b, &out);
	if (is_ok(r))
		(void)fputs(
		    count ? buf_cstr(&out) : "The running ward does what " PROFILE_FILE " says.\n", stdout);
	book_done(&b);
	json_decref(root);
	free((char *)(uintptr_t)committed.ptr);
	return is_ok(r) ? count > 0 : failed(&err);
}

/* What is still being learned keeps what is committed of it. */
static result merge(const struct book *b, struct buf *out)
{
	profile_file_begin(out);
	for (size_t i = 0; i < b->count; i++) {
		struct known *k = b->functions[i];
		const enum side side = k->there[RUNNING] ? RUNNING : COMMITTED;
		if (k->there[side])
			profile_file_add(&k->profile[side], k->name, name_of, k, out);
	}
	return RESULT_OK;
}

static int by_name(const void *a, const void *b)
{
	const struct known *const *x = a, *const *y = b;
	const size_t n = (*x)->name.len < (*y)->name.len ? (*x)->name.len : (*y)->name.len;
	const int order = memcmp((*x)->name.ptr, (*y)->name.ptr, n);
	return order ? order : (*x)->name.len < (*y)->name.len ? -1 : 1;
}

/* Of a function that the app no longer has nothing is kept: it is neither learned nor being learned. */
static void forget_gone(struct book *b, const json_t *learning)
{
	for (size_t i = 0; i < b->count; i++) {
		struct known *k = b->functions[i];
		bool still = k->there[RUNNING];
		for (size_t n = 0; n < json_array_size(learning); n++)
			still =
			    still || slice_eq_cstr(k->name, json_string_value(json_array_get(learning, n)));
		k->there[COMMITTED] = k->there[COMMITTED] && still;
	}
}

static void tell_learning(const json_t *learning)
{
	if (json_array_size(learning) == 0)
		return;
	(void)fputs("Still being learned, and written with what is committed already or not at all:", stdout);
	for (size_t n = 0; n < json_array_size(learning); n++)
		(void)printf(" %s", json_string_value(json_array_get(learning, n)));
	(void)puts("\n(--all takes them as they are.)");
}

static int write_out(const struct options *o)
{
	struct error err = {0};
	struct book b = {0};
	struct slice committed = SLICE_NONE, running;
	json_t *root = NULL;
	CLEANUP_BUF struct buf out = BUF_INIT(PROFILE_FILE_BYTES_MAX);
	result r = ask_running(o, o->all, &err, &root, &running);
	if (is_ok(r))
		r = read_side(&b, RUNNING, running, &err);
	if (is_ok(r) && is_ok(file_read(o->path, PROFILE_FILE_BYTES_MAX, NULL, &committed)))
		r = read_side(&b, COMMITTED, committed, &err);
	if (is_ok(r)) {
		forget_gone(&b, json_object_get(root, "learning"));
		qsort(b.functions, b.count, sizeof(struct known *), by_name);
		r = merge(&b, &out);
	}
	if (is_ok(r))
		r = buf_ok(&out) ? file_write_atomic(o->path, buf_slice(&out), 0644, &err)
				 : error_set(&err, ERR_LIMIT, "the profile is too long");
	if (is_ok(r)) {
		if (!o->all)
			tell_learning(json_object_get(root, "learning"));
		(void)printf("Written to %s. Read it, and commit it.\n", o->path);
	}
	book_done(&b);
	json_decref(root);
	free((char *)(uintptr_t)committed.ptr);
	return is_ok(r) ? 0 : failed(&err);
}

static const struct action {
	const char *name;
	int (*run)(const struct options *o);
} actions[] = {{"write", write_out}, {"show", show}, {"diff", diff}};

int command_profile(int argc, char **argv)
{
	static struct options o;
	for (int i = 1; i < argc; i++) {
		const char **place = !o.action ? &o.action : !o.dir ? &o.dir : &o.function;
		if (option_value(argc, argv, &i, "--state", &o.state))
			continue;
		if (strcmp(argv[i], "--all") == 0)
			o.all = true;
		else if (argv[i][0] == '-' || *place)
			return usage_error("profile", "unexpected argument %s", argv[i]);
		else
			*place = argv[i];
	}
	if (!o.action || !o.dir)
		return usage_error("profile", "write, show or diff, and which app?");
	(void)snprintf(o.path, sizeof o.path, "%s/" PROFILE_FILE, o.dir);
	(void)snprintf(o.own_state, sizeof o.own_state, "%s/.ward/state", o.dir);
	if (!o.state)
		o.state = o.own_state;
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (strcmp(o.action, actions[i].name) == 0)
			return actions[i].run(&o);
	return usage_error("profile", "there is no \"%s\"", o.action);
}
