/* Edit distance for suggestions. */
#include "app/manifest/nearest.h"

#include "base/size.h"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

size_t edit_distance(struct slice a, struct slice b)
{
	size_t rows[3][NEAREST_WORD_MAX + 1];
	if (a.len > NEAREST_WORD_MAX || b.len > NEAREST_WORD_MAX)
		return SIZE_MAX;
	size_t *before = rows[0], *above = rows[1], *row = rows[2];
	for (size_t j = 0; j <= b.len; j++)
		before[j] = above[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t cost = lower(a.ptr[i - 1]) != lower(b.ptr[j - 1]);
			row[j] = size_min(size_min(above[j] + 1, row[j - 1] + 1), above[j - 1] + cost);
			if (i > 1 && j > 1 && lower(a.ptr[i - 1]) == lower(b.ptr[j - 2]) &&
			    lower(a.ptr[i - 2]) == lower(b.ptr[j - 1]))
				row[j] = size_min(row[j], before[j - 2] + 1);
		}
		size_t *spare = before;
		before = above;
		above = row;
		row = spare;
	}
	return above[b.len];
}

void nearest_try(struct nearest *n, struct slice candidate)
{
	size_t distance = edit_distance(n->word, candidate);
	/* A third of the word may be wrong: past that a suggestion confuses more than it helps. */
	size_t most = size_max(1, size_min(n->word.len, candidate.len) / 3);
	if (distance > most || (n->best.ptr && distance >= n->distance))
		return;
	n->best = candidate;
	n->distance = distance;
}
