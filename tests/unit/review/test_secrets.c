/*
 * The secret scanner: what must be found in which notation, what must not, and texts made to hurt it. The
 * tests inside rules/secrets.yaml run here as well. Values are cut with '~' so that this file never matches
 * itself.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "review/secrets/secrets.h"

static struct secret_rules *rules;

static int load_rules(void **state)
{
	struct error err;
	(void)state;
	return is_ok(secret_rules_builtin(&err, &rules)) ? 0 : -1;
}

static int free_rules(void **state)
{
	(void)state;
	secret_rules_free(rules);
	return 0;
}

/* The values that "#1", "#2" and "#3" stand for. */
static const char *const planted[] = {"xK9v2LqT7w", "q8Zr41mXc0TvBn27", "a3f1ef0ff53236141253c0372"};

static const char *planted_at(const char *text)
{
	return text[0] == '#' && text[1] >= '1' && text[1] <= '3' ? planted[text[1] - '1'] : NULL;
}

static size_t plant(const char *text, char *out, size_t size)
{
	size_t n = 0;
	for (; *text; text++) {
		const char *value = planted_at(text);
		n += (size_t)snprintf(out + n, size - n, "%.*s", value ? 100 : 1, value ? value : text);
		text += value != NULL;
		assert_true(n < size);
	}
	return n;
}

/* Scans a text; the rule of the first hit, and its value. */
static const char *scan_planted(const char *with_marks, char *value, size_t size)
{
	char text[4096];
	size_t n = plant(with_marks, text, sizeof(text));
	struct error err;
	struct secret_hits hits;
	assert_true(is_ok(secrets_scan_text(rules, slice_of(text, n), &err, &hits)));
	const char *id = hits.count ? hits.items[0].rule->id : NULL;
	(void)snprintf(value, size, "%.*s", hits.count ? (int)hits.items[0].len : 0,
	    text + (hits.count ? hits.items[0].at : 0));
	secret_hits_done(&hits);
	return id;
}

static bool reports(const char *id, struct slice text)
{
	struct error err;
	struct secret_hits hits;
	bool found = false;
	assert_true(is_ok(secrets_scan_text(rules, text, &err, &hits)));
	for (size_t i = 0; i < hits.count; i++)
		found |= strcmp(hits.items[i].rule->id, id) == 0;
	secret_hits_done(&hits);
	return found;
}

static void every_pattern_holds_its_own_tests(void **state)
{
	size_t wrong = 0;
	(void)state;
	for (size_t i = 0; i < rules->pattern_count; i++) {
		const struct secret_pattern *p = &rules->patterns[i];
		if (p->hits.count == 0) {
			print_error("%s has no test\n", p->info.id);
			wrong++;
		}
		for (size_t k = 0; k < p->hits.count; k++)
			if (!reports(p->info.id, p->hits.items[k])) {
				print_error("%s misses its test %zu: %.*s\n", p->info.id, k,
				    SLICE_ARG(p->hits.items[k]));
				wrong++;
			}
		for (size_t k = 0; k < p->misses.count; k++)
			if (reports(p->info.id, p->misses.items[k])) {
				print_error("%s reports its counter-example %zu\n", p->info.id, k);
				wrong++;
			}
	}
	assert_int_equal(wrong, 0);
}

