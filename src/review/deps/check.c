/*
 * Is one locked package sound: does it come from where packages come from, under its own name, with a hash
 * that binds it? Called for each entry of each lockfile; the entry is foreign.
 */
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "review/deps/deps.h"

result dep_report(
    const struct dep_context *c, const struct rule_info *rule, const struct dep *dep, const char *fmt, ...)
{
	char text[1024], subject[1400];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	/* What is said belongs to the name: a baseline that knows one advisory or host must not hide the
	 * next. */
	(void)snprintf(subject, sizeof(subject), "%.*s %s", SLICE_ARG(c->lock->file), text);
	struct finding f = {
	    .rule = rule,
	    .file = c->lock->file,
	    .line = dep->line,
	    .col = 1,
	    .end_line = dep->line,
	    .end_col = 1,
	    .message = slice_cstr(text),
	    .subject = slice_cstr(subject),
	};
	return findings_add(c->findings, &f, SLICE_NONE, c->err);
}

static const struct {
	struct slice name;
	size_t bytes;
	bool strong;
} hashes[] = {
    {SLICE("sha512"), 64, true},
    {SLICE("sha384"), 48, true},
    {SLICE("sha256"), 32, true},
    {SLICE("sha1"), 20, false},
    {SLICE("md5"), 16, false},
};

/* One "sha512-BASE64" of Subresource Integrity (W3C), options behind '?' left out. */
static enum integrity judge_hash(struct slice one)
{
	uint8_t bytes[128];
	size_t n = 0;
	struct slice digest = one, name = slice_cut(&digest, '-');
	if (digest.ptr)
		digest = slice_cut(&digest, '?');
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
		if (slice_eq(name, hashes[i].name))
			return digest.len &&
				       sodium_base642bin(bytes, sizeof(bytes), digest.ptr, digest.len, NULL,
					   &n, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
				       n == hashes[i].bytes
				   ? (hashes[i].strong ? INTEGRITY_STRONG : INTEGRITY_WEAK)
				   : INTEGRITY_MALFORMED;
	return INTEGRITY_MALFORMED;
}

static bool all_hex(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!memchr("0123456789abcdefABCDEF", s.ptr[i], 22))
			return false;
	return true;
}

enum integrity integrity_judge(struct slice text, enum lock_kind kind)
{
	enum integrity best = INTEGRITY_NONE;
	if (text.len == 0)
		return INTEGRITY_NONE;
	/* yarn 2 and later: "10c0/" and a SHA-512 in hex, or the hex alone. */
	if (kind == LOCK_YARN_BERRY) {
		const char *slash = memrchr(text.ptr, '/', text.len);
		struct slice hex =
		    slash ? slice_of(slash + 1, text.len - (size_t)(slash + 1 - text.ptr)) : text;
		return hex.len == 128 && all_hex(hex) ? INTEGRITY_STRONG : INTEGRITY_MALFORMED;
	}
	for (struct slice rest = text; rest.ptr;) {
		struct slice one = slice_trim(slice_cut(&rest, ' '));
		enum integrity here = one.len ? judge_hash(one) : INTEGRITY_NONE;
		if (here == INTEGRITY_MALFORMED)
			return here;
		if (here == INTEGRITY_STRONG || best == INTEGRITY_NONE)
			best = here != INTEGRITY_NONE ? here : best;
	}
	return best;
}

struct address {
	struct slice scheme, host, path, fragment;
	bool git;
};

/* scheme://user@host:port/path#fragment; false for what has no scheme. */
static bool read_address(struct slice text, struct address *ret)
{
	const char *mark = text.len ? memmem(text.ptr, text.len, "://", 3) : NULL;
	struct address a = {0};
	if (!mark)
		return false;
	a.scheme = slice_of(text.ptr, (size_t)(mark - text.ptr));
	struct slice rest = slice_of(mark + 3, text.len - a.scheme.len - 3);
	struct slice before = slice_cut(&rest, '#');
	a.fragment = rest.ptr ? rest : SLICE_NONE;
	const char *slash = memchr(before.ptr, '/', before.len);
	struct slice authority = slash ? slice_of(before.ptr, (size_t)(slash - before.ptr)) : before;
	a.path = slash ? slice_of(slash, before.len - authority.len) : SLICE_NONE;
	const char *at = authority.len ? memrchr(authority.ptr, '@', authority.len) : NULL;
	if (at)
		authority = slice_of(at + 1, authority.len - (size_t)(at + 1 - authority.ptr));
	a.host = slice_cut(&authority, ':');
	a.git = slice_starts(a.scheme, SLICE("git")) || slice_ends(a.path, SLICE(".git"));
	*ret = a;
	return true;
}

static bool is_commit(struct slice s)
{
	return s.len == 40 && all_hex(s);
}

