/*
 * The node view: what every configuration format (HCL, YAML, JSON, Dockerfile) is turned into, once a file,
 * so that rules speak one language. A tree of maps, lists and scalars with positions; all of it in one arena,
 * text borrowed from the file's bytes where that is possible.
 *
 * A map may hold several children with one key: repeated HCL blocks stay side by side, and a path step visits
 * all of them. NODE_REF is a value that the file alone does not decide: "${var.x}", !GetAtt, a conditional.
 * Its text is the expression as written; comparisons with it are unknown, which a rule never reports, unless
 * scope_resolve() finds what it stands for.
 */
#ifndef WARD_REVIEW_NODE_H
#define WARD_REVIEW_NODE_H

#include "base/arena.h"
#include "base/result.h"

enum node_kind { NODE_NULL, NODE_BOOL, NODE_NUMBER, NODE_STRING, NODE_REF, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	bool block;	   /* an HCL block: its labels are children "%0" and "%1" */
	bool embedded;	   /* parsed out of a string */
	bool resolving;	   /* guards against reference cycles; used by one thread at a time */
	uint32_t line;	   /* of the key when there is one, else of the value; from 1 */
	uint32_t col;	   /* bytes, from 1 */
	uint32_t end_col;  /* exclusive, on the same line */
	uint32_t end_line; /* last line of the value */
	uint32_t start_byte;
	uint32_t end_byte; /* of the value: what a fix replaces */
	uint32_t count;	   /* children */
	struct slice key;
	struct slice text; /* of scalars, unescaped; of references as written */
	struct node *parent;
	struct node *first;
	struct node *last;
	struct node *next;
};

/* What one file may grow to; past it parsing fails with ERR_LIMIT. */
#define NODES_MAX 2000000u
#define NODE_DEPTH_MAX 256u

/* Where a parser puts nodes. */
struct node_sink {
	struct arena *arena;
	uint32_t nodes;
	uint32_t skipped_line; /* where the last file first had something that was passed over; or 0 */
};

/* NULL when the arena or the node cap is exhausted. */
struct node *node_new(struct node_sink *sink, enum node_kind kind);
void node_append(struct node *parent, struct node *child);
/* A deep copy, without the key; depth bounds recursion. NULL at a cap. */
struct node *node_clone(struct node_sink *sink, const struct node *from, unsigned depth);

/* The first child with that key, or NULL. */
struct node *node_get(const struct node *map, struct slice key);
struct node *node_get_cstr(const struct node *map, const char *key);
/* Text of a scalar child, or the empty slice. */
struct slice node_text_of(const struct node *map, const char *key);
bool node_is_scalar(const struct node *n);

/*
 * JSON (RFC 8259), read leniently: comments and trailing commas are passed over, since tools accept them in
 * configuration. Positions start at line and col; with `fixed` all nodes get that place and count as
 * embedded.
 */
struct json_options {
	uint32_t line;
	uint32_t col;
	bool fixed;
	bool embedded;		  /* nodes count as embedded though they have places of their own */
	const struct node *place; /* with fixed: whose positions to take */
};
result node_parse_json(struct node_sink *sink, struct slice text, const struct json_options *options,
    struct error *err, struct node **ret_root);

/* YAML 1.2 by libfyaml: a list node with one child a document. Aliases are copied within the caps, "<<" is
 * merged. */
result node_parse_yaml(
    struct node_sink *sink, struct slice text, struct error *err, struct node **ret_documents);

/* HCL 2 native syntax (github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md): a map of blocks and attributes.
 */
result node_parse_hcl(struct node_sink *sink, struct slice text, struct error *err, struct node **ret_root);

/*
 * Dockerfile: {instructions: [{cmd, value, flags: {}, args: [], commands: [{text, argv: []}], stage}],
 * stages: [{image, name, tag, digest, alias, platform, instructions}]}. "commands" are the simple commands of
 * a RUN in shell form.
 */
result node_parse_dockerfile(
    struct node_sink *sink, struct slice text, struct error *err, struct node **ret_root);

#endif