/* A telling name in the notations that a repository holds; the value that must be found. */
static const struct {
	const char *text;
	const char *value;
} given[] = {
    {"DB_PASSWORD=#1\n", "#1"},
    {"export DB_PASSWORD='#1'\n", "#1"},
    {"password: #1 # comment\n", "#1"},
    {"{\"dbPassword\": \"#1\"}", "#1"},
    {"{\\\"dbPassword\\\": \\\"#1\\\"}", "#1"},
    {"const password: string = \"#1\";", "#1"},
    {"let token: &str = \"#2\";", "#2"},
    {"$config['password'] = '#1';", "#1"},
    {":password => \"#1\",", "#1"},
    {"password := \"#1\"", "#1"},
    {"char secret_key[] = \"#2\";", "#2"},
    {"client.setPassword(\"#1\");", "#1"},
    {"os.environ.setdefault(\"DB_PASSWORD\", \"#1\")", "#1"},
    {"PASSWORD = os.getenv(\"DB_PASSWORD\", \"#1\")", "#1"},
    {"<password>#1</password>", "#1"},
    {"<add key=\"Password\" value=\"#1\"/>", "#1"},
    {"<property name=\"password\">#1</property>", "#1"},
    {"<key>Password</key>\n  <string>#1</string>", "#1"},
    {"- name: DB_PASSWORD\n  value: #1\n", "#1"},
    {"{\"name\": \"DB_PASSWORD\", \"value\": \"#1\"}", "#1"},
    {"password = <<EOT\nEOT\nmaster_password = \"#1\"", "#1"},
    {"ENV DB_PASSWORD #1\n", "#1"},
    {"mytool --user bob --password #1 --verbose", "#1"},
    {"curl -u bob:#1 https://files.acme.test/", "#1"},
    {"postgres://bob:#1@db.acme.test:5432/shop", "#1"},
    {"Server=db;User Id=sa;Pwd=#1;Encrypt=true", "#1"},
    {"https://api.acme.test/v1?token=#2&x=1", "#2"},
    {"API_KEY = \\\n    '#3'", "#3"},
    /* ward-ignore secret-*: planted for this test */
    {"secret = bytes([223, 66, 216, 52, 221, 30, 216, 36, 216, 55])",
	"223, 66, 216, 52, 221, 30, 216, 36, 216, 55"},
    {"the password for bob is #1.", "#1"},
    {"machine git.acme.test login bob password #1\n", "#1"},
    {"password: >-\n  #1\n", "#1"},
    {"variable \"db_password\" {\n  type    = string\n  default = \"#1\"\n}\n", "#1"},
    {"  DBPassword:\n    Type: String\n    Default: #1\n  Other:\n    Type: String\n", "#1"},
    {"\"DBPassword\": {\n  \"Type\": \"String\",\n  \"Default\": \"#1\"\n}", "#1"},
    {"password: { type: String, default: '#1' }", "#1"},
    {"CREATE USER bob IDENTIFIED BY '#1';", "#1"},
    {"ALTER USER bob WITH PASSWORD '#1';", "#1"},
};

