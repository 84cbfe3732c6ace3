/*
 * Shell commands in the payload sensor. A command is dangerous where a shell would begin one: after ; | & or
 * a newline, in `...` or $(...), or at the very start of a value that is a whole command. Its name must be
 * one that attackers run or a path to a program; what follows must look like arguments to its end, which
 * sentences do not.
 */
#include "base/check.h"
#include "observe/payload_internal.h"

enum command {
	COMMAND_PLAIN, /* no word of English */
	COMMAND_WORD,  /* also a word people write: asks for more proof */
};

static const struct payload_word commands[] = {
    {"bash", COMMAND_PLAIN},
    {"cat", COMMAND_WORD},
    {"certutil", COMMAND_PLAIN},
    {"chmod", COMMAND_PLAIN},
    {"chown", COMMAND_PLAIN},
    {"cmd", COMMAND_PLAIN},
    {"cmd.exe", COMMAND_PLAIN},
    {"csh", COMMAND_PLAIN},
    {"curl", COMMAND_WORD},
    {"dig", COMMAND_WORD},
    {"dir", COMMAND_PLAIN},
    {"echo", COMMAND_WORD},
    {"env", COMMAND_PLAIN},
    {"false", COMMAND_WORD},
    {"find", COMMAND_WORD},
    {"ftp", COMMAND_WORD},
    {"grep", COMMAND_PLAIN},
    {"head", COMMAND_WORD},
    {"hostname", COMMAND_WORD},
    {"id", COMMAND_WORD},
    {"ifconfig", COMMAND_PLAIN},
    {"ipconfig", COMMAND_PLAIN},
    {"kill", COMMAND_WORD},
    {"ksh", COMMAND_PLAIN},
    {"less", COMMAND_WORD},
    {"ls", COMMAND_PLAIN},
    {"more", COMMAND_WORD},
    {"mshta", COMMAND_PLAIN},
    {"nc", COMMAND_PLAIN},
    {"ncat", COMMAND_PLAIN},
    {"net", COMMAND_WORD},
    {"netcat", COMMAND_PLAIN},
    {"netstat", COMMAND_PLAIN},
    {"nmap", COMMAND_PLAIN},
    {"nslookup", COMMAND_PLAIN},
    {"passthru", COMMAND_PLAIN},
    {"perl", COMMAND_WORD},
    {"php", COMMAND_WORD},
    {"ping", COMMAND_WORD},
    {"ping.exe", COMMAND_PLAIN},
    {"powershell", COMMAND_WORD},
    {"printenv", COMMAND_PLAIN},
    {"ps", COMMAND_WORD},
    {"pwd", COMMAND_PLAIN},
    {"python", COMMAND_WORD},
    {"python3", COMMAND_WORD},
    {"reboot", COMMAND_WORD},
    {"rm", COMMAND_PLAIN},
    {"ruby", COMMAND_WORD},
    {"sh", COMMAND_PLAIN},
    {"shutdown", COMMAND_WORD},
    {"sleep", COMMAND_WORD},
    {"socat", COMMAND_PLAIN},
    {"ssh", COMMAND_WORD},
    {"sudo", COMMAND_WORD},
    {"system", COMMAND_WORD},
    {"tail", COMMAND_WORD},
    {"telnet", COMMAND_PLAIN},
    {"tftp", COMMAND_PLAIN},
    {"timeout", COMMAND_WORD},
    {"touch", COMMAND_WORD},
    {"true", COMMAND_WORD},
    {"type", COMMAND_WORD},
    {"uname", COMMAND_PLAIN},
    {"ver", COMMAND_PLAIN},
    {"vol", COMMAND_WORD},
    {"wget", COMMAND_PLAIN},
    {"which", COMMAND_WORD},
    {"who", COMMAND_WORD},
    {"whoami", COMMAND_PLAIN},
    {"zsh", COMMAND_PLAIN},
};

static const char *const program_paths[] = {"/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/", "usr/bin/",
    "c:\\windows\\", "/usr/local/bin/", "c:/windows/"};

static bool is_argument_end(char c)
{
	return strchr(";|&\n`)<>'\"", c) != NULL;
}

struct call {
	bool command; /* a command name or a program's path stands here */
	bool by_path;
	bool arguments; /* at least one argument that only a shell would read: a flag, a path, a number */
	unsigned words; /* arguments that are plain words */
	size_t end;	/* where the arguments end */
	struct slice name;
};

/* A flag, path, number, address, variable, glob or quoted text. */
static bool shell_like(struct slice word)
{
	return word.ptr[0] == '-' || word.ptr[0] == '$' || word.ptr[0] == '"' || word.ptr[0] == '\'' ||
	       is_digit(word.ptr[0]) || memchr(word.ptr, '/', word.len) || memchr(word.ptr, '*', word.len) ||
	       memchr(word.ptr, '\\', word.len) || memchr(word.ptr, '=', word.len);
}

static size_t skip_blanks(struct slice s, size_t at)
{
	while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t'))
		at++;
	return at;
}

static bool command_name(struct slice s, size_t at, struct call *c)
{
	size_t end = at;
	for (size_t i = 0; i < ARRAY_LEN(program_paths); i++)
		c->by_path = c->by_path || payload_begins(s, at, program_paths[i]);
	while (end < s.len && (is_word(s.ptr[end]) || strchr(c->by_path ? "./\\:-?*" : ".", s.ptr[end])))
		end++;
	c->name = slice_of(s.ptr + at, end - at);
	c->end = end;
	int kind = payload_word_find(commands, ARRAY_LEN(commands), c->name);
	c->command = c->by_path || kind >= 0;
	if (kind == COMMAND_WORD)
		c->words = 1;
	/* A name runs on into a word ("identity", "category"): no command. */
	return c->command && (end == s.len || (!is_word(s.ptr[end]) && s.ptr[end] != '-'));
}

