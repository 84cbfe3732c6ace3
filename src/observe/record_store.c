/* Kept records in a mapped file. Called by the monitor for those that are worth it; the file is its own. */
#include "observe/record_store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/fd.h"

#define NONE UINT32_MAX
#define HEAD_BYTES 4096u

struct store_head {
	char magic[8];
	uint32_t record_bytes, room;
};
static const char magic[8] = "WARDKEPT";

/* Slots of a function from its oldest to its newest. */
struct function_slots {
	uint32_t oldest, newest, count;
};

struct record_store {
	void *map;
	size_t map_bytes;
	struct kept_record *slots;
	uint32_t *after; /* owned, by slot: the next newer of the same function, or the next free */
	uint32_t room, free;
	uint64_t next_number;
	struct function_slots *functions; /* owned, by number */
	uint32_t function_room;
};

static bool make_room(struct record_store *s, uint32_t function)
{
	if (function < s->function_room)
		return true;
	const uint32_t room = (function | 63u) + 1;
	struct function_slots *grown = realloc(s->functions, room * sizeof *grown);
	if (!grown)
		return false;
	for (uint32_t i = s->function_room; i < room; i++)
		grown[i] = (struct function_slots){NONE, NONE, 0};
	s->functions = grown;
	s->function_room = room;
	return true;
}

static void put_newest(struct record_store *s, uint32_t function, uint32_t slot)
{
	struct function_slots *f = &s->functions[function];
	s->after[slot] = NONE;
	if (f->count++ == 0)
		f->oldest = slot;
	else
		s->after[f->newest] = slot;
	f->newest = slot;
}

static int by_number(const void *a, const void *b)
{
	const struct kept_record *const *x = a, *const *y = b;
	return (*x)->number < (*y)->number ? -1 : (*x)->number > (*y)->number;
}

/* What a file of ours holds is put in its order; a slot that was half written when its writer ended is free.
 */
static result take_slots(struct record_store *s, struct error *err)
{
	const struct kept_record **found = calloc(s->room, sizeof(struct kept_record *));
	size_t count = 0;
	if (!found)
		return error_set(err, ERR_MEMORY, "no memory for kept records");
	s->free = NONE;
	for (uint32_t i = s->room; i > 0; i--) {
		struct kept_record *k = &s->slots[i - 1];
		if (k->number && k->function < RECORD_STORE_FUNCTIONS_MAX &&
		    is_ok(invocation_check(&k->record, NULL)) && make_room(s, k->function)) {
			found[count++] = k;
			continue;
		}
		k->number = 0;
		s->after[i - 1] = s->free;
		s->free = i - 1;
	}
	qsort(found, count, sizeof(struct kept_record *), by_number);
	for (size_t i = 0; i < count; i++)
		put_newest(s, found[i]->function, (uint32_t)(found[i] - s->slots));
	s->next_number = count ? found[count - 1]->number + 1 : 1;
	free(found);
	return RESULT_OK;
}

