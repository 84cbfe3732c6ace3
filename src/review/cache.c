/* The review's memory between runs. Called by the engine; layout: header, then records, all little-endian
 * lengths and texts. */
#include "review/cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CACHE_MAGIC 0x3177656976657277u /* "wreview1" */
#define CACHE_BYTES_MAX ((size_t)256 << 20)

uint64_t cache_stamp(
    uint64_t before, struct slice path, uint64_t size_bytes, int64_t mtime_ns, uint64_t inode)
{
	uint64_t parts[] = {before, size_bytes, (uint64_t)mtime_ns, inode};
	union {
		uint64_t *numbers;
		const char *bytes;
	} view = {.numbers = parts};
	return finding_fingerprint("stamp", slice_of(view.bytes, sizeof parts), path);
}

/* ---- Writing ---- */

static void put_u32(struct buf *b, uint32_t v)
{
	buf_add(b, &v, sizeof v);
}

static void put_u64(struct buf *b, uint64_t v)
{
	buf_add(b, &v, sizeof v);
}

static void put_text(struct buf *b, struct slice s)
{
	put_u32(b, (uint32_t)s.len);
	buf_add_slice(b, s);
}

static void put_finding(struct buf *b, const struct finding *f)
{
	put_text(b, slice_cstr(f->rule->id));
	put_text(b, f->file);
	const uint32_t numbers[] = {f->line, f->col, f->end_line, f->end_col, f->edit.present,
	    f->edit.start_byte, f->edit.end_byte, f->suppressed, (uint32_t)f->step_count};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		put_u32(b, numbers[i]);
	put_text(b, f->message);
	put_text(b, f->fix);
	put_text(b, f->subject);
	put_text(b, f->edit.text);
	put_text(b, f->suppressed_why);
	put_u64(b, f->fingerprint);
	for (size_t i = 0; i < f->step_count; i++) {
		put_text(b, f->steps[i].file);
		put_u32(b, f->steps[i].line);
		put_u32(b, f->steps[i].col);
		put_text(b, f->steps[i].note);
	}
}

void cache_write(struct buf *out, enum cache_unit kind, struct slice name, uint64_t stamp, bool alone,
    const struct findings *findings, size_t from)
{
	struct buf body = BUF_INIT(CACHE_BYTES_MAX);
	for (size_t i = from; i < findings->count; i++)
		put_finding(&body, &findings->items[i]);
	if (buf_ok(&body)) {
		buf_add_char(out, (char)kind);
		put_text(out, name);
		put_u64(out, stamp);
		put_u32(out, alone);
		put_u32(out, (uint32_t)(findings->count - from));
		put_text(out, buf_slice(&body));
	}
	buf_done(&body);
}

