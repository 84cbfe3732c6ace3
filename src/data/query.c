/* Names of what a query is made of, and its parameters and rows as JSON Schema for the TypeScript compiler.
 */
#include "data/query.h"

#include "base/check.h"

static const char *const kind_names[] = {[QUERY_ONE] = "one", [QUERY_MANY] = "many", [QUERY_EXEC] = "exec"};

static const char *const operation_names[SQL_OPERATION_COUNT] = {
    [SQL_READ] = "read", [SQL_INSERT] = "insert", [SQL_UPDATE] = "update", [SQL_DELETE] = "delete"};

static const char *const host_names[] = {[SQL_HOST_NONE] = "",
    [SQL_HOST_AUTH_USER] = "auth_user",
    [SQL_HOST_AUTH_ROLE] = "auth_role",
    [SQL_HOST_AUTH_TENANT] = "auth_tenant",
    [SQL_HOST_NOW] = "now"};

/* What a value of the type is in a function's JSON. A JavaScript number holds integers up to 2^53 - 1
 * exactly. */
static const struct {
	const char *name;
	const char *schema;
} types[] = {
    [SQL_ANY] = {"any", "\"type\":[\"string\",\"number\",\"null\"]"},
    [SQL_INTEGER] = {"integer",
	"\"type\":\"integer\",\"minimum\":-9007199254740991,\"maximum\":9007199254740991"},
    [SQL_REAL] = {"real", "\"type\":\"number\""},
    [SQL_TEXT] = {"text", "\"type\":\"string\",\"x-ward-text\":\"any\""},
    [SQL_BLOB] = {"blob", "\"type\":\"string\",\"x-ward-type\":\"bytes\""},
    [SQL_BOOLEAN] = {"boolean", "\"type\":\"boolean\""},
    [SQL_DATE] = {"date", "\"type\":\"string\",\"format\":\"date-time\",\"x-ward-type\":\"date\""},
    [SQL_BIGINT] = {"bigint", "\"type\":\"string\",\"x-ward-type\":\"bigint\""},
    [SQL_JSON] = {"json", ""},
    [SQL_NUMERIC] = {"numeric",
	"\"type\":\"string\",\"pattern\":\"^-?[0-9]+([.][0-9]+)?$\",\"maxLength\":1000"},
};

const char *query_kind_name(enum query_kind kind)
{
	return kind_names[kind];
}

const char *sql_type_name(enum sql_type type)
{
	return types[type].name;
}

const char *sql_operation_name(enum sql_operation operation)
{
	return operation_names[operation];
}

const char *sql_host_param_name(enum sql_host_param host)
{
	return host_names[host];
}

bool sql_type_from_name(struct slice name, enum sql_type *ret_type)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (slice_eq_cstr(name, types[i].name)) {
			*ret_type = (enum sql_type)i;
			return true;
		}
	return false;
}

bool query_kind_from_name(struct slice name, enum query_kind *ret_kind)
{
	for (size_t i = 0; i < ARRAY_LEN(kind_names); i++)
		if (slice_eq_cstr(name, kind_names[i])) {
			*ret_kind = (enum query_kind)i;
			return true;
		}
	return false;
}

bool sql_operation_from_name(struct slice name, enum sql_operation *ret_operation)
{
	for (size_t i = 0; i < ARRAY_LEN(operation_names); i++)
		if (slice_eq_cstr(name, operation_names[i])) {
			*ret_operation = (enum sql_operation)i;
			return true;
		}
	return false;
}

enum sql_host_param sql_host_param_from_name(struct slice name)
{
	for (size_t i = SQL_HOST_NONE + 1; i < ARRAY_LEN(host_names); i++)
		if (slice_eq_cstr(name, host_names[i]))
			return (enum sql_host_param)i;
	return SQL_HOST_NONE;
}

struct slice sql_member_name(struct slice name, char buffer[SQL_MEMBER_MAX])
{
	size_t n = 0;
	bool upper = false;
	for (size_t i = 0; i < name.len && n < SQL_MEMBER_MAX - 1; i++) {
		char c = name.ptr[i];
		if (c == '_' && n > 0 && i + 1 < name.len && name.ptr[i + 1] != '_') {
			upper = true;
			continue;
		}
		buffer[n++] = upper && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
		upper = false;
	}
	buffer[n] = '\0';
	return slice_of(buffer, n);
}

int sql_grant_cmp(const void *a, const void *b)
{
	const struct sql_grant *x = a;
	const struct sql_grant *y = b;
	int order = slice_cmp(x->table, y->table);
	if (order == 0)
		order = slice_cmp(x->column, y->column);
	if (order == 0)
		order = (x->operation > y->operation) - (x->operation < y->operation);
	return order ? order : slice_cmp(x->via, y->via);
}

/* SQL NULL beside a type: the list form where the type is one word, a choice where it is any JSON value or
 * more. */
static void add_type(struct buf *out, enum sql_type type, bool nullable)
{
	if (!nullable || type == SQL_ANY || type == SQL_JSON) {
		buf_printf(out, "{%s}", types[type].schema);
		return;
	}
	buf_printf(out, "{\"anyOf\":[{%s},{\"type\":\"null\"}]}", types[type].schema);
}

static void add_property(struct buf *out, bool first, struct slice name, enum sql_type type, bool nullable)
{
	char member[SQL_MEMBER_MAX];
	buf_add_cstr(out, first ? "\"" : ",\"");
	buf_add_json_escaped(out, sql_member_name(name, member));
	buf_add_cstr(out, "\":");
	add_type(out, type, nullable);
}

static void add_required(struct buf *out, bool first, struct slice name)
{
	char member[SQL_MEMBER_MAX];
	buf_add_cstr(out, first ? "\"" : ",\"");
	buf_add_json_escaped(out, sql_member_name(name, member));
	buf_add_char(out, '"');
}

void query_params_schema(const struct sql_query *query, struct buf *out)
{
	bool first = true;
	buf_add_cstr(out, "{\"type\":\"object\",\"properties\":{");
	for (size_t i = 0; i < query->param_count; i++) {
		const struct sql_param *p = &query->params[i];
		if (p->host != SQL_HOST_NONE)
			continue;
		add_property(out, first, p->name, p->type, p->nullable);
		first = false;
	}
	buf_add_cstr(out, "},\"required\":[");
	first = true;
	/* A member that may be NULL may also be left out, as optional properties are in TypeScript. */
	for (size_t i = 0; i < query->param_count; i++) {
		const struct sql_param *p = &query->params[i];
		if (p->host != SQL_HOST_NONE || p->nullable)
			continue;
		add_required(out, first, p->name);
		first = false;
	}
	buf_add_cstr(out, "],\"additionalProperties\":false}");
}

void query_row_schema(const struct sql_query *query, struct buf *out)
{
	if (query->kind == QUERY_EXEC) {
		buf_add_cstr(out, "{\"type\":\"object\",\"properties\":{\"changes\":{\"type\":\"integer\"},"
				  "\"lastId\":{\"type\":\"integer\"}},\"required\":[\"changes\",\"lastId\"],"
				  "\"additionalProperties\":false}");
		return;
	}
	buf_add_cstr(out, "{\"type\":\"object\",\"properties\":{");
	for (size_t i = 0; i < query->column_count; i++)
		add_property(
		    out, i == 0, query->columns[i].name, query->columns[i].type, query->columns[i].nullable);
	buf_add_cstr(out, "},\"required\":[");
	for (size_t i = 0; i < query->column_count; i++)
		add_required(out, i == 0, query->columns[i].name);
	buf_add_cstr(out, "],\"additionalProperties\":false}");
}
