/* The tree that parsers fill and rules read. */
#include "review/node.h"

struct node *node_new(struct node_sink *sink, enum node_kind kind)
{
	if (sink->nodes >= NODES_MAX)
		return NULL;
	struct node *n = arena_zalloc(sink->arena, sizeof *n);
	if (!n)
		return NULL;
	sink->nodes++;
	n->kind = kind;
	return n;
}

void node_append(struct node *parent, struct node *child)
{
	child->parent = parent;
	child->next = NULL;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	parent->count++;
}

struct node *node_clone(struct node_sink *sink, const struct node *from, unsigned depth)
{
	if (depth > NODE_DEPTH_MAX)
		return NULL;
	struct node *n = node_new(sink, from->kind);
	if (!n)
		return NULL;
	*n = *from;
	n->first = n->last = n->next = n->parent = NULL;
	n->count = 0;
	for (const struct node *c = from->first; c; c = c->next) {
		struct node *copy = node_clone(sink, c, depth + 1);
		if (!copy)
			return NULL;
		node_append(n, copy);
	}
	return n;
}

struct node *node_get(const struct node *map, struct slice key)
{
	if (!map)
		return NULL;
	for (struct node *c = map->first; c; c = c->next)
		if (slice_eq(c->key, key))
			return c;
	return NULL;
}

struct node *node_get_cstr(const struct node *map, const char *key)
{
	return node_get(map, slice_cstr(key));
}

struct slice node_text_of(const struct node *map, const char *key)
{
	const struct node *n = node_get_cstr(map, key);
	return n && node_is_scalar(n) ? n->text : SLICE_NONE;
}

bool node_is_scalar(const struct node *n)
{
	return n->kind != NODE_LIST && n->kind != NODE_MAP;
}