static bool write_all(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;
	while (n > 0) {
		ssize_t done = write(fd, p, n);
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

void cache_save(
    const char *path, uint64_t rules_hash, uint64_t code_stamp, const struct buf *parts, size_t count)
{
	char temporary[4200];
	(void)snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid());
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	const uint64_t header[] = {CACHE_MAGIC, rules_hash, code_stamp};
	bool ok = write_all(fd, header, sizeof header);
	for (size_t i = 0; i < count && ok; i++)
		ok = buf_ok(&parts[i]) && write_all(fd, parts[i].ptr, parts[i].len);
	ok = close(fd) == 0 && ok;
	if (!ok || rename(temporary, path) != 0)
		(void)unlink(temporary);
}

/* ---- Reading ---- */

struct reader {
	const char *at;
	const char *end;
	bool bad;
};

static const void *take(struct reader *r, size_t n)
{
	if (r->bad || (size_t)(r->end - r->at) < n) {
		r->bad = true;
		return NULL;
	}
	const void *p = r->at;
	r->at += n;
	return p;
}

static uint32_t get_u32(struct reader *r)
{
	uint32_t v = 0;
	const void *p = take(r, sizeof v);
	if (p)
		memcpy(&v, p, sizeof v);
	return v;
}

static uint64_t get_u64(struct reader *r)
{
	uint64_t v = 0;
	const void *p = take(r, sizeof v);
	if (p)
		memcpy(&v, p, sizeof v);
	return v;
}

static struct slice get_text(struct reader *r)
{
	uint32_t n = get_u32(r);
	const char *p = take(r, n);
	return p ? slice_of(p, n) : SLICE_NONE;
}

static void read_records(struct review_cache *c, struct reader *r)
{
	while (!r->bad && r->at < r->end) {
		const char *start = r->at;
		(void)take(r, 1);
		struct slice name = get_text(r);
		struct cache_record *record = arena_zalloc(&c->arena, sizeof *record);
		char *key = arena_printf(&c->arena, "%c%.*s", *start, SLICE_ARG(name));
		if (!record || !key)
			return;
		record->stamp = get_u64(r);
		record->alone = get_u32(r) != 0;
		record->count = get_u32(r);
		record->findings = get_text(r);
		if (r->bad)
			return;
		record->raw = slice_of(start, (size_t)(r->at - start));
		record->next = strmap_get(&c->records, slice_cstr(key));
		ignore_result(
		    strmap_set(&c->records, slice_cstr(key), record)); /* a record less is only slower */
	}
}

void cache_open(struct review_cache *c, const char *path, uint64_t rules_hash)
{
	*c = (struct review_cache){.code_stamp = 0};
	arena_init(&c->arena, (size_t)64 << 20);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	if (fd < 0)
		return;
	bool fits = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
		    (size_t)st.st_size <= CACHE_BYTES_MAX;
	size_t size = fits ? (size_t)st.st_size : 0;
	c->bytes = malloc(size + 1);
	size_t len = 0;
	for (ssize_t n; c->bytes && len < size && (n = read(fd, c->bytes + len, size - len)) > 0;)
		len += (size_t)n;
	(void)close(fd);
	struct reader r = {.at = c->bytes, .end = c->bytes ? c->bytes + len : NULL, .bad = c->bytes == NULL};
	if (get_u64(&r) != CACHE_MAGIC || get_u64(&r) != rules_hash)
		return;
	c->code_stamp = get_u64(&r);
	read_records(c, &r);
}

void cache_done(struct review_cache *c)
{
	free(c->bytes);
	strmap_done(&c->records);
	arena_done(&c->arena);
}

const struct cache_record *cache_find(const struct review_cache *c, enum cache_unit kind, struct slice name)
{
	char key[4200];
	int n = snprintf(key, sizeof key, "%c%.*s", kind, SLICE_ARG(name));
	return n > 0 && (size_t)n < sizeof key ? strmap_get(&c->records, slice_of(key, (size_t)n)) : NULL;
}

static const struct rule_info *rule_named(
    const struct rules *rules, const struct code_rules *code, struct slice id)
{
	const struct rule *rule = rules_find(rules, id);
	const struct code_rule *other = rule ? NULL : strmap_get(&code->by_id, id);
	return rule ? &rule->info : other ? &other->info : NULL;
}

#define REPLAY_STEPS_MAX 32u

static bool replay_one(
    struct reader *r, const struct rules *rules, const struct code_rules *code, struct findings *findings)
{
	struct finding_step steps[REPLAY_STEPS_MAX];
	struct finding f = {.rule = rule_named(rules, code, get_text(r))};
	f.file = get_text(r);
	uint32_t n[9];
	for (size_t i = 0; i < 9; i++)
		n[i] = get_u32(r);
	f.line = n[0];
	f.col = n[1];
	f.end_line = n[2];
	f.end_col = n[3];
	f.message = get_text(r);
	f.fix = get_text(r);
	f.subject = get_text(r);
	f.edit = (struct finding_edit){n[4] != 0, n[5], n[6], get_text(r)};
	f.suppressed = n[7] != 0;
	f.suppressed_why = get_text(r);
	f.fingerprint = get_u64(r);
	if (n[8] > REPLAY_STEPS_MAX)
		return false;
	for (uint32_t i = 0; i < n[8]; i++) {
		steps[i].file = get_text(r);
		steps[i].line = get_u32(r);
		steps[i].col = get_u32(r);
		steps[i].note = get_text(r);
	}
	f.steps = steps;
	f.step_count = n[8];
	return !r->bad && f.rule && is_ok(findings_restore(findings, &f, NULL));
}

bool cache_replay(const struct cache_record *record, const struct rules *rules, const struct code_rules *code,
    struct findings *findings)
{
	size_t before = findings->count;
	for (; record; record = record->next) {
		struct reader r = {
		    .at = record->findings.ptr, .end = record->findings.ptr + record->findings.len};
		for (uint32_t i = 0; i < record->count; i++) {
			if (replay_one(&r, rules, code, findings))
				continue;
			findings->count = before;
			return false;
		}
	}
	return true;
}

bool cache_path_of(const char *root, char *path, size_t size)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	char *real = realpath(root, NULL);
	char dir[3800];
	if (!real || (!(cache && cache[0]) && !(home && home[0]))) {
		free(real);
		return false;
	}
	bool own = cache && cache[0];
	(void)snprintf(dir, sizeof dir, "%s%s", own ? cache : home, own ? "" : "/.cache");
	(void)mkdir(dir, 0700);
	size_t len = strlen(dir);
	(void)snprintf(dir + len, sizeof dir - len, "/ward");
	(void)mkdir(dir, 0700);
	uint64_t hash = finding_fingerprint("root", slice_cstr(real), SLICE_NONE);
	free(real);
	int n = snprintf(path, size, "%s/review-%016llx", dir, (unsigned long long)hash);
	return n > 0 && (size_t)n < size;
}
