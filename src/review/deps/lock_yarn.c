/* yarn.lock of both kinds (lock.h). Version 1 parts name and value by a blank, later ones by a colon as
 * in YAML. */
#include "review/deps/lock.h"

#define KEYS_MAX 512u

struct yarn_reader {
	struct lockfile *lock;
	struct arena *arena;
	struct error *err;
	bool berry;
	struct dep *dep;	 /* the entry that properties belong to, or NULL */
	bool wants;		 /* within its `dependencies:` */
	struct lock_wants found; /* what the entry at hand wants */
};

static result no_memory(struct error *err)
{
	return error_set(err, ERR_MEMORY, "no memory for a lockfile");
}

/* `a@^1, "b@^2"`: each is a key by which others name the entry. */
static result read_keys(struct yarn_reader *r, struct slice heading, struct dep *dep)
{
	size_t count = 1;
	for (size_t i = 0; i < heading.len; i++)
		count += heading.ptr[i] == ',';
	if (count > KEYS_MAX)
		return error_set(
		    r->err, ERR_LIMIT, "line %u: more than %u names for one package", dep->line, KEYS_MAX);
	dep->keys = arena_array(r->arena, count, sizeof(*dep->keys));
	if (!dep->keys)
		return no_memory(r->err);
	for (struct slice rest = heading; rest.ptr;) {
		struct slice key = unquoted(slice_trim(slice_cut(&rest, ',')));
		if (key.len)
			dep->keys[dep->key_count++] = key;
	}
	return RESULT_OK;
}

/* The package behind a descriptor: "a@npm:b@^1" and "a@npm:^1" name b and a. */
static void name_of_key(struct slice key, struct dep *dep)
{
	struct slice name = descriptor_name(key);
	struct slice range =
	    name.len < key.len ? slice_of(key.ptr + name.len + 1, key.len - name.len - 1) : SLICE_NONE;
	dep->name = name;
	if (!slice_starts(range, SLICE("npm:")))
		return;
	struct slice target = slice_of(range.ptr + 4, range.len - 4);
	struct slice real = descriptor_name(target);
	bool alias = real.len < target.len && real.len > 0 &&
		     (real.ptr[0] == '@' || (real.ptr[0] >= 'a' && real.ptr[0] <= 'z'));
	if (alias && !slice_eq(real, name)) {
		dep->alias = name;
		dep->name = real;
	}
}

static result end_entry(struct yarn_reader *r)
{
	TRY(lock_wants_end(&r->found, r->arena, r->dep, r->err));
	r->dep = NULL;
	r->wants = false;
	return RESULT_OK;
}

static result begin_entry(struct yarn_reader *r, struct slice heading, uint32_t line)
{
	TRY(end_entry(r));
	if (slice_eq_cstr(heading, "__metadata"))
		return RESULT_OK;
	struct dep *dep = lockfile_add(r->lock, r->err);
	if (!dep)
		return (result){r->err ? r->err->code : ERR_MEMORY};
	dep->line = line;
	TRY(read_keys(r, heading, dep));
	if (dep->key_count == 0)
		return error_set(r->err, ERR_INVALID, "line %u: a package without a name", line);
	name_of_key(dep->keys[0], dep);
	r->dep = dep;
	return RESULT_OK;
}

/* yarn 2: "a@npm:1.2.3", "a@patch:...", "a@workspace:packages/a", "a@https://...": how it resolved tells its
 * source. */
static void read_resolution(struct dep *dep, struct slice value)
{
	struct slice name = descriptor_name(value);
	struct slice how =
	    name.len < value.len ? slice_of(value.ptr + name.len + 1, value.len - name.len - 1) : SLICE_NONE;
	if (!slice_eq(name, dep->name)) {
		dep->alias = dep->alias.len ? dep->alias : dep->name;
		dep->name = name;
	}
	dep->workspace = slice_starts(how, SLICE("workspace:")) || slice_starts(how, SLICE("link:")) ||
			 slice_starts(how, SLICE("portal:"));
	if (!slice_starts(how, SLICE("npm:")) && !slice_starts(how, SLICE("patch:")) && !dep->workspace)
		dep->resolved = how;
}

