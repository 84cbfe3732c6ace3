/*
 * Dockerfiles into nodes (docs.docker.com/reference/dockerfile): instructions with continuation lines and
 * heredocs, the simple commands of RUN, stages with their base image taken apart. Any text parses to
 * something: there is no error but the caps.
 */
#include "review/node.h"

#define WORDS_MAX 512u
#define HEREDOC_MARKER_MAX 64u

struct docker {
	struct node_sink *sink;
	struct slice text;
	size_t at;
	uint32_t line;
	struct node *instructions;
	struct node *stages;
	struct node *stage; /* the current stage, or NULL before the first FROM */
	struct error *err;
};

/* One instruction joined over its lines: text with every continuation as a space, and the line each byte came
 * from. */
struct joined {
	char *text;
	uint32_t *lines;
	size_t len;
};

static result too_much(struct docker *d)
{
	return error_set(d->err, ERR_LIMIT, "the file has too many values");
}

static struct slice next_line(struct docker *d)
{
	size_t start = d->at;
	while (d->at < d->text.len && d->text.ptr[d->at] != '\n')
		d->at++;
	struct slice line = slice_of(d->text.ptr + start, d->at - start);
	d->at += d->at < d->text.len;
	d->line++;
	return line;
}

static struct node *add(struct docker *d, struct node *parent, const char *key, enum node_kind kind,
    struct slice text, uint32_t line)
{
	struct node *n = node_new(d->sink, kind);
	if (!n)
		return NULL;
	n->key = slice_cstr(key);
	n->text = text;
	n->line = n->end_line = line;
	n->col = 1;
	node_append(parent, n);
	return n;
}

static bool add_text(struct docker *d, struct node *parent, const char *key, struct slice text, uint32_t line)
{
	return add(d, parent, key, NODE_STRING, text, line) != NULL;
}

static void join(struct joined *j, struct slice text, uint32_t line)
{
	for (size_t i = 0; i < text.len; i++) {
		j->text[j->len] = text.ptr[i];
		j->lines[j->len++] = line;
	}
}

