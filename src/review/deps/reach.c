/* Reads packages in node_modules for what their code reaches (reach.h). Everything here is foreign; all
 * walks are bounded. */
#include "review/deps/reach.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "review/file_set.h"

#define DEPTH_MAX 12
#define FILE_MAX (8u << 20)

struct reach_scan {
	const struct deps_rules *rules;
	struct slice text;
	uint32_t bits;
};

/* A module's name counts in quotes behind require(, from, import or import(, with or without "node:". */
static bool is_import(struct slice text, size_t at, size_t len)
{
	size_t start = at >= 5 && memcmp(text.ptr + at - 5, "node:", 5) == 0 ? at - 5 : at;
	if (start == 0 || at + len >= text.len)
		return false;
	size_t i = start - 1;
	char quote = text.ptr[i];
	if ((quote != '"' && quote != '\'' && quote != '`') || text.ptr[at + len] != quote)
		return false;
	while (i > 0 && (text.ptr[i - 1] == ' ' || text.ptr[i - 1] == '('))
		i--;
	struct slice before = slice_of(text.ptr, i);
	return slice_ends(before, SLICE("require")) || slice_ends(before, SLICE("from")) ||
	       slice_ends(before, SLICE("import"));
}

static bool stands_alone(struct slice text, size_t at)
{
	char before = at ? text.ptr[at - 1] : ' ';
	return !isalnum((uint8_t)before) && before != '_' && before != '$';
}

static void on_mark(void *ctx, size_t at, size_t len, uint32_t tag)
{
	struct reach_scan *s = ctx;
	const struct reach_mark *mark = &s->rules->marks[tag];
	if (s->bits & mark->bit)
		return;
	if (mark->module ? is_import(s->text, at, len) : stands_alone(s->text, at))
		s->bits |= mark->bit;
}

uint32_t reach_of_text(const struct deps_rules *rules, struct slice text)
{
	struct reach_scan s = {.rules = rules, .text = text};
	anchors_scan(&rules->anchors, text, on_mark, &s);
	return s.bits;
}

/*
 * Two marks of obfuscators, neither of which minifiers leave: many names of the form _0x1a2b3c, or a text
 * made mostly of \x and \u escapes of plain letters.
 */
bool code_is_hidden(struct slice text, uint32_t *ret_line)
{
	size_t names = 0, escapes = 0, first = 0;
	for (size_t i = 0; i + 6 < text.len; i++) {
		const char *p = text.ptr + i;
		if (p[0] == '_' && p[1] == '0' && p[2] == 'x' && isxdigit((uint8_t)p[3]) &&
		    isxdigit((uint8_t)p[4]) && isxdigit((uint8_t)p[5])) {
			first = names == 0 ? i : first;
			names++;
			i += 5;
		} else if (p[0] == '\\' && p[1] == 'x' && p[2] >= '2' && p[2] <= '7' &&
			   isxdigit((uint8_t)p[3])) {
			first = escapes == 0 && names == 0 ? i : first;
			escapes++;
			i += 3;
		}
	}
	if (names < 30 && !(escapes >= 200 && escapes * 4 * 5 > text.len))
		return false;
	uint32_t line = 1;
	for (size_t i = 0; i < first; i++)
		line += text.ptr[i] == '\n';
	*ret_line = line;
	return true;
}

static bool is_code(struct slice name)
{
	static const struct slice endings[] = {
	    SLICE(".js"), SLICE(".cjs"), SLICE(".mjs"), SLICE(".jsx"), SLICE(".sh")};
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (slice_ends(name, endings[i]))
			return true;
	return false;
}

