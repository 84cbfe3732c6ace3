/*
 * Documents and what they declare: one scope is what rules see at once. For Terraform, Kubernetes and
 * CloudFormation that is one directory (a Terraform module is a directory); cross-resource conditions look
 * inside the scope only.
 *
 * A scope is used by one thread: resolution memoises in the nodes and its arena.
 */
#ifndef WARD_REVIEW_SCOPE_H
#define WARD_REVIEW_SCOPE_H

#include "base/strmap.h"
#include "review/node.h"

enum platform {
	PLATFORM_NONE,
	PLATFORM_TERRAFORM,
	PLATFORM_CLOUDFORMATION, /* and SAM */
	PLATFORM_SERVERLESS,
	PLATFORM_KUBERNETES,
	PLATFORM_COMPOSE,
	PLATFORM_DOCKERFILE,
	PLATFORM_GITHUB,
	PLATFORM_GENEZIO,
	PLATFORM_COUNT,
};

const char *platform_name(enum platform p);
bool platform_from(struct slice name, enum platform *ret_platform);

/* A parsed file, or one document of a YAML stream. */
struct document {
	struct slice path; /* relative to the project */
	struct slice bytes;
	enum platform platform;
	struct node *root;
};

/*
 * What rules select by type. `body` is what paths start from: an HCL block, Properties of a CloudFormation
 * resource, a whole Kubernetes object, one compose service, one build stage.
 */
struct resource {
	struct slice type;
	struct slice name;
	struct node *body;
	struct node *whole; /* where a finding about the resource as such points */
	const struct document *document;
	struct resource *next_of_type;
};

struct module_calls;

struct scope {
	struct node_sink sink; /* arena of documents and everything derived */
	struct document *documents;
	size_t document_count;
	size_t document_size;
	struct resource **resources; /* in order of documents */
	size_t resource_count;
	size_t resource_size;
	struct strmap by_type; /* "platform:type" to struct resource *, linked by next_of_type */
	struct slice dir;      /* relative directory with its '/', for modules */
	const struct module_calls *calls;
	uint64_t steps; /* nodes that rules visited so far; past SCOPE_STEPS_MAX conditions are unknown */
	const struct resource *unfinished; /* the first that a rule could not be worked out for; or NULL */
};

#define SCOPE_STEPS_MAX 200000000u

void scope_init(struct scope *s, struct arena *arena, struct slice dir, const struct module_calls *calls);
void scope_done(struct scope *s);

/* Does review read this file as configuration at all? By name only. */
bool scope_wants(struct slice path);

/*
 * Parses one file and adds its documents and resources. A file of no known kind adds nothing. ERR_INVALID:
 * not well-formed; ERR_LIMIT: past a bound. bytes must outlive the scope.
 */
result scope_add_file(struct scope *s, struct slice path, struct slice bytes, struct error *err);

/* After the last file: links resources by type. */
result scope_link(struct scope *s, struct error *err);

struct resource *scope_first(const struct scope *s, enum platform platform, struct slice type);

/*
 * What a node stands for: embedded JSON of a string, the value of a variable, local, parameter or policy
 * document of the scope. The node itself when it stands for nothing else.
 */
struct node *scope_resolve(struct scope *s, const struct document *d, struct node *n);

/* Does the reference or text n name resource r? By its address, its logical id, or the literal value of its
 * name attribute. */
bool scope_refers(struct scope *s, const struct node *n, const struct resource *r);

/* Adding resources; used by the per-platform readers. */
result scope_add_resource(struct scope *s, const struct document *d, struct slice type, struct slice name,
    struct node *body, struct node *whole, struct error *err);

/* Readers: one a platform, from a document's root to its resources. */
result terraform_read(struct scope *s, const struct document *d, struct error *err);
result cloudformation_read(struct scope *s, const struct document *d, struct error *err);
result kubernetes_read(struct scope *s, const struct document *d, struct error *err);
result compose_read(struct scope *s, const struct document *d, struct error *err);
result serverless_read(struct scope *s, const struct document *d, struct error *err);
result github_read(struct scope *s, const struct document *d, struct error *err);
result dockerfile_read(struct scope *s, const struct document *d, struct error *err);
result genezio_read(struct scope *s, const struct document *d, struct error *err);

/* Terraform's own resolution of a reference text; NULL when it stays unknown. */
struct node *terraform_resolve(struct scope *s, const struct document *d, struct node *ref);
/* {Ref: Parameter} with a default; NULL when it stays unknown. */
struct node *cloudformation_resolve(struct scope *s, const struct document *d, struct node *ref);

#endif
