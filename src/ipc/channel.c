/* Shared-memory rings. Called by the loops of gateway, worker, broker and egress; trusts nothing in the memory. */
#include "ipc/channel.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fcntl.h>

#include "base/check.h"
#include "base/size.h"

struct record_head {
	uint32_t here;	/* payload bytes in this fragment */
	uint32_t total; /* payload bytes of the record */
	uint32_t type; /* enum record_type, and HOLDS_SECRET */
	uint32_t id;
};

#define HOLDS_SECRET 0x80000000u
#define RECORD_ALIGN 16u
#define FRAGMENT_MAX (CHANNEL_RING_BYTES / 4)
#define RING_MASK (CHANNEL_RING_BYTES - 1)

static uint32_t padded(uint32_t n)
{
	return (n + (uint32_t)sizeof(struct record_head) + RECORD_ALIGN - 1) & ~(RECORD_ALIGN - 1);
}

result channel_memory(struct error *err, int *ret_fd)
{
	int fd = memfd_create("ward-channel", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return error_errno(err, "cannot make channel memory");
	if (ftruncate(fd, 2 * CHANNEL_PAGE + 2 * (off_t)CHANNEL_RING_BYTES) < 0 ||
	    /* Neither end may shrink it under the other: a fault would be a way to kill the gateway. */
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		result r = error_errno(err, "cannot size channel memory");
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return RESULT_OK;
}

/* Maps one data area twice in a row inside the reservation at `at`. */
static bool map_twice(char *at, int fd, off_t offset)
{
	for (int i = 0; i < 2; i++)
		if (mmap(at + (size_t)i * CHANNEL_RING_BYTES, CHANNEL_RING_BYTES, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_FIXED, fd, offset) == MAP_FAILED)
			return false;
	return true;
}

result channel_open(struct channel *c, int memory_fd, unsigned side, int peer_bell_fd, struct error *err)
{
	const size_t heads = 2 * CHANNEL_PAGE;
	const size_t bytes = heads + 4 * (size_t)CHANNEL_RING_BYTES;
	struct stat st;
	int seals = fcntl(memory_fd, F_GET_SEALS);
	if (fstat(memory_fd, &st) < 0 || st.st_size != (off_t)(heads + 2 * CHANNEL_RING_BYTES) || seals < 0 ||
	    !(seals & F_SEAL_SHRINK))
		return error_set(err, ERR_INVALID, "channel memory is not as made");
	char *map = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return error_errno(err, "cannot reserve a channel");
	char *data[2] = {map + heads, map + heads + 2 * (size_t)CHANNEL_RING_BYTES};
	if (mmap(map, heads, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory_fd, 0) == MAP_FAILED ||
	    !map_twice(data[0], memory_fd, (off_t)heads) ||
	    !map_twice(data[1], memory_fd, (off_t)(heads + CHANNEL_RING_BYTES))) {
		result r = error_errno(err, "cannot map a channel");
		munmap(map, bytes);
		return r;
	}
	struct ring_head *head[2] = {(void *)map, (void *)(map + CHANNEL_PAGE)};
	*c = (struct channel){
	    .out = {head[side], data[side], atomic_load(&head[side]->written)},
	    .in = {head[1 - side], data[1 - side], atomic_load(&head[1 - side]->read)},
	    .map = map,
	    .map_bytes = bytes,
	    .peer_bell_fd = peer_bell_fd,
	    .backlog = BUF_INIT(CHANNEL_BACKLOG_MAX),
	    .partial = BUF_INIT(64u << 20),
	};
	return RESULT_OK;
}

void channel_done(struct channel *c)
{
	if (c->map)
		munmap(c->map, c->map_bytes);
	if (c->map && c->peer_bell_fd >= 0)
		close(c->peer_bell_fd);
	buf_done(&c->backlog);
	buf_done(&c->partial);
	*c = (struct channel){.peer_bell_fd = -1, .broken = true};
}

/* Room in the out ring, or UINT32_MAX when the peer's position makes no sense. */
static uint32_t room_out(const struct channel *c)
{
	uint32_t used = c->out.at - atomic_load_explicit(&c->out.head->read, memory_order_acquire);
	return used <= CHANNEL_RING_BYTES ? CHANNEL_RING_BYTES - used : UINT32_MAX;
}

static void post(struct channel *c, uint32_t n)
{
	c->out.at += n;
	atomic_store_explicit(&c->out.head->written, c->out.at, memory_order_release);
	c->posted = true;
}

/* Copies `n` bytes of the parts, starting at part and offset, and moves those on. */
static void gather(char *to, uint32_t n, const struct slice *parts, size_t *part, size_t *offset)
{
	while (n > 0) {
		uint32_t step = (uint32_t)size_min(n, parts[*part].len - *offset);
		if (step)
			memcpy(to, parts[*part].ptr + *offset, step);
		to += step;
		n -= step;
		*offset += step;
		if (*offset == parts[*part].len) {
			(*part)++;
			*offset = 0;
		}
	}
}

static bool move_backlog(struct channel *c)
{
	while (c->backlog_at < c->backlog.len) {
		struct record_head head;
		memcpy(&head, c->backlog.ptr + c->backlog_at, sizeof head);
		uint32_t n = padded(head.here);
		uint32_t room = room_out(c);
		if (room == UINT32_MAX)
			c->broken = true;
		if (room == UINT32_MAX || room < n)
			return false;
		memcpy(c->out.data + (c->out.at & RING_MASK), c->backlog.ptr + c->backlog_at, n);
		c->backlog_at += n;
		post(c, n);
	}
	buf_clear(&c->backlog);
	c->backlog.secret = false;
	c->backlog_at = 0;
	return true;
}

static result send_record(struct channel *c, enum record_type type, uint32_t flags, uint32_t id, const struct slice *parts,
    size_t count, struct error *err)
{
	size_t total = 0;
	if (c->broken)
		return error_set(err, ERR_CLOSED, "the channel is closed");
	for (size_t i = 0; i < count; i++)
		total += parts[i].len;
	if (total > record_max(type))
		return error_set(err, ERR_LIMIT, "a %s of %zu bytes is larger than its bound", record_name(type), total);
	if (c->backlog.len - c->backlog_at + total + FRAGMENT_MAX > CHANNEL_BACKLOG_MAX)
		return error_set(err, ERR_LIMIT, "the peer reads too slowly");
	bool direct = move_backlog(c);
	size_t part = 0;
	size_t offset = 0;
	uint32_t left = (uint32_t)total;
	do {
		const struct record_head head = {left < FRAGMENT_MAX ? left : FRAGMENT_MAX, (uint32_t)total, type | flags, id};
		uint32_t n = padded(head.here);
		uint32_t room = direct ? room_out(c) : 0;
		if (room == UINT32_MAX) {
			c->broken = true;
			return error_set(err, ERR_INVALID, "the peer broke the channel");
		}
		direct = direct && room >= n;
		c->backlog.secret = c->backlog.secret || (!direct && flags);
		char *to = direct ? c->out.data + (c->out.at & RING_MASK) : buf_reserve(&c->backlog, n);
		if (!to) {
			c->broken = true;
			return error_set(err, ERR_MEMORY, "no memory for the backlog");
		}
		memcpy(to, &head, sizeof head);
		gather(to + sizeof head, head.here, parts, &part, &offset);
		if (direct)
			post(c, n);
		else
			c->backlog.len += n;
		left -= head.here;
	} while (left > 0);
	return RESULT_OK;
}

result channel_send(struct channel *c, enum record_type type, uint32_t id, const struct slice *parts, size_t count,
    struct error *err)
{
	return send_record(c, type, 0, id, parts, count, err);
}

result channel_send_secret(struct channel *c, enum record_type type, uint32_t id, const struct slice *parts, size_t count,
    struct error *err)
{
	return send_record(c, type, HOLDS_SECRET, id, parts, count, err);
}

static void ring_bell(const struct channel *c)
{
	const uint64_t one = 1;
	ssize_t n = write(c->peer_bell_fd, &one, sizeof one);
	/* EAGAIN: the bell has rung 2^64-2 times and the peer will wake anyhow. */
	(void)n;
}

void channel_flush(struct channel *c)
{
	if (c->broken)
		return;
	if (c->backlog_at < c->backlog.len) {
		atomic_store(&c->out.head->wants_room, 1);
		if (move_backlog(c))
			atomic_store(&c->out.head->wants_room, 0);
	}
	if (!c->posted)
		return;
	c->posted = false;
	/* Our write of `written` before our read of `sleeps`; the peer does the reverse. One of us sees the other. */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&c->out.head->sleeps, memory_order_relaxed)) {
		atomic_store_explicit(&c->out.head->sleeps, 0, memory_order_relaxed);
		ring_bell(c);
	}
}

