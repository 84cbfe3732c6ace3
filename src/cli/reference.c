/* `ward reference`: pages of docs/ printed from the tables that are in force. */
#include <stdio.h>
#include <string.h>

#include "app/manifest/manifest.h"
#include "cli/cli.h"
#include "proc/process.h"

static const struct {
	const char *name;
	void (*write)(struct buf *out);
} pages[] = {{"ward-yaml", manifest_reference}, {"processes", process_reference}};

int command_reference(int argc, char **argv)
{
	CLEANUP_BUF struct buf text = BUF_INIT(4u << 20);
	for (size_t i = 0; argc == 2 && i < sizeof pages / sizeof *pages; i++)
		if (strcmp(argv[1], pages[i].name) == 0) {
			pages[i].write(&text);
			(void)fputs(buf_cstr(&text), stdout);
			return buf_ok(&text) ? 0 : 1;
		}
	return usage_error("reference", "which page?");
}
