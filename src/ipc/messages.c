#include "ipc/messages.h"

const char *control_name(unsigned type)
{
	static const char *const names[] = {
#define X(name, direction, meaning, fds) #name,
	    CONTROL_MESSAGES(X)
#undef X
	};
	return type < CONTROL_TYPE_COUNT ? names[type] : "?";
}

const char *record_name(unsigned type)
{
	static const char *const names[] = {
#define X(name, direction, payload, max) #name,
	    RECORDS(X)
#undef X
	};
	return type < RECORD_TYPE_COUNT ? names[type] : "?";
}

uint32_t record_max(unsigned type)
{
	static const uint32_t most[] = {
#define X(name, direction, payload, max) (uint32_t)(max),
	    RECORDS(X)
#undef X
	};
	return type < RECORD_TYPE_COUNT ? most[type] : 0;
}
