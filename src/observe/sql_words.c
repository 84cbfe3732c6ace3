/* The words of SQL that attacks are made of: functions, and verbs with what must follow them. */
#include "base/check.h"
#include "observe/payload_internal.h"
#include "observe/sql_grammar.h"

static const struct payload_word functions[] = {
    {"analyse", 1},
    {"ascii", 1},
    {"benchmark", 1},
    {"bin", 1},
    {"cast", 1},
    {"char", 1},
    {"chr", 1},
    {"coalesce", 1},
    {"concat", 1},
    {"concat_ws", 1},
    {"convert", 1},
    {"count", 1},
    {"current_user", 1},
    {"database", 1},
    {"elt", 1},
    {"exp", 1},
    {"extractvalue", 1},
    {"floor", 1},
    {"group_concat", 1},
    {"hex", 1},
    {"if", 1},
    {"ifnull", 1},
    {"iif", 1},
    {"json_keys", 1},
    {"length", 1},
    {"load_file", 1},
    {"lower", 1},
    {"make_set", 1},
    {"md5", 1},
    {"mid", 1},
    {"ord", 1},
    {"pg_sleep", 1},
    {"rand", 1},
    {"randomblob", 1},
    {"regexp_substring", 1},
    {"row", 1},
    {"schema", 1},
    {"session_user", 1},
    {"sha1", 1},
    {"sleep", 1},
    {"substr", 1},
    {"substring", 1},
    {"system_user", 1},
    {"unhex", 1},
    {"updatexml", 1},
    {"upper", 1},
    {"user", 1},
    {"version", 1},
};

/* What must follow a verb for it to begin a statement and not a sentence; "(": a name and a bracket. */
static const struct {
	const char *verb;
	const char *next; /* words separated by blanks */
} statements[] = {
    {"alter", "table user database login session system view procedure function role"},
    {"backup", "database log"},
    {"begin", "( declare"},
    {"call", "("},
    {"copy", "("},
    {"create", "table user database view index function procedure trigger or login role extension alias"},
    {"declare", "@"},
    {"delete", "from"},
    {"drop", "table database view index user procedure function trigger schema column role login"},
    {"exec", "( @ ' _"},
    {"execute", "( @ ' _ immediate"},
    {"grant", "all select insert execute dba"},
    {"insert", "into"},
    {"load", "data"},
    {"merge", "into"},
    {"replace", "into"},
    {"restore", "database"},
    {"set", "@ _"},
    {"shutdown", ";"},
    {"truncate", "table"},
    {"update", "set"},
};

bool sql_function_known(struct slice name)
{
	return payload_word_find(functions, ARRAY_LEN(functions), name) >= 0;
}

bool sql_function_likely(struct slice name)
{
	return sql_function_known(name) || memchr(name.ptr, '.', name.len) || memchr(name.ptr, '_', name.len);
}

static bool next_allows(const struct sql_lexer *next, const char *list)
{
	struct slice rest = slice_cstr(list);
	struct sql_lexer after = *next;
	sql_next(&after);
	while (rest.ptr) {
		struct slice want = slice_cut(&rest, ' ');
		bool fits;
		switch (want.ptr[0]) {
		case '(':
			fits = next->token == SQL_NAME && after.token == SQL_OPEN;
			break;
		case '@':
			fits = next->token == SQL_VARIABLE;
			break;
		case '\'':
			fits = after.token == SQL_STRING || after.token == SQL_STRING_OPEN;
			break;
		case '_':
			fits = next->token == SQL_NAME && (memchr(next->lexeme.ptr, '_', next->lexeme.len) ||
							      after.token == SQL_COMPARE);
			break;
		case ';':
			fits = next->token == SQL_END || next->token == SQL_SEMICOLON ||
			       next->token == SQL_COMMENT;
			break;
		default:
			fits = slice_eq_nocase(next->lexeme, want) ||
			       (slice_eq_cstr(want, "set") && slice_eq_nocase(after.lexeme, want));
		}
		if (fits)
			return true;
	}
	return false;
}

bool sql_begins_statement(const struct sql_lexer *verb)
{
	struct sql_lexer next = *verb;
	sql_next(&next);
	for (size_t i = 0; i < ARRAY_LEN(statements); i++) {
		if (slice_eq_nocase(verb->lexeme, slice_cstr(statements[i].verb)))
			return next_allows(&next, statements[i].next);
	}
	return false;
}