static result check_git(
    const struct dep_context *c, const struct dep *dep, struct slice source, const struct address *a)
{
	const char *hash = source.len ? memrchr(source.ptr, '#', source.len) : NULL;
	struct slice tail =
	    hash ? slice_of(hash + 1, source.len - (size_t)(hash + 1 - source.ptr)) : SLICE_NONE;
	if (slice_starts(tail, SLICE("commit=")))
		tail = slice_of(tail.ptr + 7, tail.len - 7);
	bool pinned = is_commit(tail);
	/* codeload.github.com/OWNER/NAME/tar.gz/COMMIT */
	if (!pinned && a && a->path.len > 41)
		pinned = is_commit(slice_of(a->path.ptr + a->path.len - 40, 40));
	return dep_report(c, &c->rules->info[DEP_GIT], dep, "%.*s comes from a git repository%s: %.*s",
	    SLICE_ARG(dep->name), pinned ? "" : " and is not pinned to a commit", SLICE_ARG(source));
}

/* The name in a registry's archive address: /@scope/name/-/name-1.2.3.tgz; empty when it has another form. */
static struct slice name_in_address(struct slice path)
{
	const char *mark = path.len ? memmem(path.ptr, path.len, "/-/", 3) : NULL;
	if (!mark)
		return SLICE_NONE;
	struct slice before = slice_of(path.ptr, (size_t)(mark - path.ptr));
	const char *last = memrchr(before.ptr, '/', before.len);
	if (!last)
		return SLICE_NONE;
	const char *scope = last > before.ptr ? memrchr(before.ptr, '/', (size_t)(last - before.ptr)) : NULL;
	const char *start = scope && scope[1] == '@' ? scope + 1 : last + 1;
	return slice_of(start, (size_t)(before.ptr + before.len - start));
}

/* "%2f" stands for the slash of a scope in older lockfiles. */
static bool same_package(struct slice in_address, struct slice name)
{
	const char *slash = name.len ? memchr(name.ptr, '/', name.len) : NULL;
	if (slice_eq_nocase(in_address, name))
		return true;
	if (!slash)
		return false;
	struct slice scope = slice_of(name.ptr, (size_t)(slash - name.ptr)),
		     rest = slice_of(slash + 1, name.len - scope.len - 1);
	return in_address.len == name.len + 2 && slice_starts(in_address, scope) &&
	       slice_ends(in_address, rest);
}

static bool host_allowed(const struct dep_context *c, struct slice host)
{
	return strmap_get(&c->rules->registries, host) || (c->config && strmap_get(&c->config->hosts, host));
}

static struct slice scope_of(struct slice name)
{
	const char *slash = name.len && name.ptr[0] == '@' ? memchr(name.ptr, '/', name.len) : NULL;
	return slash ? slice_of(name.ptr, (size_t)(slash - name.ptr)) : SLICE_NONE;
}

static result check_address(const struct dep_context *c, const struct dep *dep, const struct address *a)
{
	struct slice in_address = name_in_address(a->path), scope = scope_of(dep->name);
	const struct slice *bound = scope.len && c->config ? strmap_get(&c->config->scopes, scope) : NULL;
	if (slice_eq_cstr(a->scheme, "http"))
		TRY(dep_report(c, &c->rules->info[DEP_HTTP], dep, "%.*s is fetched without TLS: %.*s",
		    SLICE_ARG(dep->name), SLICE_ARG(dep->resolved)));
	if (bound && !slice_eq(*bound, a->host))
		return dep_report(c, &c->rules->info[DEP_CONFUSION], dep,
		    "%.*s comes from %.*s, but .npmrc binds %.*s to %.*s", SLICE_ARG(dep->name),
		    SLICE_ARG(a->host), SLICE_ARG(scope), SLICE_ARG(*bound));
	if (!host_allowed(c, a->host))
		return dep_report(c, &c->rules->info[DEP_HOST], dep,
		    "%.*s comes from %.*s, which is no configured registry", SLICE_ARG(dep->name),
		    SLICE_ARG(a->host));
	if (in_address.len && !same_package(in_address, dep->name) &&
	    !(dep->alias.len && same_package(in_address, dep->alias)))
		return dep_report(c, &c->rules->info[DEP_NAME_MISMATCH], dep,
		    "the entry %.*s has the archive of %.*s", SLICE_ARG(dep->name), SLICE_ARG(in_address));
	return RESULT_OK;
}