static void values_are_found_in_every_notation(void **state)
{
	size_t wrong = 0;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		char value[256], want[256];
		(void)plant(given[i].value, want, sizeof(want));
		const char *id = scan_planted(given[i].text, value, sizeof(value));
		if (!id || strcmp(value, want) != 0) {
			print_error("%s: found '%s' (%s)\n", given[i].text, value, id ? id : "nothing");
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* Placeholders, references, code, words, ciphertext: none of it is a secret. */
static const char *const harmless[] = {
    "password = os.environ[\"DB_PASSWORD\"]",
    "password: ${DB_PASSWORD}",
    "password: {{ .Values.db.password }}",
    "password = var.db_password",
    "const password = req.body.password;",
    "password: process.env.DB_PASSWORD,",
    "DB_PASSWORD=changeme",
    "DB_PASSWORD=<your password here>",
    "API_KEY=your_api_key_here_1234",
    "password: \"Enter your new password\"",
    "password_length: 12345678",
    "passwordPolicy: \"min8upper1lower\"",
    "token_url = \"https://auth.acme.test/oauth2/v1\"",
    "primary key: 8f14e45fceea167a5a36",
    "\"integrity\": \"sha512-q8Zr41mXc0TvBn27q8Zr41mXc0TvBn27q8Zr41mXc0TvBn27==\"",
    "if (password.length < 12) return;",
    "function getPassword(user) { return user.password2; }",
    "password = getpass.getpass()",
    "key: \"user.profile.name\"",
    "password: !vault |",
    "secretKey: ENC(2dfRFqV/cS6TzRd+JyO=)",
    "password: *default_password",
    "arn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf",
    "bypass = \"xK9v2LqT7w\"",
    "postgres://bob:${PGPASSWORD}@db.acme.test/shop",
    "postgres://postgres:postgres@localhost:5432/test",
    "Authorization: Bearer ${TOKEN}",
    "Authorization: Basic dXNlcjpwYXNzd29yZA==",
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END PUBLIC KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
    "AKIAIOSFODNN7EXAMPLE",
    "  DBPassword:\n    Type: String\n  Size:\n    Default: xK9v2LqT7w\n",
    "variable \"db_password\" {\n  sensitive = true\n}\nvariable \"size\" {\n  default = \"xK9v2LqT7w\"\n}\n",
};

static void harmless_texts_stay_quiet(void **state)
{
	size_t wrong = 0;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(harmless); i++) {
		char value[256];
		const char *id = scan_planted(harmless[i], value, sizeof(value));
		if (id) {
			print_error("%s: %s reports '%s'\n", harmless[i], id, value);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* A checksum tells a token from a text of its shape: one changed character and it is none. */
static void checksums_refuse_altered_tokens(void **state)
{
	static const char *const ids[] = {"secret-github-token", "secret-npm-token",
	    "secret-grafana-service-token", "secret-atlassian-token", "secret-age-secret-key",
	    "secret-nostr-secret-key", "secret-bip32-private-key"};
	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(ids); k++) {
		bool seen = false;
		for (size_t i = 0; i < rules->pattern_count; i++) {
			const struct secret_pattern *p = &rules->patterns[i];
			char text[512];
			if (strcmp(p->info.id, ids[k]) != 0)
				continue;
			struct slice hit = p->hits.items[0];
			assert_true(hit.len < sizeof(text));
			memcpy(text, hit.ptr, hit.len);
			assert_true(reports(ids[k], slice_of(text, hit.len)));
			text[hit.len / 2] = text[hit.len / 2] == 'Q'		       ? 'Z'
					    : text[hit.len / 2] == 'q'		       ? 'z'
					    : (hit.ptr[0] == 'A' && hit.ptr[1] == 'G') ? 'Q'
										       : 'q';
			assert_false(reports(ids[k], slice_of(text, hit.len)));
			seen = true;
		}
		assert_true(seen);
	}
}

static double seconds_to_scan(struct slice text)
{
	struct timespec a, b;
	struct error err;
	struct secret_hits hits;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	assert_true(is_ok(secrets_scan_text(rules, text, &err, &hits)));
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	secret_hits_done(&hits);
	return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

/* Texts made of what the scanner looks for: 2 MB each must stay far from quadratic, also under a sanitizer.
 */
static void hostile_texts_cost_bounded_time(void **state)
{
	static const char *const units[] = {"password=", "key(", "-----BEGIN RSA PRIVATE KEY-----\n", "eyJ",
	    "eyJh.eyJ", "secret:\"", "curl -u a ", "a:b@://", "A", "aA1", "AKIA", "token is ",
	    "{\"key\":", "xoxb-1", "sk-", "&quot;pwd", "\\\\\\\\\"key\\\"", "password: &a [*a,*a]\n",
	    "[\"token\",", "basic ", "mysql x", "\"auths\":{\"a\":{", "machine a login b ", "-", "|",
	    "://a:"};
	enum { SIZE = 2 << 20 };
	char *text = malloc(SIZE);
	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		size_t n = strlen(units[i]);
		for (size_t at = 0; at < SIZE; at++)
			text[at] = units[i][at % n];
		double seconds = seconds_to_scan(slice_of(text, SIZE));
		if (seconds > 2.0)
			print_error("'%s' repeated: %.1f s\n", units[i], seconds);
		assert_true(seconds < 8.0);
	}
	free(text);
}

static void findings_never_hold_the_secret(void **state)
{
	struct findings list;
	struct error err;
	/* ward-ignore secret-*: planted for this test */
	static const char text[] = "a\nb password = \"xK9v2LqT7w\"\n";
	(void)state;
	findings_init(&list, 10);
	assert_true(
	    is_ok(secrets_scan_file(rules, SLICE("a.py"), slice_of(text, sizeof(text) - 1), &list, &err)));
	assert_int_equal(list.count, 1);
	const struct finding *f = &list.items[0];
	assert_int_equal(f->line, 2);
	assert_int_equal(f->col, 15);
	assert_int_equal(f->end_col, 25);
	assert_null(memmem(f->message.ptr, f->message.len, "xK9v2", 5));
	assert_non_null(memmem(f->message.ptr, f->message.len, "10 characters", 13));
	assert_int_equal(f->subject.len, 20);
	findings_done(&list);
}

/* What outputs show of a file holds none of its secrets, not even those of other findings on the same line.
 */
static void shown_lines_hide_secrets(void **state)
{
	struct findings list;
	struct error err;
	/* ward-ignore secret-*: planted for this test */
	char text[] = "x\npassword = \"xK9v2LqT7w\", token = \"q8Zr41mXc0TvBn27\"\n";
	(void)state;
	findings_init(&list, 10);
	struct slice bytes = slice_of(text, sizeof(text) - 1);
	assert_true(is_ok(secrets_scan_file(rules, SLICE("a.py"), bytes, &list, &err)));
	assert_int_equal(list.count, 2);
	secrets_hide(&list, SLICE("b.py"), bytes);
	assert_non_null(strstr(text, "xK9v2LqT7w"));
	secrets_hide(&list, SLICE("a.py"), bytes);
	assert_string_equal(text, "x\npassword = \"**********\", token = \"****************\"\n");
	findings_done(&list);
}

static void a_key_block_covers_all_its_lines(void **state)
{
	struct secret_hits hits;
	struct error err;
	CLEANUP_BUF struct buf text = BUF_INIT(4096);
	(void)state;
	buf_add_cstr(&text, "key = \"-----BEGIN RSA PRIV");
	buf_add_cstr(&text, "ATE KEY-----\\n\" +\n");
	for (int i = 0; i < 5; i++)
		buf_add_cstr(
		    &text, "  \"MIIBVgIBADANBgkqhkiG9w0BAQEFAASCAUAwggE8AgEAAkEAplaRRGItayIi59\\n\" +\n");
	buf_add_cstr(&text, "  \"-----END RSA PRIVATE KEY-----\";\n");
	assert_true(is_ok(secrets_scan_text(rules, buf_slice(&text), &err, &hits)));
	assert_int_equal(hits.count, 1);
	assert_int_equal(hits.items[0].line, 1);
	assert_int_equal(hits.items[0].end_line, 7);
	secret_hits_done(&hits);
}

static void broken_rules_are_refused_by_name(void **state)
{
	static const char *const bad[] = {
	    "patterns: [{id: x, title: t, severity: high, anchors: [a], regex: '('}]",
	    "patterns: [{id: x, title: t, severity: high, anchors: [a], regex: 'a', check: [nothing]}]",
	    "patterns: [{id: x, title: t, severity: grave, anchors: [a], regex: 'a'}]",
	    "contexts: [{id: x, title: t, severity: high, judge: none}]",
	    "patterns: [{id: x, title: t, severity: high, anchors: [[a]], regex: 'a'}]",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct error err;
		struct secret_rules *none = NULL;
		assert_false(is_ok(secret_rules_load(slice_cstr(bad[i]), &err, &none)));
		assert_null(none);
		assert_non_null(strstr(err.text, "'x'"));
	}
}

static void shell(const char *dir, const char *command)
{
	char line[1024];
	(void)snprintf(line, sizeof(line), "cd '%s' && %s", dir, command);
	assert_int_equal(system(line), 0);
}

/* A secret that was removed is still in the history; hooks and helpers that the repository configures do not
 * run. */
static void history_tells_removed_secrets(void **state)
{
	char dir[] = "/tmp/ward-history-XXXXXX";
	struct findings list;
	struct error err;
	(void)state;
	assert_non_null(mkdtemp(dir));
	shell(dir,
	    "git init -q . && git config user.email a@b.test && git config user.name a && mkdir src && "
	    "printf '1\\n2\\nDB_PASSWORD=xK9v2LqT%s\\nADMIN_PASSWORD=hV4tY8mJ%s\\n' 7w 3c > src/.env && "
	    "git add -f . && git commit -qm one && printf '1\\n2\\n' > src/.env && git commit -qam two && "
	    "git config core.fsmonitor 'touch ran; false' && git config diff.external 'touch ran; false' && "
	    "git config core.pager 'touch ran'");
	findings_init(&list, 10);
	assert_true(is_ok(secrets_scan_history(rules, dir, &list, &err)));
	findings_sort(&list);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].line, 0);
	assert_true(slice_eq_cstr(list.items[0].file, "src/.env"));
	assert_non_null(
	    memmem(list.items[0].message.ptr, list.items[0].message.len, "line 4 of commit ", 17));
	findings_done(&list);
	shell(dir, "test ! -e ran && rm -rf .git");
	findings_init(&list, 10);
	assert_false(is_ok(secrets_scan_history(rules, dir, &list, &err)));
	findings_done(&list);
	shell("/tmp", "rm -rf /tmp/ward-history-*");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_pattern_holds_its_own_tests),
	    cmocka_unit_test(values_are_found_in_every_notation),
	    cmocka_unit_test(harmless_texts_stay_quiet),
	    cmocka_unit_test(checksums_refuse_altered_tokens),
	    cmocka_unit_test(hostile_texts_cost_bounded_time),
	    cmocka_unit_test(findings_never_hold_the_secret),
	    cmocka_unit_test(shown_lines_hide_secrets),
	    cmocka_unit_test(a_key_block_covers_all_its_lines),
	    cmocka_unit_test(broken_rules_are_refused_by_name),
	    cmocka_unit_test(history_tells_removed_secrets),
	};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