static struct call call_at(struct slice s, size_t at)
{
	struct call c = {0};
	at = skip_blanks(s, at);
	if (!command_name(s, at, &c))
		return (struct call){0};
	/* system('...'), passthru("..."): the call of a script language. */
	if (c.end < s.len && s.ptr[c.end] == '(' && c.end + 1 < s.len && strchr("'\"$", s.ptr[c.end + 1])) {
		c.arguments = true;
		return c;
	}
	for (at = c.end; at < s.len && !is_argument_end(s.ptr[at]);) {
		size_t begin = skip_blanks(s, at);
		/* A quote may begin an argument; a separator ends them all, so that no text is read twice. */
		if (begin < s.len && strchr(";|&\n`)", s.ptr[begin])) {
			at = begin;
			break;
		}
		for (at = begin;
		     at < s.len && !is_space(s.ptr[at]) && !(is_argument_end(s.ptr[at]) && at > begin);)
			at++;
		if (at == begin) {
			at++;
			continue;
		}
		struct slice word = slice_of(s.ptr + begin, at - begin);
		if (shell_like(word))
			c.arguments = true;
		else
			c.words++;
	}
	c.end = at < s.len ? at : s.len;
	return c;
}

/* Prose before a separator ("either; or") asks for arguments; a command that is also a word asks for them or
 * for the end. */
static bool convinces(const struct call *c, struct slice s, bool prose, bool substituted)
{
	if (!c->command)
		return false;
	bool ends = c->end >= s.len || is_argument_end(s.ptr[c->end]);
	if (c->by_path)
		return !prose || ends;
	if (c->arguments)
		return c->words <= (prose ? 1 : 3);
	return !prose && ends && (c->words <= 1 || substituted) && c->words <= 2;
}

static bool found(struct payload_finding *ret, const char *why, struct slice name)
{
	return payload_found(ret, PAYLOAD_COMMAND, why, name);
}

static bool after_separator(struct slice s, struct payload_finding *ret)
{
	const size_t one_word = payload_prose_from(s, 1), two_words = payload_prose_from(s, 2);
	for (size_t i = 0; i < s.len; i++) {
		if (!strchr(";|&\n", s.ptr[i]))
			continue;
		bool prose = i >= two_words;
		/* Lines of text are no commands unless the text is one line and a command. */
		if (s.ptr[i] == '\n' && prose)
			continue;
		size_t at = i + 1;
		while (at < s.len && strchr(" ;|&\t+", s.ptr[at]))
			at++;
		struct call c = call_at(s, at);
		/* "this | that": a separator with air on both sides and a word that is a command by chance.
		 */
		bool airy =
		    i > 0 && s.ptr[i - 1] == ' ' && at < s.len && s.ptr[at - 1] == ' ' && i >= one_word;
		bool chance = airy && !c.arguments && !c.by_path &&
			      payload_word_find(commands, ARRAY_LEN(commands), c.name) == COMMAND_WORD;
		if (!chance && convinces(&c, s, prose, false))
			return found(ret, "begins a command after a separator", c.name);
		i = at > i + 1 ? at - 1 : i;
	}
	return false;
}

static bool substitution(struct slice s, struct payload_finding *ret)
{
	/* Markdown puts code in backquotes: between words they are quotes, not a shell. */
	const bool prose = payload_is_prose(s, 3);
	for (size_t i = 0; i + 1 < s.len; i++) {
		bool dollar = s.ptr[i] == '$' && s.ptr[i + 1] == '(';
		if (!dollar && s.ptr[i] != '`')
			continue;
		if (prose && !dollar)
			return false;
		struct call c = call_at(s, i + 1 + dollar);
		/* "run `id` and ...": a lone name in backquotes, after a blank or for a word of English, is
		 * named, not run. */
		bool plain = payload_word_find(commands, ARRAY_LEN(commands), c.name) == COMMAND_PLAIN;
		if (!dollar && !c.arguments && i > 0 && (s.ptr[i - 1] == ' ' || !plain))
			continue;
		bool closed = c.end < s.len && s.ptr[c.end] == (dollar ? ')' : '`');
		if (closed && convinces(&c, s, prose, true))
			return found(ret, "runs a command inside a text", c.name);
	}
	return false;
}

/* `ping -i 30 127.0.0.1`: the value is a command and nothing else. */
static bool whole(struct slice s, struct payload_finding *ret)
{
	size_t begin = 0;
	while (begin < s.len && strchr("\"' ", s.ptr[begin]))
		begin++;
	struct call c = call_at(s, begin);
	bool rest = c.end >= s.len || strchr("|;&'\"", s.ptr[c.end]);
	/* "true" in quotes inside a value was put there for a shell or a template. */
	bool quoted =
	    begin > 0 && c.command && c.end < s.len && c.end - begin == c.name.len && c.end + 1 == s.len;
	if (quoted || (c.command && rest && (c.arguments || (c.by_path && c.end < s.len)) && c.words <= 1))
		return found(ret, "is a command", c.name);
	if (c.by_path && c.end == s.len)
		return found(ret, "is a command", c.name);
	bool piped =
	    c.command && c.end < s.len && strchr(";|&", s.ptr[c.end]) && c.words <= 1 && c.end + 1 >= s.len;
	return piped && found(ret, "is a command", c.name);
}

bool payload_shell(struct slice value, struct payload_finding *ret)
{
	struct slice s = slice_trim(value);
	return s.len && (after_separator(s, ret) || substitution(s, ret) || whole(s, ret));
}
