/* ward-review: `ward check` alone, without the rest of ward. For tests and for machines that only review. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "review/command.h"

int main(int argc, char **argv)
{
	const char *rules = getenv("WARD_RULES");
	char beside[4096];
	if (!rules) {
		const char *slash = strrchr(argv[0], '/');
		(void)snprintf(beside, sizeof beside, "%.*s/../../../rules",
		    slash ? (int)(slash - argv[0]) : 1, slash ? argv[0] : ".");
		rules = beside;
	}
	return review_command(argc, argv, rules, "0.1.0");
}
