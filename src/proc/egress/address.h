/* Which addresses are part of the public internet. */
#ifndef WARD_PROC_EGRESS_ADDRESS_H
#define WARD_PROC_EGRESS_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * False for every special-purpose block of the IANA registries for IPv4 and IPv6 that is not globally
 * reachable: loopback, private, link-local (with cloud metadata), shared, documentation, benchmarking,
 * multicast, reserved, and for IPv6 forms that carry an IPv4 address of such a kind (mapped, compatible,
 * translated, 6to4, Teredo).
 */
bool address_is_public(const struct sockaddr *address);

#endif
