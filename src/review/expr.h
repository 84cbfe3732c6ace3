/*
 * The language of rule conditions: what a rule looks for in the node view. docs/review-rules.md teaches it;
 *in short:
 *
 *	acl in ["public-read", "public-read-write"]
 *	not encrypted == true                                    missing, false or anything else
 *	any ingress (from_port <= 22 and to_port >= 22 and cidr_blocks == "0.0.0.0/0")
 *	none resource("aws_flow_log") (vpc_id refs $)
 *
 * A path visits every value it can reach: steps pass through lists, embedded JSON and resolved references,
 *repeated blocks are visited one by one. Conditions are three-valued: what depends on an unresolved reference
 *is unknown, and only a condition that is true is a finding. Beside its truth a condition has a place: the
 *node that decided it.
 */
#ifndef WARD_REVIEW_EXPR_H
#define WARD_REVIEW_EXPR_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/arena.h"
#include "base/result.h"
#include "base/strmap.h"

enum expr_kind {
	EXPR_OR,
	EXPR_AND,
	EXPR_NOT,
	EXPR_SURELY, /* unknown counts as false */
	EXPR_EXISTS,
	EXPR_MISSING,
	EXPR_EMPTY,
	EXPR_LITERAL, /* a text written here, not a reference to one */
	EXPR_ANY,
	EXPR_ALL,
	EXPR_NONE,
	EXPR_COMPARE,
	EXPR_CONSTANT,
};

enum compare_op {
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_MATCH,
	OP_NO_MATCH,
	OP_IN,
	OP_NOT_IN,
	OP_REFS
};

enum step_kind { STEP_KEY, STEP_ANY, STEP_DEEP, STEP_PARENT, STEP_ALTERNATIVES };

struct path;
struct expr;

struct step {
	enum step_kind kind;
	struct slice key;
	const struct path *alternatives; /* linked by next_alternative */
	const struct expr *filter;	 /* or NULL */
	const struct step *next;
};

enum path_start { START_CURRENT, START_RESOURCE, START_VARIABLE };

struct path {
	enum path_start start;
	struct slice variable;
	const struct step *steps;
	const struct path *next_alternative;
};

enum operand_kind { OPERAND_PATH, OPERAND_TEXT, OPERAND_LIST, OPERAND_CALL };

enum function {
	FUNCTION_COUNT,	 /* values a path visits */
	FUNCTION_LAST,	 /* the last value a path visits */
	FUNCTION_LENGTH, /* bytes of each text */
	FUNCTION_LOWER,
	FUNCTION_NAME, /* of the resource that holds the node */
	FUNCTION_TYPE,
	FUNCTION_KEY,	  /* the node's own key */
	FUNCTION_DECODED, /* base64 undone */
	FUNCTION_PREFIX,  /* n of a.b.c.d/n */
	FUNCTION_FILE,	  /* path of the file */
};

struct operand {
	enum operand_kind kind;
	const struct path *path;
	struct slice text;
	pcre2_code *regex;	     /* of the right side of =~ */
	const struct operand *items; /* of a list or a call's arguments, linked by next */
	const struct operand *next;
	enum function function;
};

struct expr {
	enum expr_kind kind;
	bool constant;
	const struct expr *a;
	const struct expr *b;
	const struct path *path;     /* of exists, missing, empty and the quantifiers */
	const struct operand *types; /* resource("a", "b"): the quantifier runs over resources */
	struct slice variable;	     /* name given to the quantifier's element, or empty */
	enum compare_op op;
	const struct operand *left;
	const struct operand *right;
};

#define EXPR_DEPTH_MAX 64u

/*
 * Compiles text; macros ("@name") map names to struct slice * texts. Nodes and patterns live in the arena;
 * regexes are recorded in *regexes (linked through arena nodes) and freed by expr_regexes_free(). Errors name
 * the offset.
 */
struct regex_list {
	pcre2_code *code;
	struct regex_list *next;
};

struct expr_compiler {
	struct arena *arena;
	const struct strmap *macros;
	struct regex_list *regexes;
};

result expr_compile(
    struct expr_compiler *c, struct slice text, struct error *err, const struct expr **ret_expr);
result path_compile(
    struct expr_compiler *c, struct slice text, struct error *err, const struct path **ret_path);
void expr_regexes_free(struct regex_list *list);

#endif
