#include "http/forwarded.h"

#include <arpa/inet.h>

#define MAPPED_BITS 96u

const char *forwarded_header_name(enum forwarded_header header)
{
	return header == FORWARDED_STANDARD ? "Forwarded" : "X-Forwarded-For";
}

bool net_address_parse(struct slice text, struct net_address *ret)
{
	char room[INET6_ADDRSTRLEN + 1];
	if (text.len == 0 || text.len >= sizeof room || memchr(text.ptr, '\0', text.len))
		return false;
	memcpy(room, text.ptr, text.len);
	room[text.len] = '\0';
	if (inet_pton(AF_INET6, room, ret->bytes) == 1)
		return true;
	*ret = (struct net_address){{[10] = 0xff, [11] = 0xff}};
	return inet_pton(AF_INET, room, ret->bytes + 12) == 1;
}

static bool is_mapped(const struct net_address *a)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
	return memcmp(a->bytes, prefix, sizeof prefix) == 0;
}

void net_address_text(const struct net_address *a, char text[48])
{
	const bool v4 = is_mapped(a);
	if (!inet_ntop(v4 ? AF_INET : AF_INET6, a->bytes + (v4 ? 12 : 0), text, 48))
		text[0] = '\0';
}

static bool in_range(const struct net_range *r, const struct net_address *a)
{
	const unsigned whole = r->bits / 8, rest = r->bits % 8;
	return memcmp(r->net.bytes, a->bytes, whole) == 0 &&
	       (rest == 0 || (r->net.bytes[whole] ^ a->bytes[whole]) >> (8 - rest) == 0);
}

bool net_range_parse(struct slice text, struct net_range *ret)
{
	uint64_t bits = 0;
	struct slice rest = text;
	const struct slice address = slice_cut(&rest, '/');
	if (!net_address_parse(address, &ret->net))
		return false;
	const bool v4 = !memchr(address.ptr, ':', address.len);
	const unsigned most = v4 ? 32 : 128;
	if (!rest.ptr)
		bits = most;
	else if (rest.len > 3 || !slice_to_u64(rest, &bits) || bits > most)
		return false;
	ret->bits = (unsigned)bits + (v4 ? MAPPED_BITS : 0);
	for (unsigned i = ret->bits; i < 128; i++)
		if (ret->net.bytes[i / 8] >> (7 - i % 8) & 1)
			return false;
	return true;
}

bool net_ranges_have(const struct net_range *ranges, size_t count, const struct net_address *a)
{
	for (size_t i = 0; i < count; i++)
		if (in_range(&ranges[i], a))
			return true;
	return false;
}

/* The last hops of all lines; those before them are further from us than anybody is asked about. */
struct hops {
	struct slice items[FORWARDED_HOPS_MAX];
	size_t count; /* ever added */
};

static void add_hop(struct hops *h, struct slice hop)
{
	h->items[h->count++ % FORWARDED_HOPS_MAX] = hop;
}

/* Cuts at sep outside of quoted strings; an escaped quote does not end one. */
static struct slice cut_unquoted(struct slice *rest, char sep)
{
	bool quoted = false;
	for (size_t i = 0; i < rest->len; i++) {
		if (quoted && rest->ptr[i] == '\\')
			i++;
		else if (rest->ptr[i] == '"')
			quoted = !quoted;
		else if (rest->ptr[i] == sep && !quoted) {
			const struct slice part = slice_of(rest->ptr, i);
			*rest = slice_of(rest->ptr + i + 1, rest->len - i - 1);
			return part;
		}
	}
	const struct slice part = *rest;
	*rest = SLICE_NONE;
	return part;
}

/* The `for` of one element (RFC 7239 section 4); empty when it has none, or more than one. */
static struct slice for_of(struct slice element)
{
	struct slice found = SLICE("");
	unsigned times = 0;
	while (element.ptr) {
		struct slice value = slice_trim(cut_unquoted(&element, ';'));
		const struct slice name = slice_cut(&value, '=');
		if (!value.ptr || !slice_eq_nocase(name, SLICE("for")))
			continue;
		times++;
		if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
			value = slice_of(value.ptr + 1, value.len - 2);
		found = value;
	}
	return times == 1 ? found : SLICE("");
}

/* "a.b.c.d", "a.b.c.d:port", "[v6]", "[v6]:port" and, as some proxies write it, a bare v6. */
static bool node_address(struct slice node, struct net_address *ret)
{
	const char *end;
	if (node.len && node.ptr[0] == '[') {
		end = memchr(node.ptr, ']', node.len);
		if (!end || (end + 1 < node.ptr + node.len && end[1] != ':'))
			return false;
		return net_address_parse(slice_of(node.ptr + 1, (size_t)(end - node.ptr - 1)), ret);
	}
	if (net_address_parse(node, ret))
		return true;
	struct slice port = node;
	const struct slice address = slice_cut(&port, ':');
	return port.ptr && memchr(address.ptr, '.', address.len) && net_address_parse(address, ret);
}

/* A client that leaves a quote open would swallow what the proxy adds behind it. */
static bool quotes_close(struct slice value)
{
	bool quoted = false;
	for (size_t i = 0; i < value.len; i++) {
		if (quoted && value.ptr[i] == '\\')
			i++;
		else if (value.ptr[i] == '"')
			quoted = !quoted;
	}
	return !quoted;
}

static void take_line(struct hops *h, struct slice value, enum forwarded_header header)
{
	if (header == FORWARDED_STANDARD && !quotes_close(value)) {
		add_hop(h, SLICE(""));
		return;
	}
	while (value.ptr) {
		const struct slice element =
		    slice_trim(header == FORWARDED_STANDARD ? cut_unquoted(&value, ',') : slice_cut(&value, ','));
		add_hop(h, header == FORWARDED_STANDARD ? for_of(element) : element);
	}
}

struct net_address forwarded_client(struct slice lines, enum forwarded_header header, const struct net_range *ranges,
    size_t count, const struct net_address *peer)
{
	struct hops hops = {.count = 0};
	struct net_address client = *peer;
	while (lines.ptr) {
		struct slice value = slice_cut(&lines, '\n');
		const struct slice name = slice_cut(&value, ':');
		if (value.ptr && slice_eq_nocase(name, slice_cstr(forwarded_header_name(header))))
			take_line(&hops, slice_trim(value), header);
	}
	for (size_t i = 0; i < hops.count && i < FORWARDED_HOPS_MAX; i++) {
		struct net_address next;
		if (!net_ranges_have(ranges, count, &client) ||
		    !node_address(hops.items[(hops.count - 1 - i) % FORWARDED_HOPS_MAX], &next))
			break;
		client = next;
	}
	return client;
}