/* Reads an instruction and its continuation lines; comment and empty lines between them do not end it. */
static result read_joined(struct docker *d, struct slice first, struct joined *ret)
{
	/* Continuations are found first, so that the buffers fit the instruction and not the file. */
	struct docker ahead = *d;
	size_t end = first.len;
	for (struct slice l = first; slice_ends(slice_trim(l), SLICE("\\")) && ahead.at < ahead.text.len;) {
		l = next_line(&ahead);
		struct slice t = slice_trim(l);
		while ((t.len == 0 || t.ptr[0] == '#') && ahead.at < ahead.text.len) {
			l = next_line(&ahead);
			t = slice_trim(l);
		}
		end += l.len + 1;
	}
	size_t room = end + 1;
	struct joined j = {.text = arena_alloc(d->sink->arena, room),
	    .lines = arena_array(d->sink->arena, room, sizeof *j.lines)};
	if (!j.text || !j.lines)
		return too_much(d);
	struct slice line = first;
	for (;;) {
		struct slice t = slice_trim(line);
		bool more = slice_ends(t, SLICE("\\"));
		if (more)
			t.len--;
		if (t.len == 0 || t.ptr[0] != '#') {
			join(&j, t, d->line);
			join(&j, SLICE(" "), d->line);
		}
		if (!more || d->at >= d->text.len)
			break;
		line = next_line(d);
		for (struct slice c = slice_trim(line);
		     (c.len == 0 || c.ptr[0] == '#') && d->at < d->text.len; c = slice_trim(line))
			line = next_line(d);
	}
	while (j.len && j.text[j.len - 1] == ' ')
		j.len--;
	*ret = j;
	return RESULT_OK;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* One shell word at *at, quotes removed at its ends only; empty at the end of the text. */
static struct slice shell_word(struct slice s, size_t *at)
{
	while (*at < s.len && is_space(s.ptr[*at]))
		(*at)++;
	size_t start = *at;
	char quote = '\0';
	for (; *at < s.len && (quote || !is_space(s.ptr[*at])); (*at)++) {
		char c = s.ptr[*at];
		if (c == '\\' && *at + 1 < s.len)
			(*at)++;
		else if (quote && c == quote)
			quote = '\0';
		else if (!quote && (c == '"' || c == '\''))
			quote = c;
	}
	struct slice word = slice_of(s.ptr + start, *at - start);
	if (word.len >= 2 && (word.ptr[0] == '"' || word.ptr[0] == '\'') &&
	    word.ptr[word.len - 1] == word.ptr[0])
		word = slice_of(word.ptr + 1, word.len - 2);
	return word;
}

static result add_words(struct docker *d, struct node *list, struct slice s, uint32_t line)
{
	size_t at = 0;
	for (unsigned i = 0; i < WORDS_MAX; i++) {
		struct slice word = shell_word(s, &at);
		if (word.len == 0)
			return RESULT_OK;
		if (!add_text(d, list, "", word, line))
			return too_much(d);
	}
	return RESULT_OK;
}

static result add_command(
    struct docker *d, struct node *commands, struct slice text, uint32_t line, bool piped)
{
	text = slice_trim(text);
	while (text.len && (text.ptr[0] == '(' || text.ptr[0] == '{'))
		text = slice_trim(slice_of(text.ptr + 1, text.len - 1));
	if (text.len == 0)
		return RESULT_OK;
	struct node *command = add(d, commands, "", NODE_MAP, SLICE_NONE, line);
	if (!command || !add_text(d, command, "text", text, line))
		return too_much(d);
	if (!add(d, command, "piped", NODE_BOOL, piped ? SLICE("true") : SLICE("false"), line))
		return too_much(d);
	struct node *argv = add(d, command, "argv", NODE_LIST, SLICE_NONE, line);
	return argv ? add_words(d, argv, text, line) : too_much(d);
}

/* RUN ["apt-get", "install"]: one command whose words are the list's. */
static result add_exec_command(
    struct docker *d, struct node *commands, const struct node *args, uint32_t line)
{
	struct slice text = SLICE("");
	for (const struct node *a = args->first; a; a = a->next)
		text = slice_cstr(arena_printf(
		    d->sink->arena, "%.*s%s%.*s", SLICE_ARG(text), text.len ? " " : "", SLICE_ARG(a->text)));
	return add_command(d, commands, text, line, false);
}

/* Length of a command separator at s[i], or 0. */
static size_t separator(struct slice s, size_t i)
{
	if (s.ptr[i] == '&' || s.ptr[i] == '|')
		return i + 1 < s.len && s.ptr[i + 1] == s.ptr[i] ? 2 : s.ptr[i] == '|' ? 1 : 0;
	return s.ptr[i] == ';' || s.ptr[i] == '\n';
}

static result split_commands(struct docker *d, struct node *commands, const struct joined *j, size_t from)
{
	struct slice s = slice_of(j->text, j->len);
	char quote = '\0';
	size_t start = from;
	bool piped = false;
	for (size_t i = from; i <= s.len; i++) {
		size_t cut = i == s.len ? 1 : quote ? 0 : separator(s, i);
		if (i < s.len && s.ptr[i] == '\\' && i + 1 < s.len) {
			i++;
			continue;
		}
		if (i < s.len && quote && s.ptr[i] == quote)
			quote = '\0';
		else if (i < s.len && !quote && (s.ptr[i] == '"' || s.ptr[i] == '\''))
			quote = s.ptr[i];
		if (cut == 0)
			continue;
		size_t first = start;
		while (first < i && is_space(s.ptr[first]))
			first++;
		TRY(add_command(d, commands, slice_of(s.ptr + start, i - start),
		    j->lines[first < j->len ? first : j->len - 1], piped));
		piped = i < s.len && s.ptr[i] == '|' && cut == 1;
		start = i + cut;
		i += cut - 1;
	}
	return RESULT_OK;
}

/* image[:tag][@digest]: a ':' after the last '/' is a tag's. */
static result add_image(struct docker *d, struct node *stage, struct slice image, uint32_t line)
{
	struct slice name = image;
	struct slice digest = SLICE_NONE;
	struct slice tag = SLICE_NONE;
	const char *at = memchr(name.ptr, '@', name.len);
	if (at) {
		digest = slice_of(at + 1, (size_t)(name.ptr + name.len - at - 1));
		name.len = (size_t)(at - name.ptr);
	}
	for (size_t i = name.len; i-- > 0 && name.ptr[i] != '/';) {
		if (name.ptr[i] != ':' || (i > 0 && name.ptr[i - 1] == '$'))
			continue;
		tag = slice_of(name.ptr + i + 1, name.len - i - 1);
		name.len = i;
		break;
	}
	bool ok = add_text(d, stage, "image", image, line) && add_text(d, stage, "name", name, line);
	ok = ok && (tag.len == 0 || add_text(d, stage, "tag", tag, line));
	ok = ok && (digest.len == 0 || add_text(d, stage, "digest", digest, line));
	return ok ? RESULT_OK : too_much(d);
}

static result start_stage(struct docker *d, struct node *instruction, uint32_t line)
{
	struct node *stage = add(d, d->stages, "", NODE_MAP, SLICE_NONE, line);
	if (!stage)
		return too_much(d);
	d->stage = stage;
	const struct node *args = node_get_cstr(instruction, "args");
	const struct node *image = args ? args->first : NULL;
	if (image)
		TRY(add_image(d, stage, image->text, line));
	const struct node *as = image ? image->next : NULL;
	if (as && as->next && slice_eq_nocase(as->text, SLICE("as")) &&
	    !add_text(d, stage, "alias", as->next->text, line))
		return too_much(d);
	return add(d, stage, "instructions", NODE_LIST, SLICE_NONE, line) ? RESULT_OK : too_much(d);
}

/* "--chown=a:b" at the front of an instruction's value. */
static result take_flags(struct docker *d, struct node *instruction, struct slice *value, uint32_t line)
{
	struct node *flags = add(d, instruction, "flags", NODE_MAP, SLICE_NONE, line);
	if (!flags)
		return too_much(d);
	while (slice_starts(*value, SLICE("--"))) {
		size_t at = 0;
		struct slice word = shell_word(*value, &at);
		struct slice rest = slice_of(word.ptr + 2, word.len - 2);
		struct slice name = slice_cut(&rest, '=');
		char *key = arena_cstr(d->sink->arena, name);
		if (!key || !add_text(d, flags, key, rest.ptr ? rest : SLICE("true"), line))
			return too_much(d);
		*value = slice_trim(slice_of(value->ptr + at, value->len - at));
	}
	return RESULT_OK;
}

static result add_args(struct docker *d, struct node *instruction, struct slice value, uint32_t line)
{
	struct node *args = NULL;
	if (value.len && value.ptr[0] == '[') {
		struct node here = {.line = line, .end_line = line, .col = 1};
		const struct json_options options = {.line = line, .col = 1, .fixed = true, .place = &here};
		if (is_ok(node_parse_json(d->sink, value, &options, NULL, &args))) {
			args->key = SLICE("args");
			node_append(instruction, args);
			return add(d, instruction, "exec", NODE_BOOL, SLICE("true"), line) ? RESULT_OK
											   : too_much(d);
		}
	}
	args = add(d, instruction, "args", NODE_LIST, SLICE_NONE, line);
	return args ? add_words(d, args, value, line) : too_much(d);
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The body of a heredoc is passed over as further commands, one a line. */
static result read_heredoc(struct docker *d, struct slice value, struct node *commands)
{
	const char *mark = memmem(value.ptr, value.len, "<<", 2);
	if (!mark)
		return RESULT_OK;
	struct slice rest = slice_of(mark + 2, (size_t)(value.ptr + value.len - mark - 2));
	while (rest.len && (rest.ptr[0] == '-' || rest.ptr[0] == '"' || rest.ptr[0] == '\''))
		rest = slice_of(rest.ptr + 1, rest.len - 1);
	size_t n = 0;
	while (n < rest.len && n < HEREDOC_MARKER_MAX &&
	       ((upper(rest.ptr[n]) >= 'A' && upper(rest.ptr[n]) <= 'Z') || rest.ptr[n] == '_'))
		n++;
	struct slice marker = slice_of(rest.ptr, n);
	if (n == 0 || !memmem(d->text.ptr + d->at, d->text.len - d->at, marker.ptr, marker.len))
		return RESULT_OK;
	while (d->at < d->text.len) {
		struct slice line = slice_trim(next_line(d));
		if (slice_eq(line, marker))
			return RESULT_OK;
		if (commands)
			TRY(add_command(d, commands, line, d->line, false));
	}
	return RESULT_OK;
}

static result add_instruction(struct docker *d, struct slice first)
{
	uint32_t line = d->line;
	struct joined j = {.text = NULL};
	TRY(read_joined(d, first, &j));
	struct slice s = slice_of(j.text, j.len);
	size_t word = 0;
	while (word < s.len && !is_space(s.ptr[word]))
		word++;
	for (size_t i = 0; i < word; i++)
		j.text[i] = upper(j.text[i]);
	struct slice cmd = slice_of(s.ptr, word);
	struct slice value = slice_trim(slice_of(s.ptr + word, s.len - word));
	struct node *n = node_new(d->sink, NODE_MAP);
	if (!n)
		return too_much(d);
	n->line = line;
	n->col = 1;
	n->end_line = d->line;
	if (!add_text(d, n, "cmd", cmd, line) || !add_text(d, n, "value", value, line))
		return too_much(d);
	TRY(take_flags(d, n, &value, line));
	TRY(add_args(d, n, value, line));
	bool run = slice_eq_cstr(cmd, "RUN");
	struct node *commands = run ? add(d, n, "commands", NODE_LIST, SLICE_NONE, line) : NULL;
	if (run && node_get_cstr(n, "exec"))
		TRY(add_exec_command(d, commands, node_get_cstr(n, "args"), line));
	else if (run && value.len)
		TRY(split_commands(d, commands, &j, (size_t)(value.ptr - j.text)));
	if (run || slice_eq_cstr(cmd, "COPY") || slice_eq_cstr(cmd, "ADD"))
		TRY(read_heredoc(d, value, commands));
	if (slice_eq_cstr(cmd, "FROM"))
		TRY(start_stage(d, n, line));
	struct node *last = d->stage ? node_get_cstr(d->stage, "instructions") : NULL;
	struct node *copy = last ? node_clone(d->sink, n, 0) : NULL;
	if (last && !copy)
		return too_much(d);
	if (copy)
		node_append(last, copy);
	node_append(d->instructions, n);
	return RESULT_OK;
}

result node_parse_dockerfile(
    struct node_sink *sink, struct slice text, struct error *err, struct node **ret_root)
{
	struct node *root = node_new(sink, NODE_MAP);
	struct docker d = {.sink = sink, .text = text, .err = err};
	if (!root)
		return too_much(&d);
	root->line = root->col = root->end_line = 1;
	d.instructions = add(&d, root, "instructions", NODE_LIST, SLICE_NONE, 1);
	d.stages = add(&d, root, "stages", NODE_LIST, SLICE_NONE, 1);
	if (!d.instructions || !d.stages)
		return too_much(&d);
	while (d.at < d.text.len) {
		struct slice line = next_line(&d);
		struct slice t = slice_trim(line);
		if (t.len && t.ptr[0] != '#')
			TRY(add_instruction(&d, line));
	}
	*ret_root = root;
	return RESULT_OK;
}