/* The bytes of a plain file in dir, NUL-terminated, or NULL; freed by the caller. */
static char *read_file(int dir, const char *name, size_t max, size_t *ret_len)
{
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	char *bytes = NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0 && (size_t)st.st_size <= max)
		bytes = malloc((size_t)st.st_size + 1);
	size_t n = 0;
	while (bytes && n < (size_t)st.st_size) {
		ssize_t got = read(fd, bytes + n, (size_t)st.st_size - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	close(fd);
	if (bytes)
		bytes[n] = '\0';
	*ret_len = n;
	return bytes;
}

struct package_walk {
	const struct deps_rules *rules;
	struct arena *arena;
	struct dep_reach *reach;
	size_t files;
	uint32_t native_bit;
};

static void look_at_file(struct package_walk *w, int dir, const char *name, const char *below)
{
	size_t len = 0;
	uint32_t line;
	struct dep_reach *r = w->reach;
	if (slice_ends(slice_cstr(name), SLICE(".node")) || slice_ends(slice_cstr(name), SLICE(".wasm")))
		r->bits |= w->native_bit;
	if (!is_code(slice_cstr(name)))
		return;
	if (++w->files > REACH_FILES_MAX || r->bytes_read > REACH_BYTES_MAX) {
		r->truncated = true;
		return;
	}
	char *bytes = read_file(dir, name, FILE_MAX, &len);
	if (!bytes)
		return;
	r->bytes_read += len;
	r->bits |= reach_of_text(w->rules, slice_of(bytes, len));
	if (!r->hidden && code_is_hidden(slice_of(bytes, len), &line)) {
		const char *path = arena_printf(w->arena, "%s%s", below, name);
		r->hidden = true;
		r->file = slice_cstr(path ? path : name);
		r->line = line;
	}
	free(bytes);
}

static void walk_folder(struct package_walk *w, int dir_fd, const char *below, int depth)
{
	DIR *dir = fdopendir(dir_fd);
	if (!dir) {
		close(dir_fd);
		return;
	}
	for (struct dirent *e; (e = readdir(dir)) != NULL && !w->reach->truncated;) {
		if (e->d_name[0] == '.' || strcmp(e->d_name, "node_modules") == 0)
			continue;
		int sub = openat(dirfd(dir), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0) {
			look_at_file(w, dirfd(dir), e->d_name, below);
			continue;
		}
		const char *path = arena_printf(w->arena, "%s%s/", below, e->d_name);
		if (!path || depth >= DEPTH_MAX) {
			w->reach->truncated = true;
			close(sub);
		} else {
			walk_folder(w, sub, path, depth + 1);
		}
	}
	(void)closedir(dir);
}

/* Commands in a script's text that fetch or run; the files that it names are looked at as well. */
static uint32_t reach_of_script(const struct package_walk *w, int dir, const char *script)
{
	static const struct {
		const char *word;
		const char *kind;
	} commands[] = {{"curl ", "network"}, {"wget ", "network"}, {"nc ", "network"},
	    {"http://", "network"}, {"https://", "network"}, {"| sh", "process"}, {"|sh", "process"},
	    {"bash -c", "process"}, {"eval ", "eval"}, {"base64 -d", "eval"}, {"printenv", "environment"},
	    {"$HOME", "environment"}};
	uint32_t bits = reach_of_text(w->rules, slice_cstr(script));
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		for (size_t k = 0; strstr(script, commands[i].word) && k < w->rules->reach_count; k++)
			if (strcmp(w->rules->reach_names[k], commands[i].kind) == 0)
				bits |= 1u << k;
	for (struct slice rest = slice_cstr(script); rest.ptr;) {
		struct slice word = slice_cut(&rest, ' ');
		char name[256];
		size_t len = 0;
		if (!is_code(word) || word.len >= sizeof(name) || word.ptr[0] == '/' ||
		    memmem(word.ptr, word.len, "..", 2))
			continue;
		memcpy(name, word.ptr, word.len);
		name[word.len] = '\0';
		char *bytes = read_file(dir, name, FILE_MAX, &len);
		if (bytes)
			bits |= reach_of_text(w->rules, slice_of(bytes, len));
		free(bytes);
	}
	return bits;
}

static result read_scripts(struct package_walk *w, int dir, struct error *err)
{
	static const char *const hooks[] = {"preinstall", "install", "postinstall"};
	size_t len = 0;
	char *bytes = read_file(dir, "package.json", FILE_MAX, &len);
	json_t *package = bytes ? json_loadb(bytes, len, 0, NULL) : NULL;
	json_t *scripts = json_object_get(package, "scripts");
	result r = RESULT_OK;
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		const char *script = json_string_value(json_object_get(scripts, hooks[i]));
		if (!script)
			continue;
		w->reach->install |= reach_of_script(w, dir, script);
		if (!w->reach->script.len)
			w->reach->script = arena_copy(w->arena, slice_cstr(script));
		if (!w->reach->script.ptr)
			r = error_set(err, ERR_MEMORY, "no memory for a package's scripts");
	}
	json_decref(package);
	free(bytes);
	return r;
}

/* Paths come from a lockfile: one that leaves the project, by itself or by a link on the way, names nothing
 * of it. */
static int open_beneath(int root_fd, const char *path)
{
	const struct open_how how = {
	    .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
	return (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
}

result dep_reach_read(const struct deps_rules *rules, int root_fd, struct slice folder, struct arena *arena,
    struct error *err, struct dep_reach *ret_reach)
{
	struct dep_reach reach = {0};
	struct package_walk w = {.rules = rules, .arena = arena, .reach = &reach};
	const char *path = arena_cstr(arena, folder);
	*ret_reach = reach;
	if (!path)
		return error_set(err, ERR_MEMORY, "no memory for a package");
	int dir = folder.len ? open_beneath(root_fd, path) : -1;
	if (dir < 0)
		return RESULT_OK;
	for (size_t i = 0; i < rules->reach_count; i++)
		if (strcmp(rules->reach_names[i], "native") == 0)
			w.native_bit = 1u << i;
	reach.present = true;
	result r = read_scripts(&w, dir, err);
	walk_folder(&w, dir, "", 0);
	*ret_reach = reach;
	return r;
}

void reach_text(const struct deps_rules *rules, uint32_t bits, char *out, size_t out_size)
{
	size_t n = 0;
	out[0] = '\0';
	for (size_t i = 0; i < rules->reach_count; i++)
		if (bits & 1u << i) {
			int wrote =
			    snprintf(out + n, out_size - n, "%s%s", n ? ", " : "", rules->reach_names[i]);
			n += wrote > 0 && (size_t)wrote < out_size - n ? (size_t)wrote : 0;
		}
	if (n == 0)
		(void)snprintf(out, out_size, "nothing");
}
