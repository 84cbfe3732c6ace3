/* Which addresses are part of the public internet, and which nobody has any business at. */
#ifndef WARD_PROC_ADDRESS_H
#define WARD_PROC_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

enum address_kind {
	ADDRESS_PUBLIC,
	ADDRESS_PRIVATE,   /* for hosts whose contract says `private: true` */
	ADDRESS_FORBIDDEN, /* for nobody: link-local and the metadata services of clouds, multicast, reserved blocks */
};

/*
 * By the special-purpose blocks of the IANA registries for IPv4 and IPv6, and the addresses at which clouds answer machines
 * about themselves. IPv6 forms that carry an IPv4 address (mapped, compatible, translated, 6to4, Teredo, ISATAP) are judged by
 * that one. *ret_what says in words what it is.
 */
enum address_kind address_kind(const struct sockaddr *address, const char **ret_what);

static inline bool address_is_public(const struct sockaddr *address)
{
	const char *what;
	return address_kind(address, &what) == ADDRESS_PUBLIC;
}

#endif
