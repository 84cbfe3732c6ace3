/*
 * The Content-Security-Policy (level 3) of an app's pages: nothing but their own origin, and what the
 * manifest's "page" adds. Scripts come from the app itself, always: no inline script, no eval.
 */
#include "app/app.h"

static void directive(struct buf *out, const char *name, const char *sources, const struct slice_list *more)
{
	buf_printf(out, "; %s %s", name, sources);
	for (size_t i = 0; more && i < more->count; i++)
		buf_printf(out, " %.*s", SLICE_ARG(more->items[i]));
}

void app_csp(const struct app_contract *contract, struct buf *out)
{
	const struct manifest_page *page = &contract->page;
	buf_add_cstr(out, "default-src 'none'");
	directive(out, "script-src", page->wasm ? "'self' 'wasm-unsafe-eval'" : "'self'", NULL);
	directive(out, "style-src", page->inline_styles ? "'self' 'unsafe-inline'" : "'self'", &page->styles);
	directive(out, "img-src", "'self'", &page->images);
	directive(out, "font-src", "'self'", &page->fonts);
	directive(out, "media-src", "'self'", &page->media);
	directive(out, "connect-src", "'self'", &page->connect);
	if (page->frames.count)
		directive(out, "frame-src", "", &page->frames);
	directive(out, "manifest-src", "'self'", NULL);
	directive(out, "form-action", "'self'", NULL);
	directive(out, "base-uri", "'none'", NULL);
	directive(out, "frame-ancestors", "'none'", NULL);
}