static result map_file(struct record_store *s, int fd, struct error *err)
{
	struct stat st;
	struct store_head head = {.record_bytes = sizeof(struct kept_record), .room = s->room};
	memcpy(head.magic, magic, sizeof magic);
	if (fstat(fd, &st) < 0)
		return error_errno(err, "cannot stat kept records");
	if ((size_t)st.st_size != s->map_bytes && ftruncate(fd, 0) < 0)
		return error_errno(err, "cannot begin kept records anew");
	/* Reserved, or a full disk would end whoever writes to the map. */
	if (fallocate(fd, 0, 0, (off_t)s->map_bytes) < 0)
		return error_errno(err, "cannot reserve room for kept records");
	s->map = mmap(NULL, s->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (s->map == MAP_FAILED) {
		s->map = NULL;
		return error_errno(err, "cannot map kept records");
	}
	if (memcmp(s->map, &head, sizeof head) != 0) {
		memset(s->map, 0, s->map_bytes);
		memcpy(s->map, &head, sizeof head);
	}
	s->slots = (struct kept_record *)((char *)s->map + HEAD_BYTES);
	return take_slots(s, err);
}

result record_store_open(const char *path, uint32_t room, struct error *err, struct record_store **ret)
{
	CLEANUP_FD int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_errno(err, "cannot open %s", path);
	struct record_store *s = calloc(1, sizeof *s);
	if (!s || !(s->after = calloc(room, sizeof *s->after))) {
		free(s);
		return error_set(err, ERR_MEMORY, "no memory for kept records");
	}
	s->room = room;
	s->map_bytes = HEAD_BYTES + room * sizeof(struct kept_record);
	result r = map_file(s, fd, err);
	if (!is_ok(r)) {
		record_store_close(s);
		return r;
	}
	*ret = s;
	return RESULT_OK;
}

void record_store_close(struct record_store *s)
{
	if (!s)
		return;
	if (s->map)
		(void)munmap(s->map, s->map_bytes);
	free(s->after);
	free(s->functions);
	free(s);
}

/* A free slot; when there is none, the oldest of the function that has most. */
static uint32_t take_slot(struct record_store *s)
{
	uint32_t slot = s->free;
	if (slot != NONE) {
		s->free = s->after[slot];
		return slot;
	}
	struct function_slots *most = &s->functions[0];
	for (uint32_t i = 1; i < s->function_room; i++)
		most = s->functions[i].count > most->count ? &s->functions[i] : most;
	slot = most->oldest;
	most->oldest = s->after[slot];
	most->count--;
	return slot;
}

result record_store_add(
    struct record_store *s, uint32_t function, uint64_t names, const struct invocation *v, struct error *err)
{
	if (function >= RECORD_STORE_FUNCTIONS_MAX)
		return error_set(err, ERR_LIMIT, "function %u is none that records are kept of", function);
	if (!make_room(s, function))
		return error_set(err, ERR_MEMORY, "no memory for kept records");
	const uint32_t slot = take_slot(s);
	struct kept_record *k = &s->slots[slot];
	k->number = 0;
	k->names = names;
	k->function = function;
	k->record = *v;
	/* Last, and no compiler may move it: a slot with a number is whole. */
	__atomic_store_n(&k->number, s->next_number++, __ATOMIC_RELEASE);
	put_newest(s, function, slot);
	return RESULT_OK;
}

const struct kept_record *record_store_find(const struct record_store *s, uint64_t request)
{
	for (uint32_t i = 0; request && i < s->room; i++)
		if (s->slots[i].number && s->slots[i].record.request == request)
			return &s->slots[i];
	return NULL;
}

size_t record_store_trace(
    const struct record_store *s, const uint8_t trace_id[16], size_t most, const struct kept_record **ret)
{
	size_t count = 0;
	for (uint32_t i = 0; i < s->room && count < most; i++)
		if (s->slots[i].number && memcmp(s->slots[i].record.trace_id, trace_id, 16) == 0)
			ret[count++] = &s->slots[i];
	qsort(ret, count, sizeof(struct kept_record *), by_number);
	return count;
}

size_t record_store_list(const struct record_store *s, const struct kept_record **ret)
{
	size_t count = 0;
	for (uint32_t i = 0; i < s->room; i++)
		if (s->slots[i].number)
			ret[count++] = &s->slots[i];
	qsort(ret, count, sizeof(struct kept_record *), by_number);
	for (size_t i = 0; i < count / 2; i++) {
		const struct kept_record *one = ret[i];
		ret[i] = ret[count - 1 - i];
		ret[count - 1 - i] = one;
	}
	return count;
}

size_t record_store_since(
    const struct record_store *s, uint64_t number, size_t most, const struct kept_record **ret)
{
	const struct kept_record **found = calloc(s->room, sizeof(struct kept_record *));
	size_t count = 0;
	for (uint32_t i = 0; found && number + 1 < s->next_number && i < s->room; i++)
		if (s->slots[i].number > number)
			found[count++] = &s->slots[i];
	if (count)
		qsort(found, count, sizeof(struct kept_record *), by_number);
	count = count < most ? count : most;
	if (count)
		memcpy(ret, found, count * sizeof(struct kept_record *));
	free(found);
	return count;
}

uint64_t record_store_newest(const struct record_store *s)
{
	return s->next_number - 1;
}

uint32_t record_store_room(const struct record_store *s)
{
	return s->room;
}

uint32_t record_store_count(const struct record_store *s, uint32_t function)
{
	return function < s->function_room ? s->functions[function].count : 0;
}
