/* Names that imitate others, and the registries that configuration files name (deps.h). */
#include "review/deps/deps.h"

#include "base/size.h"

#define NAME_LEN_MAX 64u
#define TARGETS_MAX 2000u
#define SHORT_NAME 4u

unsigned name_distance(struct slice a, struct slice b, unsigned limit)
{
	unsigned rows[3][NAME_LEN_MAX + 1];
	unsigned *last = rows[0], *row = rows[1], *older = rows[2];
	size_t gap = a.len > b.len ? a.len - b.len : b.len - a.len;
	if (gap > limit || a.len > NAME_LEN_MAX || b.len > NAME_LEN_MAX)
		return limit + 1;
	for (size_t k = 0; k <= b.len; k++)
		last[k] = (unsigned)k;
	for (size_t i = 1; i <= a.len; i++) {
		unsigned best = row[0] = (unsigned)i;
		for (size_t k = 1; k <= b.len; k++) {
			unsigned change = last[k - 1] + (a.ptr[i - 1] != b.ptr[k - 1]);
			unsigned d = last[k] + 1 < row[k - 1] + 1 ? last[k] + 1 : row[k - 1] + 1;
			d = change < d ? change : d;
			if (i > 1 && k > 1 && a.ptr[i - 1] == b.ptr[k - 2] && a.ptr[i - 2] == b.ptr[k - 1] &&
			    older[k - 2] + 1 < d)
				d = older[k - 2] + 1;
			row[k] = d;
			best = d < best ? d : best;
		}
		if (best > limit)
			return limit + 1;
		unsigned *spare = older;
		older = last;
		last = row;
		row = spare;
	}
	return last[b.len];
}

/* Letters and digits only: cross-env, crossenv and cross_env are one. */
static struct slice bare_name(struct slice name, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < name.len && n < NAME_LEN_MAX; i++)
		if (!strchr("-_./@", name.ptr[i]))
			out[n++] = name.ptr[i];
	return slice_of(out, n);
}

/* Only a number at the end differs: lodash4, es5-ext and es6-ext are families, not imitations. */
static bool differ_by_digits(struct slice a, struct slice b)
{
	size_t i = 0, k = 0;
	for (; i < a.len || k < b.len; i++, k++) {
		while (i < a.len && a.ptr[i] >= '0' && a.ptr[i] <= '9')
			i++;
		while (k < b.len && b.ptr[k] >= '0' && b.ptr[k] <= '9')
			k++;
		if ((i < a.len) != (k < b.len) || (i < a.len && a.ptr[i] != b.ptr[k]))
			return false;
	}
	return true;
}

static bool imitates(struct slice name, struct slice bare, struct slice target)
{
	char room[NAME_LEN_MAX];
	struct slice target_bare = bare_name(target, room);
	if (target.len <= SHORT_NAME || target.ptr[0] == '@' || differ_by_digits(name, target))
		return false;
	if (slice_eq(bare, target_bare))
		return true;
	unsigned limit = target.len >= 12 ? 2 : 1;
	return name_distance(name, target, limit) <= limit;
}

struct slice look_alike_of(const struct deps_rules *rules, struct slice name)
{
	char room[NAME_LEN_MAX];
	struct slice none = SLICE_NONE;
	/* A scope is its owner's: names under it cannot be taken by a stranger. */
	if (name.len <= SHORT_NAME || name.len > NAME_LEN_MAX || name.ptr[0] == '@' ||
	    strmap_get(&rules->popular, name))
		return none;
	struct slice bare = bare_name(name, room);
	size_t targets = size_min(rules->name_count, TARGETS_MAX);
	for (size_t i = 0; i < targets; i++)
		if (imitates(name, bare, rules->names[i]))
			return rules->names[i];
	return none;
}

static struct slice host_of(struct slice address)
{
	const char *mark = address.len ? memmem(address.ptr, address.len, "//", 2) : NULL;
	if (!mark)
		return SLICE_NONE;
	struct slice rest = slice_of(mark + 2, address.len - (size_t)(mark + 2 - address.ptr));
	struct slice authority = slice_cut(&rest, '/');
	return slice_cut(&authority, ':');
}

static result add_registry(struct registry_config *config, const struct deps_rules *rules, struct slice key,
    struct slice value, struct arena *arena, struct error *err)
{
	static char present;
	struct slice host = arena_copy(arena, host_of(value));
	if (!host.ptr)
		return error_set(err, ERR_MEMORY, "no memory for registries");
	if (host.len == 0)
		return RESULT_OK;
	TRY(strmap_set(&config->hosts, host, &present));
	if (key.ptr[0] != '@') {
		config->private_default = !strmap_get(&rules->registries, host);
		return RESULT_OK;
	}
	struct slice *copy = arena_alloc(arena, sizeof(*copy));
	struct slice scope = arena_copy(arena, slice_cut(&key, ':'));
	if (!copy || !scope.ptr)
		return error_set(err, ERR_MEMORY, "no memory for registries");
	*copy = host;
	return strmap_set(&config->scopes, scope, copy);
}

/* `key = value`, `key value` or `key: value`, quotes around either. */
static void split_setting(struct slice line, struct slice *ret_key, struct slice *ret_value)
{
	size_t i = 0;
	bool quoted = line.ptr[0] == '"';
	while (i < line.len &&
	       (quoted ? i == 0 || line.ptr[i] != '"'
		       : line.ptr[i] != '=' && line.ptr[i] != ' ' &&
			     !(line.ptr[i] == ':' && i + 1 < line.len && line.ptr[i + 1] == ' ')))
		i++;
	i += quoted && i < line.len;
	*ret_key = unquoted(slice_of(line.ptr, i));
	while (i < line.len && strchr("= :\t", line.ptr[i]))
		i++;
	*ret_value = unquoted(slice_trim(slice_of(line.ptr + i, line.len - i)));
}

result registry_config_read(struct registry_config *config, const struct deps_rules *rules, struct slice text,
    struct arena *arena, struct error *err, uint32_t *ret_insecure_line)
{
	uint32_t number = 0;
	*ret_insecure_line = 0;
	for (struct slice rest = text; rest.ptr;) {
		struct slice line = slice_trim(slice_cut(&rest, '\n')), key, value;
		number++;
		if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';')
			continue;
		split_setting(line, &key, &value);
		if (slice_eq_cstr(key, "registry") || slice_eq_cstr(key, "npmRegistryServer") ||
		    slice_ends(key, SLICE(":registry")))
			TRY(add_registry(config, rules, key, value, arena, err));
		bool off = slice_eq_cstr(value, "false") || slice_eq_cstr(value, "null");
		if ((slice_eq_cstr(key, "strict-ssl") || slice_eq_cstr(key, "enableStrictSsl")) && off)
			*ret_insecure_line = number;
	}
	return RESULT_OK;
}

void registry_config_done(struct registry_config *config)
{
	strmap_done(&config->hosts);
	strmap_done(&config->scopes);
}
