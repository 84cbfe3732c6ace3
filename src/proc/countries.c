/* The database of countries. Its bytes are foreign: what they say is a code of two letters or nothing. */
#include "proc/countries.h"

#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "os/fd.h"

struct countries {
	MMDB_s db;
};

result countries_read(const char *path, struct error *err, int *ret_fd)
{
	static const char mark[] = "\xab\xcd\xefMaxMind.com";
	struct slice bytes;
	TRY(file_read(path, COUNTRIES_BYTES_MAX, err, &bytes));
	result r = bytes.len && memmem(bytes.ptr, bytes.len, mark, sizeof mark - 1)
		       ? fd_sealed("ward-countries", bytes, err, ret_fd)
		       : error_set(err, ERR_INVALID, "%s is no MaxMind DB", path);
	free((char *)(uintptr_t)bytes.ptr);
	return r;
}

result countries_open(int fd, struct error *err, struct countries **ret)
{
	char path[64];
	struct countries *c = calloc(1, sizeof *c);
	if (!c)
		return error_set(err, ERR_MEMORY, "no memory for countries");
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	const int wrong = MMDB_open(path, MMDB_MODE_MMAP, &c->db);
	if (wrong != MMDB_SUCCESS) {
		free(c);
		return error_set(
		    err, ERR_INVALID, "cannot open the database of countries: %s", MMDB_strerror(wrong));
	}
	*ret = c;
	return RESULT_OK;
}

void countries_free(struct countries *c)
{
	if (c)
		MMDB_close(&c->db);
	free(c);
}

/* Where databases have the code: MaxMind's and DB-IP's, and those of one level. */
static const char *const paths[][3] = {
    {"country", "iso_code", NULL},
    {"registered_country", "iso_code", NULL},
    {"country_code", NULL},
    {"country", NULL},
};

static bool take_code(MMDB_entry_s *entry, const char *const *path, char ret[2])
{
	MMDB_entry_data_s data;
	if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
	    data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size != 2)
		return false;
	for (unsigned i = 0; i < 2; i++)
		if (data.utf8_string[i] < 'A' || data.utf8_string[i] > 'Z')
			return false;
	memcpy(ret, data.utf8_string, 2);
	return true;
}

bool countries_find(const struct countries *c, const struct net_address *a, char ret[2])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const bool is_v4 = memcmp(a->bytes, mapped, sizeof mapped) == 0;
	int wrong = MMDB_SUCCESS;
	memcpy(&v4.sin_addr, a->bytes + 12, 4);
	memcpy(&v6.sin6_addr, a->bytes, 16);
	const struct sockaddr *address = is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
	MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&c->db, address, &wrong);
	if (wrong != MMDB_SUCCESS || !found.found_entry)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (take_code(&found.entry, paths[i], ret))
			return true;
	return false;
}
