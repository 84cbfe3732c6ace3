/* Calls of the AWS SDK in a file's text, by its imports and constructors. Called for each file of code that
 * names the SDK. */
#include <stdlib.h>

#include "review/privilege.h"

#define CALLS_MAX 20000u

/* Client packages whose name is not the service's prefix in IAM. */
static const struct {
	const char *client;
	const char *prefix;
} prefixes[] = {
    {"cognito-identity-provider", "cognito-idp"},
    {"cloudwatch-logs", "logs"},
    {"eventbridge", "events"},
    {"sfn", "states"},
    {"secrets-manager", "secretsmanager"},
    {"api-gateway", "apigateway"},
    {"elastic-load-balancing-v2", "elasticloadbalancing"},
    {"bedrock-runtime", "bedrock"},
    {"rds-data", "rds-data"},
    {"sesv2", "ses"},
    {"dynamodb-streams", "dynamodb"},
    {"cognitoidentityserviceprovider", "cognito-idp"},
    {"stepfunctions", "states"},
    {"cloudwatchlogs", "logs"},
    {"documentclient", "dynamodb"},
};

/* Operations whose right has another name. */
static const struct {
	const char *service;
	const char *operation;
	const char *action;
} renamed[] = {
    {"s3", "ListObjectsV2", "ListBucket"},
    {"s3", "ListObjects", "ListBucket"},
    {"s3", "HeadObject", "GetObject"},
    {"s3", "HeadBucket", "ListBucket"},
    {"s3", "CopyObject", "PutObject"},
    {"s3", "CreateMultipartUpload", "PutObject"},
    {"s3", "UploadPart", "PutObject"},
    {"s3", "Upload", "PutObject"},
    {"s3", "DeleteObjects", "DeleteObject"},
    {"s3", "ListBuckets", "ListAllMyBuckets"},
    {"lambda", "Invoke", "InvokeFunction"},
    {"dynamodb", "Get", "GetItem"},
    {"dynamodb", "Put", "PutItem"},
    {"dynamodb", "Update", "UpdateItem"},
    {"dynamodb", "Delete", "DeleteItem"},
    {"dynamodb", "BatchGet", "BatchGetItem"},
    {"dynamodb", "BatchWrite", "BatchWriteItem"},
    {"dynamodb", "TransactGet", "GetItem"},
    {"dynamodb", "TransactWrite", "PutItem"},
    {"dynamodb", "TransactWriteItems", "PutItem"},
    {"dynamodb", "TransactGetItems", "GetItem"},
    {"dynamodb", "ExecuteStatement", "PartiQLSelect"},
    {"sqs", "SendMessageBatch", "SendMessage"},
    {"sqs", "DeleteMessageBatch", "DeleteMessage"},
    {"sns", "PublishBatch", "Publish"},
    {"bedrock", "Converse", "InvokeModel"},
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '$';
}

static void add(struct sdk_calls *calls, struct slice file, struct slice service, struct slice operation)
{
	const char *action = NULL;
	for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
		if (slice_eq_cstr(service, renamed[i].service) &&
		    slice_eq_cstr(operation, renamed[i].operation))
			action = renamed[i].action;
	char *text = action
			 ? arena_printf(calls->arena, "%.*s:%s", SLICE_ARG(service), action)
			 : arena_printf(calls->arena, "%.*s:%.*s", SLICE_ARG(service), SLICE_ARG(operation));
	if (!text || calls->count >= CALLS_MAX)
		return;
	if (calls->count == calls->size) {
		size_t size = calls->size ? calls->size * 2 : 64;
		struct sdk_call *items = reallocarray(calls->items, size, sizeof *items);
		if (!items)
			return;
		calls->items = items;
		calls->size = size;
	}
	calls->items[calls->count++] = (struct sdk_call){file, slice_cstr(text)};
}

static struct slice prefix_of(struct slice client)
{
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (slice_eq_nocase(client, slice_cstr(prefixes[i].client)))
			return slice_cstr(prefixes[i].prefix);
	return client;
}