static result add_want(struct yarn_reader *r, struct slice name, struct slice range)
{
	return lock_wants_add(&r->found, r->arena, name, range, r->err);
}

static result take_property(struct yarn_reader *r, struct slice key, struct slice value)
{
	struct dep *dep = r->dep;
	if (slice_eq_cstr(key, "version"))
		dep->version = value;
	else if (slice_eq_cstr(key, "resolved"))
		dep->resolved = value;
	else if (slice_eq_cstr(key, "integrity") || slice_eq_cstr(key, "checksum"))
		dep->integrity = value;
	else if (slice_eq_cstr(key, "conditions"))
		dep->optional = true; /* of other systems: not fetched, so without a checksum */
	else if (slice_eq_cstr(key, "resolution"))
		read_resolution(dep, value);
	return RESULT_OK;
}

/* Version 1: `name value`, the name perhaps quoted. */
static void split_at_blank(struct slice line, struct slice *ret_key, struct slice *ret_value)
{
	size_t end = 0;
	char quote = line.len && line.ptr[0] == '"' ? '"' : '\0';
	while (end < line.len && (quote ? end == 0 || line.ptr[end] != quote : line.ptr[end] != ' '))
		end++;
	end += quote && end < line.len;
	*ret_key = unquoted(slice_of(line.ptr, end));
	*ret_value =
	    end < line.len ? unquoted(slice_trim(slice_of(line.ptr + end, line.len - end))) : SLICE_NONE;
}

static result take_line(struct yarn_reader *r, struct slice body, uint32_t indent, uint32_t line)
{
	struct slice key, value = SLICE_NONE;
	bool opens = body.ptr[body.len - 1] == ':';
	if (indent == 0) {
		if (!opens)
			return error_set(
			    r->err, ERR_INVALID, "line %u: expected the name of a package", line);
		struct slice heading = slice_of(body.ptr, body.len - 1);
		/* yarn 2 quotes the whole list, version 1 each name. */
		return begin_entry(r, r->berry ? unquoted(heading) : heading, line);
	}
	if (!r->dep)
		return RESULT_OK;
	if (r->berry) {
		struct slice one = slice_of(body.ptr, body.len);
		struct lock_line parts;
		uint32_t ignored = 0;
		if (!lock_line_next(&one, &ignored, &parts))
			return RESULT_OK;
		key = parts.key;
		value = parts.value;
	} else {
		split_at_blank(body, &key, &value);
	}
	if (indent <= 2) {
		r->wants =
		    opens &&
		    (slice_eq_cstr(key, "dependencies") || slice_eq_cstr(key, "optionalDependencies") ||
			slice_eq_cstr(key, "dependencies:") || slice_eq_cstr(key, "optionalDependencies:"));
		return opens ? RESULT_OK : take_property(r, key, value);
	}
	return r->wants && value.len ? add_want(r, key, value) : RESULT_OK;
}

result lockfile_parse_yarn(struct slice text, struct arena *arena, struct error *err, struct lockfile *lock)
{
	struct yarn_reader r = {
	    .lock = lock, .arena = arena, .err = err, .berry = lock->kind == LOCK_YARN_BERRY};
	uint32_t line = 0;
	for (struct slice rest = text; rest.ptr;) {
		struct slice raw = slice_cut(&rest, '\n'), body = slice_trim(raw);
		uint32_t indent = 0;
		line++;
		while (indent < raw.len && raw.ptr[indent] == ' ')
			indent++;
		if (body.len && body.ptr[0] != '#')
			TRY(take_line(&r, body, indent, line));
	}
	return end_entry(&r);
}
