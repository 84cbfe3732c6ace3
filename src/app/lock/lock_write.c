/* ward.lock from a resolved contract. */
#include "app/lock/lock.h"
#include "app/contract/signature.h"

#include <stdio.h>
#include <stdlib.h>

#define SECTION_LINES_MAX 4096u

/* The lines of one section, sorted before they are written. */
struct section {
	struct buf *out;
	struct arena arena;
	struct slice lines[SECTION_LINES_MAX];
	size_t count;
};

static void add_line(struct section *s, struct buf *line)
{
	/* A table's name may hold a line break; a lock in which it did could be read in two ways. */
	for (size_t i = 0; i < line->len; i++)
		s->out->failed |= (unsigned char)line->ptr[i] < 0x20;
	if (!buf_ok(line) || s->out->failed || s->count == SECTION_LINES_MAX) {
		s->out->failed = true;
		return;
	}
	s->lines[s->count] = arena_copy(&s->arena, buf_slice(line));
	s->out->failed |= !s->lines[s->count].ptr;
	s->count++;
}

static void add(struct section *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct section *s, const char *fmt, ...)
{
	CLEANUP_BUF struct buf line = BUF_INIT(65536);
	va_list args;
	va_start(args, fmt);
	buf_vprintf(&line, fmt, args);
	va_end(args);
	add_line(s, &line);
}

static int by_text(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static void end_section(struct section *s)
{
	if (s->out->failed)
		return;
	qsort(s->lines, s->count, sizeof *s->lines, by_text);
	for (size_t i = 0; i < s->count; i++)
		buf_printf(s->out, "  %.*s\n", SLICE_ARG(s->lines[i]));
	s->count = 0;
	arena_clear(&s->arena);
}

static void add_texts(struct section *s, const char *word, const struct slice_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		add(s, "%s %.*s", word, SLICE_ARG(list->items[i]));
}

/* Who is told what the app does: data leaves for them too. */
static void add_watchers(struct section *s, const char *word, const struct manifest_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++) {
		CLEANUP_BUF struct buf line = BUF_INIT(65536);
		buf_printf(&line, "watch %s ", word);
		manifest_egress_text(&hosts->items[i], &line);
		add_line(s, &line);
	}
}

static void add_amount(
    struct section *s, const char *name, uint64_t value, void (*write)(uint64_t value, struct buf *out))
{
	CLEANUP_BUF struct buf text = BUF_INIT(64);
	write(value, &text);
	add(s, "%s %s", name, buf_cstr(&text));
}

static void add_budget(struct section *s, const struct manifest_budget *b)
{
	if (b->calls)
		add(s, "budget calls %llu", (unsigned long long)b->calls);
	if (b->cpu_us)
		add_amount(s, "budget cpu", b->cpu_us, duration_text);
	if (b->response_bytes)
		add_amount(s, "budget response_bytes", b->response_bytes, size_text);
	if (b->fetches)
		add(s, "budget fetches %llu", (unsigned long long)b->fetches);
}

static void add_app(struct section *s, const struct app_contract *c)
{
	const struct manifest_page *p = &c->page;
	buf_printf(s->out, "app %.*s\n", SLICE_ARG(c->app));
	if (c->database.url_secret.len)
		add(s, "database %s, url from %.*s%s", database_kind_name(c->database.kind),
		    SLICE_ARG(c->database.url_secret), c->database.unverified ? ", server unverified" : "");
	else
		add(s, "database %s", database_kind_name(c->database.kind));
	for (size_t i = 0; i < c->identity.issuer_count; i++) {
		const struct manifest_issuer *issuer = &c->identity.issuers[i];
		add(s, "issuer %.*s %.*s%s", SLICE_ARG(issuer->name), SLICE_ARG(issuer->issuer), issuer->private_ok ? "; private" : "");
	}
	if (c->mail.host.len)
		add(s, "mail %.*s:%u%s%s", SLICE_ARG(c->mail.host), c->mail.port, c->mail.loopback ? "" : "; tls",
		    c->mail.private_ok ? "; private" : "");
	if (c->identity.sign_up_closed)
		add(s, "sign-up closed");
	if (c->identity.verify)
		add(s, "sign-up verified");
	add_texts(s, "page connect", &p->connect);
	add_texts(s, "page images", &p->images);
	add_texts(s, "page styles", &p->styles);
	add_texts(s, "page fonts", &p->fonts);
	add_texts(s, "page frames", &p->frames);
	add_texts(s, "page media", &p->media);
	if (p->inline_styles)
		add(s, "page inline-styles");
	if (p->wasm)
		add(s, "page wasm");
	add_watchers(s, "webhook", &c->watch.webhooks);
	add_watchers(s, "otlp", &c->watch.otlp);
	add_texts(s, "watch mail", &c->watch.mail);
	end_section(s);
}

static result add_type(struct section *s, const char *what, struct slice schema, struct error *err)
{
	char fingerprint[FINGERPRINT_TEXT_BYTES];
	CLEANUP_BUF struct buf line = BUF_INIT(65536);
	if (!schema.ptr)
		return RESULT_OK;
	TRY(signature_fingerprint(schema, fingerprint, err));
	buf_printf(&line, "%s %s ", what, fingerprint);
	TRY(signature_write(schema, &line, err));
	add_line(s, &line);
	return RESULT_OK;
}

