#include "gateway_harness.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "proc/gateway/proof.h"

void harness_init(struct gateway_harness *h)
{
	int ends[2];
	memset(h, 0, sizeof *h);
	ASSERT(sodium_init() >= 0 &&
	       socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
	struct gateway *g = &h->gateway;
	g->child = &h->child;
	g->unix_ms = HARNESS_NOW_MS;
	g->reply = g->json = g->value = BUF_INIT(1u << 20);
	memcpy(g->rate_key, "0123456789abcdef", sizeof g->rate_key);
	ASSERT(is_ok(gcra_init(&g->rates, 1024, NULL)));
	h->contract.contract.name = SLICE("pay");
	h->function.contract = &h->contract;
	h->conn.gateway = g;
	h->conn.watch.fd = ends[0];
	h->client = ends[1];
	h->conn.state = CONN_HEAD;
	h->conn.keep_alive = true;
	g->first[CONN_HEAD] = g->last[CONN_HEAD] = &h->conn;
	harness_from(h, "198.51.100.7");
}

void harness_done(struct gateway_harness *h)
{
	free(h->gateway.guards);
	gcra_done(&h->gateway.rates);
	buf_done(&h->gateway.reply);
	buf_done(&h->gateway.json);
	buf_done(&h->gateway.value);
	buf_done(&h->conn.out);
	close(h->conn.watch.fd);
	close(h->client);
}

void harness_from(struct gateway_harness *h, const char *text)
{
	struct net_address a;
	ASSERT(net_address_parse(slice_cstr(text), &a));
	net_address_text(&a, h->conn.address);
	h->conn.place = place_of_address(&h->gateway, &a);
}

int harness_answer(struct gateway_harness *h)
{
	int status = 0;
	const ssize_t n = recv(h->client, h->answer, sizeof h->answer - 1, 0);
	h->answer[n > 0 ? n : 0] = '\0';
	(void)sscanf(h->answer, "HTTP/1.1 %d", &status);
	return status;
}

void harness_proof(struct gateway_harness *h, struct slice proof)
{
	UNINITIALISED struct http_head head;
	memset(&head, 0, sizeof head);
	head.known[HTTP_H_WARD_PROOF] = proof;
	proof_take(&h->conn, &head);
}