bool channel_sent(const struct channel *c)
{
	return c->broken || (!c->posted && c->backlog_at == c->backlog.len);
}

static result broken(struct channel *c, struct error *err, const char *how)
{
	c->broken = true;
	return error_set(err, ERR_INVALID, "the peer broke the channel: %s", how);
}

static bool head_valid(const struct channel *c, const struct record_head *h)
{
	if (h->type >= RECORD_TYPE_COUNT || h->total > record_max(h->type) || h->here > FRAGMENT_MAX)
		return false;
	if (c->partial_total == 0)
		return h->here == (h->total < FRAGMENT_MAX ? h->total : FRAGMENT_MAX);
	return h->total == c->partial_total && h->type == c->partial_type && h->id == c->partial_id && h->here > 0 &&
	       h->here <= c->partial_total - c->partial.len;
}

result channel_next(struct channel *c, struct error *err, struct record *ret)
{
	/* The last one has been looked at. */
	if (c->partial.secret && c->partial_total == 0) {
		buf_clear(&c->partial);
		c->partial.secret = false;
	}
	if (c->broken)
		return error_set(err, ERR_CLOSED, "the channel is closed");
	for (;;) {
		uint32_t waiting = atomic_load_explicit(&c->in.head->written, memory_order_acquire) - c->in.at;
		if (waiting == 0)
			return (result){ERR_NOT_FOUND};
		if (waiting > CHANNEL_RING_BYTES || waiting < sizeof(struct record_head))
			return broken(c, err, "position out of range");
		struct record_head head;
		char *from = c->in.data + (c->in.at & RING_MASK);
		memcpy(&head, from, sizeof head);
		const bool secret = head.type & HOLDS_SECRET;
		head.type &= ~HOLDS_SECRET;
		if (!head_valid(c, &head) || padded(head.here) > waiting)
			return broken(c, err, "malformed record");
		if (c->partial_total == 0)
			buf_clear(&c->partial);
		c->partial.secret = c->partial.secret || secret;
		buf_add(&c->partial, from + sizeof head, head.here);
		if (secret)
			explicit_bzero(from + sizeof head, head.here);
		if (!buf_ok(&c->partial))
			return broken(c, err, "no memory for a record");
		c->in.at += padded(head.here);
		atomic_store_explicit(&c->in.head->read, c->in.at, memory_order_release);
		if (atomic_load_explicit(&c->in.head->wants_room, memory_order_relaxed)) {
			atomic_store(&c->in.head->wants_room, 0);
			ring_bell(c);
		}
		bool whole = c->partial.len == head.total;
		c->partial_total = whole ? 0 : head.total;
		c->partial_type = head.type;
		c->partial_id = head.id;
		if (whole) {
			*ret = (struct record){head.type, head.id, buf_slice(&c->partial)};
			return RESULT_OK;
		}
	}
}

