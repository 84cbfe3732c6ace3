/* Reading node trees. Called by pg_reach.c and the unit tests. */
#include "data/postgres/pg_tree.h"

/* FirstLowInvalidHeapAttributeNumber (src/include/access/sysattr.h): what column numbers in sets are counted
 * from. */
#define LOWEST (-7)

/* A word: up to the next space or bracket. Names in the tree have theirs escaped, so no name can look like a
 * field. */
static struct slice take_word(struct slice *rest)
{
	while (rest->len && (rest->ptr[0] == ' ' || rest->ptr[0] == '\n'))
		*rest = slice_of(rest->ptr + 1, rest->len - 1);
	size_t n = 0;
	while (n < rest->len && rest->ptr[n] != ' ' && rest->ptr[n] != '\n') {
		bool bracket = strchr("(){}", rest->ptr[n]) != NULL;
		if (bracket && n > 0)
			break;
		n += rest->ptr[n] == '\\' && n + 1 < rest->len ? 2 : 1;
		if (bracket)
			break;
	}
	struct slice word = slice_of(rest->ptr, n);
	*rest = slice_of(rest->ptr + n, rest->len - n);
	return word;
}

static bool take_number(struct slice *rest, uint32_t *ret)
{
	uint64_t value;
	if (!slice_to_u64(take_word(rest), &value) || value > UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

/* "(b 8 9)": what stands after the b. */
static struct slice take_set(struct slice *rest)
{
	struct slice word = take_word(rest);
	if (!slice_eq_cstr(word, "(") || !slice_eq_cstr(take_word(rest), "b"))
		return SLICE_NONE;
	const char *start = rest->ptr;
	do
		word = take_word(rest);
	while (word.len && !slice_eq_cstr(word, ")"));
	return slice_of(start, (size_t)(rest->ptr - start));
}

bool pg_tree_next(struct pg_tree *tree, struct pg_tree_relation *ret_relation, uint32_t *ret_function)
{
	*ret_function = 0;
	while (tree->rest.len) {
		struct slice word = take_word(&tree->rest);
		if (slice_eq_cstr(word, ":relid"))
			(void)take_number(&tree->rest, &tree->relation);
		else if (slice_eq_cstr(word, ":requiredPerms")) {
			tree->current = (struct pg_tree_relation){.relation = tree->relation};
			(void)take_number(&tree->rest, &tree->current.rights);
		} else if (slice_eq_cstr(word, ":selectedCols"))
			tree->current.selected = take_set(&tree->rest);
		else if (slice_eq_cstr(word, ":insertedCols"))
			tree->current.inserted = take_set(&tree->rest);
		else if (slice_eq_cstr(word, ":updatedCols")) {
			tree->current.updated = take_set(&tree->rest);
			*ret_relation = tree->current;
			if (tree->current.rights && tree->current.relation)
				return true;
		} else if (slice_eq_cstr(word, ":funcid") || slice_eq_cstr(word, ":opfuncid") ||
			   slice_eq_cstr(word, ":aggfnoid") || slice_eq_cstr(word, ":winfnoid")) {
			if (take_number(&tree->rest, ret_function) && *ret_function)
				return true;
		}
	}
	return false;
}

bool pg_tree_column(struct slice *set, int *ret_number)
{
	uint32_t number;
	if (!take_number(set, &number) || number > PG_COLUMNS_MAX + 7)
		return false;
	*ret_number = (int)number + LOWEST;
	return true;
}