static void add_host(struct section *s, const struct manifest_egress *e)
{
	CLEANUP_BUF struct buf line = BUF_INIT(65536);
	buf_add_cstr(&line, "host ");
	manifest_egress_text(e, &line);
	add_line(s, &line);
}

static void add_limits(struct section *s, const struct manifest_limits *l)
{
	CLEANUP_BUF struct buf rate = BUF_INIT(64);
	add_amount(s, "limit cpu", l->cpu_us, duration_text);
	add_amount(s, "limit wall", l->wall_us, duration_text);
	add_amount(s, "limit memory", l->memory_bytes, size_text);
	add_amount(s, "limit body", l->body_bytes, size_text);
	add(s, "limit concurrency %llu", (unsigned long long)l->concurrency);
	rate_text(&l->rate, &rate);
	add(s, "limit rate %s", buf_cstr(&rate));
}

static result add_function(struct section *s, const struct app_function *f, struct error *err)
{
	const struct manifest_function *c = &f->contract;
	CLEANUP_BUF struct buf access = BUF_INIT(1024);
	buf_printf(s->out, "function %.*s\n", SLICE_ARG(c->name));
	manifest_access_text(&c->auth, &access);
	add(s, "auth %s", buf_cstr(&access));
	if (c->http.present)
		add(s, "http %s %.*s", http_method_name(c->http.method), SLICE_ARG(c->http.path));
	TRY(add_type(s, "input", f->input, err));
	TRY(add_type(s, "output", f->output, err));
	for (size_t i = 0; i < f->error_count; i++) {
		char what[256];
		(void)snprintf(
		    what, sizeof what, "error %.*s %u", SLICE_ARG(f->errors[i].name), f->errors[i].status);
		TRY(add_type(s, what,
		    f->errors[i].schema.ptr ? f->errors[i].schema : SLICE("{\"type\":\"null\"}"), err));
	}
	add_texts(s, "query", &c->queries);
	for (size_t i = 0; i < c->egress_count; i++)
		add_host(s, &c->egress[i]);
	add_texts(s, "secret", &c->secrets);
	add_texts(s, "publish", &c->publish);
	add_limits(s, &c->limits);
	add_budget(s, &c->budget);
	end_section(s);
	return RESULT_OK;
}

static bool same_place(const struct sql_grant *a, const struct sql_grant *b)
{
	return a->operation == b->operation && slice_eq(a->table, b->table) && slice_eq(a->via, b->via);
}

/* One line for each operation on a table, by one way; the columns in it sorted, as the grants are. */
static void add_grants(struct section *s, const struct sql_query *q, size_t first)
{
	const struct sql_grant *g = &q->grants[first];
	CLEANUP_BUF struct buf line = BUF_INIT(65536);
	for (size_t i = 0; i < first; i++)
		if (same_place(g, &q->grants[i]))
			return;
	buf_printf(&line, "%s %.*s", sql_operation_name(g->operation), SLICE_ARG(g->table));
	if (g->via.len)
		buf_printf(&line, " through %.*s", SLICE_ARG(g->via));
	const char *between = ": ";
	for (size_t i = first; i < q->grant_count; i++) {
		if (!same_place(g, &q->grants[i]) || !q->grants[i].column.len)
			continue;
		buf_printf(&line, "%s%.*s", between, SLICE_ARG(q->grants[i].column));
		between = ", ";
	}
	add_line(s, &line);
}

static void add_query(struct section *s, const struct sql_query *q)
{
	buf_printf(s->out, "query %.*s\n", SLICE_ARG(q->name));
	for (size_t i = 0; i < q->grant_count; i++)
		add_grants(s, q, i);
	for (size_t i = 0; i < q->param_count; i++)
		if (q->params[i].host != SQL_HOST_NONE)
			add(s, "bound %.*s", SLICE_ARG(q->params[i].name));
	if (q->unowned_reason.len)
		add(s, "unowned because %.*s", SLICE_ARG(q->unowned_reason));
	end_section(s);
}

static result write_all(struct section *s, const struct app_contract *contract, struct error *err)
{
	buf_add_cstr(s->out, "# What each function of this app may do. `ward lock` writes this file, `ward "
			     "check --frozen` holds the app to it.\n\n");
	add_app(s, contract);
	for (size_t i = 0; i < contract->function_count; i++) {
		buf_add_char(s->out, '\n');
		TRY(add_function(s, &contract->functions[i], err));
	}
	for (size_t i = 0; i < contract->query_count; i++) {
		buf_add_char(s->out, '\n');
		add_query(s, &contract->queries[i]);
	}
	return buf_ok(s->out) ? RESULT_OK
			      : error_set(err, ERR_LIMIT,
				    "the lock would be too large, or a name in it holds a control character");
}

result lock_write(const struct app_contract *contract, struct buf *out, struct error *err)
{
	struct section *s = calloc(1, sizeof *s);
	if (!s)
		return error_set(err, ERR_MEMORY, "no memory for a lock");
	s->out = out;
	arena_init(&s->arena, LOCK_BYTES_MAX);
	result r = write_all(s, contract, err);
	arena_done(&s->arena);
	free(s);
	return r;
}
