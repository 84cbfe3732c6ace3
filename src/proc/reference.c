/* docs/processes.md: manifests, system calls with their reasons, messages; written from the tables that are in force. */
#include <string.h>

#include "ipc/messages.h"
#include "proc/process.h"

static const struct {
	const char *name, *direction, *meaning, *descriptors;
} controls[] = {
#define X(name, direction, meaning, fds) {#name, direction, meaning, fds},
    CONTROL_MESSAGES(X)
#undef X
};

static const struct {
	const char *name, *direction, *payload;
	unsigned max;
} records[] = {
#define X(name, direction, payload, max) {#name, direction, payload, max},
    RECORDS(X)
#undef X
};

static void add_syscalls(struct buf *out, const struct process_manifest *m)
{
	if (!m->sandbox.tables) {
		buf_add_cstr(out, "No filter of its own: see its manifest for the reason.\n\n");
		return;
	}
	buf_add_cstr(out, "| system call | only when | why |\n|---|---|---|\n");
	for (const struct syscall_rule *const *table = m->sandbox.tables; *table; table++)
		for (const struct syscall_rule *r = *table; r->number >= 0; r++) {
			buf_printf(out, "| `%s` | ", r->name);
			for (size_t i = 0; i < 2; i++)
				if (r->args[i].used)
					buf_printf(out, "argument %u & 0x%llx = 0x%llx ", r->args[i].index,
					    (unsigned long long)r->args[i].mask, (unsigned long long)r->args[i].value);
			if (r->answer)
				buf_printf(out, "never: it fails with %s ", strerrorname_np(r->answer));
			buf_printf(out, "| %s |\n", r->reason);
		}
	buf_add_cstr(out, "\nAny other call stops the process, is told to the supervisor and ends it.\n\n");
}

static void add_process(struct buf *out, const struct process_manifest *m)
{
	static const char *const spaces[] = {"network", "IPC", "host name", "mounts"};
	buf_printf(out, "## %s\n\n%s It may: %s.\n\n", m->name, m->purpose, m->may);
	buf_add_cstr(out, "Namespaces of its own: user");
	for (unsigned i = 0; i < 4; i++)
		if (m->sandbox.namespaces & 1u << i)
			buf_printf(out, ", %s", spaces[i]);
	buf_printf(out, ". Restarted after %u ms, doubling to %u ms. Control messages it takes once it runs:", m->restart_ms_min,
	    m->restart_ms_max);
	for (const enum control_type *t = m->takes; *t != CONTROL_TYPE_COUNT; t++)
		buf_printf(out, " `%s`", control_name(*t));
	buf_add_cstr(out, ".\n\n");
	add_syscalls(out, m);
}

void process_reference(struct buf *out)
{
	buf_add_cstr(out, "# Processes\n\nWritten by `ward reference processes` from the manifests in `src/proc/` and the tables in "
			  "`src/ipc/messages.h`; a test keeps this page equal to them.\n\n");
	for (int kind = 0; kind < PROCESS_KIND_COUNT; kind++) {
		const struct process_manifest *m = process_manifest((enum process_kind)kind);
		if (m)
			add_process(out, m);
	}
	buf_add_cstr(out, "## Control messages\n\n| message | from, to | numbers and text | descriptors |\n|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
		buf_printf(out, "| `%s` | %s | %s | %s |\n", controls[i].name, controls[i].direction, controls[i].meaning,
		    controls[i].descriptors);
	buf_add_cstr(out, "\n## Records\n\n| record | from, to | payload | most bytes |\n|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof records / sizeof *records; i++)
		buf_printf(out, "| `%s` | %s | %s | %u |\n", records[i].name, records[i].direction, records[i].payload,
		    records[i].max);
}
