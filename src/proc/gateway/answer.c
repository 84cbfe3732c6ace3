/*
 * What a function returned becomes an answer: JSON, a page or a redirect within the app. Which of them it is,
 * the declared type says and not the value; a value that its type does not have is the function's fault and
 * leaves as a 500.
 */
#include "base/check.h"
#include "base/log.h"
#include "http/target.h"
#include "proc/gateway/gateway.h"

#define LOCATION_BYTES_MAX 8192u

static bool wrong_result(struct conn *c, const struct gw_function *f, struct slice why, uint64_t id)
{
	LOG_ERROR("wrong_result", LOG_SLICE("function", f->contract->contract.name),
	    LOG_SLICE("problems", why), LOG_INT("request", (int64_t)id));
	const struct problem p = {
	    .status = 500, .type = "internal", .title = "The function failed", .id = id};
	problem_respond(c, &p);
	return false;
}

static bool wrong_type(
    struct conn *c, const struct gw_function *f, const struct problems *problems, uint64_t id)
{
	CLEANUP_BUF struct buf why = BUF_INIT(8192);
	problems_text(problems, &why);
	return wrong_result(c, f, buf_slice(&why), id);
}

/* Under the policy of the app's own pages. Made for this caller: nobody keeps it. */
static bool answer_page(struct conn *c, struct slice html)
{
	const struct gw_app *app = c->gateway->app;
	if (dev_mode(c->gateway)) {
		struct slice with_script;
		if (dev_page(c, html, &with_script))
			html = with_script;
	}
	const struct http_response r = {.status = 200,
	    .content_type = SLICE("text/html; charset=utf-8"),
	    .keep_alive = c->keep_alive,
	    .extra = SLICE("Cache-Control: no-store\r\n"),
	    .page = true,
	    .csp = slice_of(app->csp.ptr, app->csp.len)};
	conn_respond(c, &r, html);
	return true;
}

static bool redirect_status(const struct gw_function *f, struct slice value, int *ret)
{
	const int id = type_set_name_id(f->types, SLICE("status"));
	struct value_item object, item;
	if (!value_read(&value, &object) || object.tag != VALUE_OBJECT)
		return false;
	uint16_t key;
	struct slice text;
	while (object.text.len > 0 && value_read_key(&object.text, &key, &text) &&
	       value_read(&object.text, &item)) {
		if (id < 0 || key != (unsigned)id)
			continue;
		double status = item.tag == VALUE_INT	? (double)item.integer
				: item.tag == VALUE_NUM ? item.number
							: 0;
		*ret = status >= 301 && status <= 308 ? (int)status : 0;
		return *ret == 301 || *ret == 302 || *ret == 303 || *ret == 307 || *ret == 308;
	}
	return false;
}

/* The type already asks for a path of this origin. It is looked at again here, where the header line is made.
 */
static bool answer_redirect(struct conn *c, const struct gw_function *f, struct slice value, uint64_t id)
{
	CLEANUP_BUF struct buf extra = BUF_INIT(LOCATION_BYTES_MAX);
	struct slice to;
	int status;
	buf_add_cstr(&extra, "Location: ");
	if (!value_member_string(f->types, value, SLICE("to"), &to) || !redirect_status(f, value, &status) ||
	    !http_location_add(&extra, to)) {
		return wrong_result(c, f,
		    SLICE("a redirect leads to a path of this app with status 301, 302, 303, 307 or 308"),
		    id);
	}
	buf_add_cstr(&extra, "\r\n");
	if (!buf_ok(&extra)) {
		return wrong_result(c, f, SLICE("the address of a redirect is too long"), id);
	}
	const struct http_response r = {
	    .status = status, .keep_alive = c->keep_alive, .extra = buf_slice(&extra)};
	conn_respond(c, &r, SLICE_NONE);
	return true;
}

/* For functions whose type has more than JSON; false: this value is JSON all the same. *ret_fits as answer_value(). */
static bool answer_other(struct conn *c, const struct gw_function *f, struct slice value, uint64_t id, bool *ret_fits)
{
	UNINITIALISED struct problems problems;
	struct value_item item;
	problems.count = 0;
	if (!is_ok(value_check(f->output, value, &problems))) {
		*ret_fits = wrong_type(c, f, &problems, id);
		return true;
	}
	const enum type_output kind = type_output_of(f->output, value);
	if (kind == TYPE_OUTPUT_JSON)
		return false;
	if (kind == TYPE_OUTPUT_REDIRECT)
		*ret_fits = answer_redirect(c, f, value, id);
	else if (value_read(&value, &item) && (item.tag == VALUE_STR || item.tag == VALUE_ASCII))
		*ret_fits = answer_page(c, item.text);
	else
		*ret_fits = wrong_result(c, f, SLICE("a page is a string"), id);
	return true;
}

bool answer_value(struct conn *c, const struct gw_function *f, struct slice value, uint64_t id)
{
	struct gateway *g = c->gateway;
	bool fits = true;
	if (!f->output) {
		const struct http_response r = {.status = 204, .keep_alive = c->keep_alive};
		conn_respond(c, &r, SLICE_NONE);
		return true;
	}
	if (f->has_outputs && answer_other(c, f, value, id, &fits))
		return fits;
	UNINITIALISED struct problems problems;
	problems.count = 0;
	buf_clear(&g->json);
	if (!is_ok(value_to_json(f->output, value, &g->json, &problems)))
		return wrong_type(c, f, &problems, id);
	const struct http_response r = {
	    .status = 200, .content_type = SLICE("application/json"), .keep_alive = c->keep_alive};
	conn_respond(c, &r, buf_slice(&g->json));
	return true;
}
