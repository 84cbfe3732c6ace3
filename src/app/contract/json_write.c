/* A writer for the JSON that ward itself reads again: data.json, app.json. */
#include "app/contract/json_write.h"

static void separate(struct json_writer *w)
{
	if (w->comma)
		buf_add_char(w->out, ',');
	w->comma = true;
}

void json_begin(struct json_writer *w, char bracket)
{
	separate(w);
	buf_add_char(w->out, bracket);
	w->comma = false;
}

void json_end(struct json_writer *w, char bracket)
{
	buf_add_char(w->out, bracket);
	w->comma = true;
}

void json_key(struct json_writer *w, struct slice name)
{
	json_text(w, name);
	buf_add_char(w->out, ':');
	w->comma = false;
}

void json_text(struct json_writer *w, struct slice text)
{
	separate(w);
	buf_add_char(w->out, '"');
	buf_add_json_escaped(w->out, text);
	buf_add_char(w->out, '"');
}

void json_uint(struct json_writer *w, uint64_t value)
{
	separate(w);
	buf_printf(w->out, "%llu", (unsigned long long)value);
}

void json_bool(struct json_writer *w, bool value)
{
	separate(w);
	buf_add_cstr(w->out, value ? "true" : "false");
}

void json_raw(struct json_writer *w, struct slice json)
{
	separate(w);
	buf_add_slice(w->out, json.len ? json : SLICE("null"));
}

void json_texts(struct json_writer *w, const struct slice_list *list)
{
	json_begin(w, '[');
	for (size_t i = 0; i < list->count; i++)
		json_text(w, list->items[i]);
	json_end(w, ']');
}

void json_member_text(struct json_writer *w, const char *name, struct slice text)
{
	json_key(w, slice_cstr(name));
	json_text(w, text);
}

void json_member_text_given(struct json_writer *w, const char *name, struct slice text)
{
	if (text.len)
		json_member_text(w, name, text);
}

void json_member_uint(struct json_writer *w, const char *name, uint64_t value)
{
	json_key(w, slice_cstr(name));
	json_uint(w, value);
}

void json_member_uint_given(struct json_writer *w, const char *name, uint64_t value)
{
	if (value)
		json_member_uint(w, name, value);
}

void json_member_true_given(struct json_writer *w, const char *name, bool value)
{
	if (!value)
		return;
	json_key(w, slice_cstr(name));
	json_bool(w, true);
}

void json_member_texts_given(struct json_writer *w, const char *name, const struct slice_list *list)
{
	if (!list->count)
		return;
	json_key(w, slice_cstr(name));
	json_texts(w, list);
}