uint32_t channel_waiting(const struct channel *c, size_t bytes)
{
	if (c->broken)
		return 0;
	const uint32_t unread = atomic_load_explicit(&c->in.head->written, memory_order_acquire) - c->in.at;
	return unread > CHANNEL_RING_BYTES / 2 ? CHANNEL_MANY : unread / padded((uint32_t)size_min(bytes, FRAGMENT_MAX));
}

bool channel_peer_sleeps(const struct channel *c)
{
	return !c->broken && atomic_load_explicit(&c->out.head->sleeps, memory_order_relaxed);
}

bool channel_unread(const struct channel *c)
{
	return !c->broken && atomic_load_explicit(&c->in.head->written, memory_order_acquire) != c->in.at;
}

bool channel_may_sleep(struct channel *c)
{
	if (c->broken)
		return true;
	atomic_store_explicit(&c->in.head->sleeps, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	return atomic_load_explicit(&c->in.head->written, memory_order_relaxed) == c->in.at;
}

void channel_awake(struct channel *c)
{
	if (!c->broken)
		atomic_store_explicit(&c->in.head->sleeps, 0, memory_order_relaxed);
}

result doorbell_new(struct error *err, int *ret_fd)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return error_errno(err, "cannot make a doorbell");
	*ret_fd = fd;
	return RESULT_OK;
}

result doorbell_blocks(int fd, struct error *err)
{
	if (fcntl(fd, F_SETFL, 0) < 0)
		return error_errno(err, "cannot make a doorbell block");
	return RESULT_OK;
}

void doorbell_clear(int fd)
{
	uint64_t count;
	ssize_t n = read(fd, &count, sizeof count);
	(void)n;
}
