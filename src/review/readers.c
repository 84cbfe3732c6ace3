/* The simpler platforms: how a Kubernetes, compose, GitHub, Dockerfile or genezio document falls into
 * resources. */
#include "review/scope.h"

/* An object is shown by its kind, whichever of its fields comes first. */
static void place_at_kind(struct node *object)
{
	const struct node *kind = node_get_cstr(object, "kind");
	if (!kind)
		return;
	object->line = kind->line;
	object->col = kind->col;
	object->end_col = kind->end_col;
}

result kubernetes_read(struct scope *s, const struct document *d, struct error *err)
{
	struct node *items =
	    slice_ends(node_text_of(d->root, "kind"), SLICE("List")) ? node_get_cstr(d->root, "items") : NULL;
	if (!items) {
		place_at_kind(d->root);
		struct slice name = node_text_of(node_get_cstr(d->root, "metadata"), "name");
		return scope_add_resource(s, d, node_text_of(d->root, "kind"), name, d->root, d->root, err);
	}
	for (struct node *n = items->first; n; n = n->next) {
		place_at_kind(n);
		TRY(scope_add_resource(s, d, node_text_of(n, "kind"),
		    node_text_of(node_get_cstr(n, "metadata"), "name"), n, n, err));
	}
	return RESULT_OK;
}

result compose_read(struct scope *s, const struct document *d, struct error *err)
{
	TRY(scope_add_resource(s, d, SLICE("compose"), SLICE_NONE, d->root, d->root, err));
	struct node *services = node_get_cstr(d->root, "services");
	for (struct node *n = services ? services->first : NULL; n; n = n->next)
		TRY(scope_add_resource(s, d, SLICE("service"), n->key, n, n, err));
	return RESULT_OK;
}

result github_read(struct scope *s, const struct document *d, struct error *err)
{
	TRY(scope_add_resource(
	    s, d, SLICE("workflow"), node_text_of(d->root, "name"), d->root, d->root, err));
	struct node *jobs = node_get_cstr(d->root, "jobs");
	for (struct node *job = jobs ? jobs->first : NULL; job; job = job->next)
		TRY(scope_add_resource(s, d, SLICE("job"), job->key, job, job, err));
	return RESULT_OK;
}

result dockerfile_read(struct scope *s, const struct document *d, struct error *err)
{
	TRY(scope_add_resource(s, d, SLICE("dockerfile"), SLICE_NONE, d->root, d->root, err));
	struct node *stages = node_get_cstr(d->root, "stages");
	for (struct node *n = stages ? stages->first : NULL; n; n = n->next)
		TRY(scope_add_resource(s, d, SLICE("stage"), node_text_of(n, "image"), n, n, err));
	return RESULT_OK;
}

result genezio_read(struct scope *s, const struct document *d, struct error *err)
{
	return scope_add_resource(s, d, SLICE("app"), node_text_of(d->root, "name"), d->root, d->root, err);
}
