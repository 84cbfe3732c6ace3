/*
 * ward's scanners alone, for the comparison with peers that do only that: scan secrets|deps DIR prints one JSON line a finding
 * {"file","line","end","rule"}. Exit status 0 without findings, 1 with, 2 when it cannot run.
 */
#include <stdio.h>
#include <string.h>

#include "review/deps/deps.h"
#include "review/secrets/secrets.h"

static result run_secrets(const struct file_set *files, struct findings *found, struct error *err)
{
	static struct secret_rules *rules; /* findings point to it until the end */
	TRY(secret_rules_builtin(err, &rules));
	return secrets_scan(rules, files, found, err);
}

static result run_deps(const struct file_set *files, struct findings *found, struct error *err)
{
	static struct deps_rules *rules; /* findings point to it until the end */
	struct deps deps;
	const struct deps_options options = {0};
	TRY(deps_rules_builtin(err, &rules));
	TRY(deps_scan(rules, files, &options, found, err, &deps));
	deps_done(&deps);
	return RESULT_OK;
}

int main(int argc, char **argv)
{
	struct error err = {.text = "usage: scan secrets|deps DIR"};
	struct file_set files;
	struct findings found;
	const struct file_set_options options = {.ignore_gitignore = true};
	bool secrets = argc == 3 && strcmp(argv[1], "secrets") == 0;
	if (argc != 3 || (!secrets && strcmp(argv[1], "deps") != 0) || !is_ok(file_set_open(argv[2], &options, &err, &files))) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	findings_init(&found, 100000);
	if (!is_ok(secrets ? run_secrets(&files, &found, &err) : run_deps(&files, &found, &err))) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	for (size_t i = 0; i < found.count; i++) {
		const struct finding *f = &found.items[i];
		CLEANUP_BUF struct buf name = BUF_INIT(65536);
		buf_add_json_escaped(&name, f->file);
		(void)printf("{\"file\":\"%s\",\"line\":%u,\"end\":%u,\"rule\":\"%s\"}\n", buf_cstr(&name), f->line, f->end_line, f->rule->id);
	}
	int status = found.count ? 1 : 0;
	findings_done(&found);
	file_set_done(&files);
	return status;
}
