/* From hits in one text to findings of a review: masks, messages, subjects. No output of this file holds a
 * secret. */
#include <sodium.h>
#include <stdio.h>

#include "base/size.h"
#include "review/secrets/secrets.h"

/* At most a quarter of the secret and never more than four characters. */
void secret_mask(struct slice secret, char *out, size_t out_size)
{
	size_t shown = secret.len / 4 < 4 ? secret.len / 4 : 4;
	char head[5] = {0};
	for (size_t i = 0; i < shown; i++)
		head[i] = secret.ptr[i] >= 0x20 && secret.ptr[i] < 0x7f ? secret.ptr[i] : '?';
	(void)snprintf(out, out_size, "%s... (%zu characters)", head, secret.len);
}

/*
 * The same secret keeps its name in a baseline wherever it moves. 80 bits of a hash keyed with the rule's id:
 * enough to tell secrets apart, and the baseline is read by the same people as the file that holds the
 * secret.
 */
result secret_subject_of(const struct secret_hit *hit, struct slice text, struct arena *arena,
    struct error *err, struct slice *ret_subject)
{
	uint8_t hash[16];
	char hex[21];
	size_t key = size_min(strlen(hit->rule->id), crypto_generichash_KEYBYTES_MAX);
	if (crypto_generichash(hash, sizeof(hash), (const uint8_t *)text.ptr + hit->at, hit->len,
		(const uint8_t *)hit->rule->id, key) != 0)
		return error_set(err, ERR_INTERNAL, "cannot hash a secret");
	sodium_bin2hex(hex, sizeof(hex), hash, 10);
	struct slice copy = arena_copy(arena, slice_cstr(hex));
	if (!copy.ptr)
		return error_set(err, ERR_MEMORY, "no memory for a finding");
	*ret_subject = copy;
	return RESULT_OK;
}

static struct slice line_of(struct slice text, size_t at)
{
	size_t start = at, end = at;
	while (start > 0 && at - start < 4096 && text.ptr[start - 1] != '\n')
		start--;
	while (end < text.len && end - at < 4096 && text.ptr[end] != '\n')
		end++;
	return slice_of(text.ptr + start, end - start);
}

result secret_finding_add(const struct secret_hit *hit, struct slice path, struct slice text,
    const char *note, struct findings *findings, struct error *err)
{
	char mask[64], message[320];
	struct slice subject;
	secret_mask(slice_of(text.ptr + hit->at, hit->len), mask, sizeof(mask));
	(void)snprintf(message, sizeof(message), "%s: %s%s%s%s", hit->rule->title, mask,
	    hit->verified ? ", its checksum is right" : "", note ? ", " : "", note ? note : "");
	TRY(secret_subject_of(hit, text, &findings->arena, err, &subject));
	struct finding f = {
	    .rule = hit->rule,
	    .file = path,
	    .line = hit->line,
	    .col = hit->col,
	    .end_line = hit->end_line,
	    .end_col = hit->end_col,
	    .message = slice_cstr(message),
	    .subject = subject,
	};
	return findings_add(findings, &f, line_of(text, hit->at), err);
}

/* Where a line begins; findings come in order of lines, so that a file is walked once. */
struct line_cursor {
	struct slice bytes;
	size_t at;
	uint32_t line;
};

static size_t byte_at(struct line_cursor *c, uint32_t line, uint32_t col)
{
	if (line < c->line)
		*c = (struct line_cursor){.bytes = c->bytes, .line = 1};
	for (; c->line < line; c->line++) {
		const char *nl = memchr(c->bytes.ptr + c->at, '\n', c->bytes.len - c->at);
		if (!nl)
			return c->bytes.len;
		c->at = (size_t)(nl - c->bytes.ptr) + 1;
	}
	return size_min(c->at + (col ? col - 1 : 0), c->bytes.len);
}

/* The first finding of the file in a sorted list. */
static size_t first_of(const struct findings *findings, struct slice path)
{
	size_t low = 0;
	size_t high = findings->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (slice_cmp(findings->items[mid].file, path) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void secrets_hide(const struct findings *findings, struct slice path, struct slice bytes)
{
	/* The bytes are the caller's own memory, lent as a slice. */
	char *text = (char *)(uintptr_t)bytes.ptr;
	struct line_cursor from = {.bytes = bytes, .line = 1}, to = from;
	for (size_t i = first_of(findings, path); i < findings->count && bytes.len; i++) {
		const struct finding *f = &findings->items[i];
		if (!slice_eq(f->file, path))
			break;
		if (f->line == 0 || strncmp(f->rule->id, "secret-", 7) != 0)
			continue;
		size_t end = byte_at(&to, f->end_line, f->end_col);
		for (size_t at = byte_at(&from, f->line, f->col); at < end; at++)
			if (text[at] != '\n' && text[at] != '\r')
				text[at] = '*';
	}
}

result secrets_scan_file(const struct secret_rules *rules, struct slice path, struct slice text,
    struct findings *findings, struct error *err)
{
	struct secret_hits hits;
	if (file_looks_binary(text))
		return RESULT_OK;
	TRY(secrets_scan_text(rules, text, err, &hits));
	result r = RESULT_OK;
	for (size_t i = 0; i < hits.count && is_ok(r); i++)
		r = secret_finding_add(&hits.items[i], path, text, NULL, findings, err);
	secret_hits_done(&hits);
	return r;
}

result secrets_scan(const struct secret_rules *rules, const struct file_set *files, struct findings *findings,
    struct error *err)
{
	for (size_t i = 0; i < files->count; i++) {
		struct slice text;
		/* A file that went away or grew past the cap since the walk is listed by the walk's owner,
		 * not here. */
		if (files->files[i].too_large || !is_ok(file_set_read(files, &files->files[i], NULL, &text)))
			continue;
		result r = secrets_scan_file(rules, files->files[i].path, text, findings, err);
		file_bytes_free(text);
		TRY(r);
	}
	return RESULT_OK;
}