static struct slice lowered(struct arena *arena, struct slice s)
{
	char *out = arena_cstr(arena, s);
	for (char *p = out; p && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return slice_cstr(out);
}

static bool constructs(struct slice bytes, struct slice name)
{
	char text[160];
	if (name.len + 5 >= sizeof text)
		return false;
	memcpy(text, "new ", 4);
	memcpy(text + 4, name.ptr, name.len);
	text[4 + name.len] = '(';
	return memmem(bytes.ptr, bytes.len, text, name.len + 5) != NULL;
}

/* The names between the braces before `from "@aws-sdk/..."` or `= require("@aws-sdk/...")`. */
static void commands_before(
    struct sdk_calls *calls, struct slice file, struct slice bytes, size_t at, struct slice service)
{
	size_t close = at;
	while (close > 0 && at - close < 400 && bytes.ptr[close - 1] != '}')
		close--;
	size_t open = close;
	while (open > 0 && close - open < 4000 && bytes.ptr[open - 1] != '{')
		open--;
	if (close == 0 || open == 0 || bytes.ptr[open - 1] != '{')
		return;
	for (size_t i = open; i < close;) {
		size_t start = i;
		while (i < close && is_word(bytes.ptr[i]))
			i++;
		struct slice name = slice_of(bytes.ptr + start, i - start);
		i += name.len == 0;
		if (slice_ends(name, SLICE("Command")) && constructs(bytes, name))
			add(calls, file, service, slice_of(name.ptr, name.len - 7));
		else if (slice_starts(name, SLICE("paginate")) && name.len > 8)
			add(calls, file, service, slice_of(name.ptr + 8, name.len - 8));
	}
}

static void version3(struct sdk_calls *calls, struct slice file, struct slice bytes)
{
	static const struct slice marks[] = {
	    {"@aws-sdk/client-", 16}, {"@aws-sdk/lib-dynamodb", 21}, {"@aws-sdk/lib-storage", 20}};
	for (size_t m = 0; m < sizeof marks / sizeof *marks; m++) {
		for (size_t i = 0; i + marks[m].len < bytes.len;) {
			const char *hit = memmem(bytes.ptr + i, bytes.len - i, marks[m].ptr, marks[m].len);
			if (!hit)
				break;
			size_t at = (size_t)(hit - bytes.ptr);
			size_t end = at + marks[m].len;
			while (end < bytes.len && (is_word(bytes.ptr[end]) || bytes.ptr[end] == '-'))
				end++;
			struct slice client =
			    slice_of(bytes.ptr + at + marks[m].len, end - at - marks[m].len);
			if (m == 2)
				add(calls, file, SLICE("s3"), SLICE("PutObject"));
			else
				commands_before(
				    calls, file, bytes, at, m == 1 ? SLICE("dynamodb") : prefix_of(client));
			i = end;
		}
	}
}

/* x.getObject( after const x = new AWS.S3(). */
static void calls_on(struct sdk_calls *calls, struct slice file, struct slice bytes, struct slice variable,
    struct slice service)
{
	char text[96];
	if (variable.len == 0 || variable.len + 1 >= sizeof text)
		return;
	memcpy(text, variable.ptr, variable.len);
	text[variable.len] = '.';
	for (size_t i = 0; i < bytes.len;) {
		const char *hit = memmem(bytes.ptr + i, bytes.len - i, text, variable.len + 1);
		if (!hit)
			return;
		size_t at = (size_t)(hit - bytes.ptr);
		size_t start = at + variable.len + 1;
		size_t end = start;
		while (end < bytes.len && is_word(bytes.ptr[end]))
			end++;
		i = end + 1;
		bool whole = at == 0 || (!is_word(bytes.ptr[at - 1]) && bytes.ptr[at - 1] != '.');
		if (!whole || end == start || end >= bytes.len || bytes.ptr[end] != '(')
			continue;
		char *operation = arena_cstr(calls->arena, slice_of(bytes.ptr + start, end - start));
		if (!operation)
			return;
		if (operation[0] >= 'a' && operation[0] <= 'z')
			operation[0] = (char)(operation[0] - 'a' + 'A');
		add(calls, file, service, slice_cstr(operation));
	}
}

static void version2(struct sdk_calls *calls, struct slice file, struct slice bytes)
{
	for (size_t i = 0; i + 8 < bytes.len;) {
		const char *hit = memmem(bytes.ptr + i, bytes.len - i, "new AWS.", 8);
		if (!hit)
			return;
		size_t at = (size_t)(hit - bytes.ptr);
		size_t start = at + 8;
		size_t end = start;
		while (end < bytes.len && (is_word(bytes.ptr[end]) || bytes.ptr[end] == '.'))
			end++;
		struct slice client = slice_of(bytes.ptr + start, end - start);
		for (size_t k = client.len; k > 0; k--)
			if (client.ptr[k - 1] == '.') {
				client = slice_of(client.ptr + k, client.len - k);
				break;
			}
		/* The variable before "=". */
		size_t left = at;
		while (left > 0 && (bytes.ptr[left - 1] == ' ' || bytes.ptr[left - 1] == '='))
			left--;
		size_t name = left;
		while (name > 0 && is_word(bytes.ptr[name - 1]))
			name--;
		calls_on(calls, file, bytes, slice_of(bytes.ptr + name, left - name),
		    prefix_of(lowered(calls->arena, client)));
		i = end;
	}
}

void sdk_calls_of(struct sdk_calls *calls, struct slice file, struct slice bytes)
{
	if (!memmem(bytes.ptr, bytes.len, "aws-sdk", 7))
		return;
	version3(calls, file, bytes);
	version2(calls, file, bytes);
}