static result check_source(const struct dep_context *c, const struct dep *dep, bool *ret_registry)
{
	struct address a;
	struct slice source = dep->resolved;
	*ret_registry = false;
	if (!source.len) {
		/* npm 1 has sources in place of versions, pnpm in keys. */
		bool elsewhere = dep->version.len && (memchr(dep->version.ptr, ':', dep->version.len) ||
							 memchr(dep->version.ptr, '/', dep->version.len));
		*ret_registry = !elsewhere;
		source = elsewhere ? dep->version : SLICE_NONE;
	}
	if (!source.len || slice_starts(source, SLICE("file:")) || slice_starts(source, SLICE("link:")))
		return RESULT_OK;
	bool short_git = slice_starts(source, SLICE("github:")) || slice_starts(source, SLICE("git@"));
	if (short_git)
		return check_git(c, dep, source, NULL);
	if (!read_address(source, &a))
		return RESULT_OK;
	if (a.git || strmap_get(&c->rules->git_hosts, a.host))
		return check_git(c, dep, source, &a);
	*ret_registry = true;
	return check_address(c, dep, &a);
}

static result check_integrity(const struct dep_context *c, const struct dep *dep, bool from_registry)
{
	enum dep_rule rule;
	/* yarn 1 and older npm put a SHA-1 behind the '#' of the address. */
	const char *sha1 = dep->resolved.len ? memrchr(dep->resolved.ptr, '#', dep->resolved.len) : NULL;
	bool hash_in_address =
	    sha1 && is_commit(slice_of(sha1 + 1, dep->resolved.len - (size_t)(sha1 + 1 - dep->resolved.ptr)));
	switch (integrity_judge(dep->integrity, dep->kind)) {
	case INTEGRITY_STRONG:
		return RESULT_OK;
	case INTEGRITY_WEAK:
		rule = DEP_INTEGRITY_WEAK;
		break;
	case INTEGRITY_MALFORMED:
		rule = DEP_INTEGRITY_MALFORMED;
		break;
	default:
		if (!from_registry || (dep->kind == LOCK_YARN_BERRY && dep->optional))
			return RESULT_OK;
		rule = hash_in_address ? DEP_INTEGRITY_WEAK : DEP_INTEGRITY_MISSING;
	}
	return dep_report(c, &c->rules->info[rule], dep, "%s: %.*s %.*s", c->rules->info[rule].title,
	    SLICE_ARG(dep->name), SLICE_ARG(dep->version));
}

/* A part of a name, cut at '-', '_', '.' and '/', that speaks of a company's own. */
static bool internal_name(const struct deps_rules *rules, struct slice name)
{
	size_t start = 0;
	for (size_t i = 0; i <= name.len; i++) {
		if (i < name.len && !strchr("-_./@", name.ptr[i]))
			continue;
		if (i > start && strmap_get(&rules->internal_parts, slice_of(name.ptr + start, i - start)))
			return true;
		start = i + 1;
	}
	return false;
}

static result check_confusion(const struct dep_context *c, const struct dep *dep)
{
	struct address a;
	bool is_public = !dep->resolved.len ||
			 (read_address(dep->resolved, &a) && strmap_get(&c->rules->registries, a.host));
	if (!is_public || strmap_get(&c->rules->popular, dep->name))
		return RESULT_OK;
	if (c->workspaces && strmap_get(c->workspaces, dep->name))
		return dep_report(c, &c->rules->info[DEP_CONFUSION], dep,
		    "%.*s is a package of this repository, but is taken from the public registry",
		    SLICE_ARG(dep->name));
	if (!scope_of(dep->name).len && internal_name(c->rules, dep->name))
		return dep_report(c, &c->rules->info[DEP_CONFUSION], dep,
		    "%.*s reads like an internal name and is taken from the public registry",
		    SLICE_ARG(dep->name));
	return RESULT_OK;
}

result dep_check(const struct dep_context *c, const struct dep *dep)
{
	bool from_registry = false;
	if (dep->workspace)
		return RESULT_OK;
	TRY(check_source(c, dep, &from_registry));
	/* What is inside another package's archive is bound by that one's hash. */
	if (!dep->bundled)
		TRY(check_integrity(c, dep, from_registry));
	if (from_registry)
		TRY(check_confusion(c, dep));
	struct slice meant = look_alike_of(c->rules, dep->name);
	if (meant.len)
		TRY(dep_report(c, &c->rules->info[DEP_LOOK_ALIKE], dep, "%.*s looks like %.*s",
		    SLICE_ARG(dep->name), SLICE_ARG(meant)));
	/* pnpm marks what it has not fetched for this system as perhaps to be built. */
	if (dep->install_script && !(dep->kind == LOCK_PNPM && dep->optional))
		TRY(dep_report(c, &c->rules->info[DEP_INSTALL_SCRIPT], dep,
		    "%.*s %.*s runs a script when it is installed", SLICE_ARG(dep->name),
		    SLICE_ARG(dep->version)));
	return RESULT_OK;
}
