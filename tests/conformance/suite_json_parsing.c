/*
 * JSONTestSuite (nst/JSONTestSuite): y_ is taken, n_ is refused; for i_ the verdict must be the one that
 * docs/json.md lists, which is the table below. Our bounds do not count here: a plain type set without any
 * rule. Two y_ files hold a key twice: the grammar allows it and this suite asks for it, so that one rule of
 * ours is switched off, and tested by tests/unit/contract.
 */
#include <stdio.h>

#include "contract/type.h"
#include "corpus.h"
#include "report.h"

/* Files i_ that are taken; every other is refused. */
static const char *const taken[] = {"i_number_double_huge_neg_exp.json", "i_number_huge_exp.json",
    "i_number_neg_int_huge_exp.json", "i_number_pos_double_huge_exp.json", "i_number_real_neg_overflow.json",
    "i_number_real_pos_overflow.json", "i_number_real_underflow.json", "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json", "i_number_very_big_negative_int.json"};

static bool wanted(const char *name)
{
	if (name[0] != 'i')
		return name[0] == 'y';
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		if (strcmp(name, taken[i]) == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	char dir[256], path[1024];
	struct report report;
	struct error err;
	if (argc != 2)
		return 2;
	if (!corpus_unpack("json-parsing", dir, sizeof dir))
		return report_skip("json-parsing", argv[1], "no outside data");
	struct type_set *set =
	    type_set_new_with(&(struct type_options){.plain = true, .duplicate_keys = true});
	if (!set || !is_ok(type_set_add(set, SLICE("any"), SLICE("true"), &err)) ||
	    !is_ok(type_set_seal(set, &err)))
		return 2;
	report_init(&report, "json-parsing");
	(void)snprintf(path, sizeof path, "%s/test_parsing", dir);
	char **names = folder_list(path, ".json");
	for (char **name = names; name && *name; name++) {
		CLEANUP_BUF struct buf text = BUF_INIT(16u << 20);
		CLEANUP_BUF struct buf value = BUF_INIT(64u << 20);
		struct problems problems = {0};
		(void)snprintf(path, sizeof path, "%s/test_parsing/%s", dir, *name);
		if (!file_read(path, &text))
			return 2;
		result r =
		    value_from_json(type_set_find(set, SLICE("any")), buf_slice(&text), &value, &problems);
		report_case(&report, is_ok(r) == wanted(*name), *name,
		    is_ok(r) ? "was taken" : problems.lines[0].text);
	}
	folder_list_free(names);
	type_set_free(set);
	return report_finish(&report, argv[1]);
}
