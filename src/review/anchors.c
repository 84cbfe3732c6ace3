/* Builds and runs the automaton of anchors.h; called by the secret scanner. The words are ours, the
 * text is anyone's. */
#include "review/anchors.h"

#define WORD_BYTES_MAX 60000u

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* A class for each byte that occurs in a word, one (0) for all others. */
static void make_classes(struct anchors *a, const struct anchor_word *words, size_t count)
{
	memset(a->class_of, 0, sizeof(a->class_of));
	a->classes = 1;
	for (size_t w = 0; w < count; w++)
		for (size_t i = 0; i < words[w].text.len; i++) {
			uint8_t c = lower((uint8_t)words[w].text.ptr[i]);
			if (a->class_of[c] == 0)
				a->class_of[c] = (uint8_t)a->classes++;
		}
	for (unsigned c = 'A'; c <= 'Z'; c++)
		a->class_of[c] = a->class_of[c + 32];
}

static uint32_t *edge(const struct anchors *a, uint32_t state, uint32_t class_index)
{
	return a->next + (size_t)state * a->classes + class_index;
}

static void add_word(struct anchors *a, const struct anchor_word *word)
{
	uint32_t state = 0;
	for (size_t i = 0; i < word->text.len; i++) {
		uint32_t *to = edge(a, state, a->class_of[(uint8_t)word->text.ptr[i]]);
		if (*to == 0) {
			*to = a->states++;
			a->length[*to] = (uint32_t)(i + 1);
		}
		state = *to;
	}
	a->tags[a->tag_count] = word->tag;
	a->tag_next[a->tag_count] = a->first_tag[state];
	a->first_tag[state] = ++a->tag_count;
}

/* Breadth first: a missing edge becomes the edge of the longest proper suffix, so that scanning never steps
 * back. */
static void close_edges(struct anchors *a, uint32_t *queue, uint32_t *fail)
{
	size_t head = 0, tail = 0;
	for (uint32_t c = 0; c < a->classes; c++) {
		uint32_t to = *edge(a, 0, c);
		if (to != 0)
			queue[tail++] = to;
	}
	while (head < tail) {
		uint32_t state = queue[head++];
		uint32_t suffix = fail[state];
		a->fail_tagged[state] = a->first_tag[suffix] ? suffix : a->fail_tagged[suffix];
		for (uint32_t c = 0; c < a->classes; c++) {
			uint32_t *to = edge(a, state, c);
			if (*to == 0) {
				*to = *edge(a, suffix, c);
				continue;
			}
			fail[*to] = *edge(a, suffix, c);
			queue[tail++] = *to;
		}
	}
}

result anchors_build(struct arena *arena, const struct anchor_word *words, size_t count, struct error *err,
    struct anchors *ret_anchors)
{
	size_t bytes = 1;
	for (size_t i = 0; i < count; i++)
		bytes += words[i].text.len;
	if (bytes > WORD_BYTES_MAX)
		return error_set(err, ERR_LIMIT, "more than %u bytes of anchor words", WORD_BYTES_MAX);
	struct anchors a = {.states = 1};
	make_classes(&a, words, count);
	a.next = arena_zalloc(arena, bytes * a.classes * sizeof(*a.next));
	a.first_tag = arena_zalloc(arena, bytes * sizeof(*a.first_tag));
	a.fail_tagged = arena_zalloc(arena, bytes * sizeof(*a.fail_tagged));
	a.length = arena_zalloc(arena, bytes * sizeof(*a.length));
	a.tags = arena_zalloc(arena, (count + 1) * sizeof(*a.tags));
	a.tag_next = arena_zalloc(arena, (count + 1) * sizeof(*a.tag_next));
	uint32_t *queue = arena_zalloc(arena, bytes * sizeof(*queue));
	uint32_t *fail = arena_zalloc(arena, bytes * sizeof(*fail));
	if (!a.next || !a.first_tag || !a.fail_tagged || !a.length || !a.tags || !a.tag_next || !queue ||
	    !fail)
		return error_set(err, ERR_MEMORY, "no memory for the anchor table");
	for (size_t i = 0; i < count; i++)
		add_word(&a, &words[i]);
	close_edges(&a, queue, fail);
	*ret_anchors = a;
	return RESULT_OK;
}

void anchors_scan(const struct anchors *a, struct slice text, anchor_found found, void *ctx)
{
	uint32_t state = 0;
	for (size_t i = 0; i < text.len; i++) {
		state = *edge(a, state, a->class_of[(uint8_t)text.ptr[i]]);
		uint32_t at = a->first_tag[state] ? state : a->fail_tagged[state];
		for (; at != 0; at = a->fail_tagged[at])
			for (uint32_t t = a->first_tag[at]; t != 0; t = a->tag_next[t - 1])
				found(ctx, i + 1 - a->length[at], a->length[at], a->tags[t - 1]);
	}
}
