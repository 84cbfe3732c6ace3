/*
 * What the observer has learned, in a file beside the sums: a monitor that ends, or a release that comes with
 * a restart, must not begin a day of learning anew, or nobody would ever see that a new version reaches for
 * something else.
 *
 * The structs are written as they are, by one build for itself: a head tells their sizes and a number that
 * changes with their meaning, and what does not match is not read. A checksum tells damage; the file is the
 * monitor's own and no foreign bytes. Functions are known by their numbers in the rollup store, beside which
 * the file lies.
 */
#include <stdlib.h>

#include "observe/mix.h"
#include "observe/monitor.h"
#include "os/fd.h"

/* Raise with any change of what a field of profile, watch, detector or incident means. */
#define MEMORY_LAYOUT 3u
#define MEMORY_BYTES_MAX (512u << 20)

struct memory_head {
	char magic[8];
	uint32_t layout, observed_bytes, incident_bytes, incidents, next_id, functions;
	uint64_t checksum; /* of all that follows */
};

static const char magic[8] = "WARDSEEN";

static uint64_t checksum_of(const char *bytes, size_t n)
{
	uint64_t sum = n;
	for (size_t at = 0; at < n; at += sizeof sum) {
		uint64_t word = 0;
		memcpy(&word, bytes + at, n - at < sizeof word ? n - at : sizeof word);
		sum = mix64(sum ^ word) + at;
	}
	return sum;
}

result monitor_remember(const struct monitor *m, const char *path, struct error *err)
{
	const struct observer *o = &m->observer;
	CLEANUP_BUF struct buf out = BUF_INIT(MEMORY_BYTES_MAX);
	struct memory_head head = {.layout = MEMORY_LAYOUT,
	    .observed_bytes = sizeof(struct observed),
	    .incident_bytes = sizeof(struct incident),
	    .incidents = INCIDENTS_MAX,
	    .next_id = o->book.next_id};
	memcpy(head.magic, magic, sizeof magic);
	buf_add(&out, &head, sizeof head);
	buf_add(&out, o->book.incidents, sizeof o->book.incidents);
	for (uint32_t i = 0; i < o->room; i++) {
		if (!o->functions[i])
			continue;
		buf_add(&out, &i, sizeof i);
		buf_add(&out, o->functions[i], sizeof *o->functions[i]);
		head.functions++;
	}
	if (!buf_ok(&out))
		return error_set(err, ERR_LIMIT, "what was learned is too large to keep");
	head.checksum = checksum_of(out.ptr + sizeof head, out.len - sizeof head);
	memcpy(out.ptr, &head, sizeof head);
	return file_write_atomic(path, buf_slice(&out), 0600, err);
}

static result recall(struct monitor *m, struct slice text, struct error *err)
{
	struct memory_head head;
	struct incident_book *book = &m->observer.book;
	const size_t each = sizeof(uint32_t) + sizeof(struct observed);
	if (text.len < sizeof head + sizeof book->incidents)
		return error_set(err, ERR_INVALID, "what was learned is cut short");
	memcpy(&head, text.ptr, sizeof head);
	if (memcmp(head.magic, magic, sizeof magic) != 0 || head.layout != MEMORY_LAYOUT ||
	    head.observed_bytes != sizeof(struct observed) ||
	    head.incident_bytes != sizeof(struct incident) || head.incidents != INCIDENTS_MAX)
		return error_set(err, ERR_INVALID, "what was learned is of another build");
	const char *at = text.ptr + sizeof head;
	if (text.len != sizeof head + sizeof book->incidents + head.functions * each ||
	    checksum_of(at, text.len - sizeof head) != head.checksum)
		return error_set(err, ERR_INVALID, "what was learned is damaged");
	memcpy(book->incidents, at, sizeof book->incidents);
	book->next_id = head.next_id;
	at += sizeof book->incidents;
	for (uint32_t i = 0; i < head.functions; i++, at += each) {
		uint32_t function;
		memcpy(&function, at, sizeof function);
		TRY(observer_restore(&m->observer, function, at + sizeof function, err));
	}
	return RESULT_OK;
}

result monitor_recall(struct monitor *m, const char *path, struct error *err)
{
	struct slice text;
	TRY(file_read(path, MEMORY_BYTES_MAX, err, &text));
	result r = recall(m, text, err);
	free((char *)(uintptr_t)text.ptr);
	return r;
}
