// Strings that have gone wrong somewhere: SQL, markup, paths, commands, templates, headers, numbers, Unicode. Made from a
// grammar with a fixed seed, so that a failure can be had again; with outside payloads among them where those are present.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { root } from "../lib.mjs";

const quotes = ["", "'", '"', "`", "')", "'))", '")', "']", "\\'", "%27", "''", "\u2019", "\uff07", "\u02bc", "'\u0000"];
const joins = [" ", "/**/", "\t", "\n", "+", "%20", "/*!50000*/", "\u00a0", "\u3000", "--\n"];
const ends = ["", "--", "-- -", "#", "/*", ";--", ";\u0000", "'='", "\" \"=\"", ") --"];
const clauses = [
	"OR 1=1", "OR 'a'='a'", "AND 1=2", "OR TRUE", "UNION SELECT NULL,NULL,NULL,NULL,NULL", "UNION ALL SELECT sql,1,2,3,4 FROM sqlite_master",
	"UNION SELECT password,email,1,2,3 FROM users", "; DROP TABLE orders", "; DELETE FROM products", "; UPDATE products SET price_cents=1",
	"; ATTACH DATABASE '/tmp/x.db' AS x", "; PRAGMA writable_schema=1", "; INSERT INTO orders VALUES (1)", "AND randomblob(100000000)", "AND load_extension('x')",
	"AND (SELECT count(*) FROM sqlite_master)", "AND 1=CAST((SELECT sqlite_version()) AS INT)", "AND pg_sleep(5)", "; SELECT pg_sleep(5)", "WAITFOR DELAY '0:0:5'",
	"AND SLEEP(5)", "AND extractvalue(1,concat(0x7e,version()))", "GROUP BY 1 HAVING 1=1", "ORDER BY 99", "LIMIT 0,1 INTO OUTFILE '/tmp/x'", "|| (SELECT 1)", "COLLATE nocase",
	"IN (SELECT 1)", "LIKE '%'", "GLOB '*'", "MATCH 'x'", "ESCAPE ''", ":auth_user", "?1", "$1", "@@version", "x'41'", "0x41", "1e309", "CASE WHEN 1=1 THEN 1 ELSE 1/0 END",
];
const tags = ["script", "img", "svg", "iframe", "body", "a", "details", "math", "style", "link", "object", "template", "noscript", "textarea", "title", "x"];
const attributes = ["", " src=x onerror=__hit()", " onload=__hit()", " href=javascript:__hit()", " ontoggle=__hit() open", " style=x:expression(__hit())", " srcdoc='<script>__hit()</script>'",
	" xlink:href=javascript:__hit()", " formaction=javascript:__hit()", " onfocus=__hit() autofocus", " data=data:text/html,<script>__hit()</script>", "/onload=__hit()//"];
const insides = ["__hit()", "", "<!--", "]]>", "<![CDATA[", "${__hit()}", "{{constructor.constructor('__hit()')()}}", "&lt;script&gt;", "\\x3cscript\\x3e", "&#x3c;script>"];
const frames = [(s) => s, (s) => `"${s}`, (s) => `'>${s}`, (s) => `</textarea>${s}`, (s) => `</script>${s}`, (s) => `-->${s}`, (s) => `&lt;${s}`, (s) => `${s}<`, (s) => `\u2028${s}`];
const others = [
	"../../../../etc/passwd", "..\\..\\windows\\win.ini", "%2e%2e%2f", "....//", "/etc/passwd%00.png", "file:///etc/passwd", "\\\\evil\\share", "C:\\boot.ini", "php://filter/x",
	"; cat /etc/passwd", "| id", "$(id)", "`id`", "&& sleep 5", "\nid\n", "%0aid", "() { :;}; id", "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "${jndi:ldap://127.0.0.1/a}", "{% debug %}",
	"__proto__", "constructor", "toString", "hasOwnProperty", "[object Object]", "undefined", "null", "NaN", "Infinity", "-0", "true", "1e309", "0x7fffffff", "9223372036854775808", "1.0", "01", "+1", "１",
	"\r\nSet-Cookie: a=b", "\r\n\r\n<script>", "%0d%0aX: y", "a\u0000b", "\u0001\u0002", "\u007f", "\u0085", "\u2028", "\u2029", "\ufeff", "\ufffd", "\uffff", "\u202eabc", "\u200d\u200c", "e\u0301", "\u1e9e\u0130\u0131",
	"\ud83d\ude00", "\ud83c\udff4\u200d\u2620\ufe0f", "\u{10ffff}", "a\u0300".repeat(120), "%s%s%s%n", "%x%x%x", "%99999999d", "*)(uid=*))(|(uid=*", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
	"=cmd|' /C calc'!A0", "@SUM(1+1)", "(a+)+$", "a".repeat(64) + "!", "x".repeat(500), "x".repeat(501), "\u00e4".repeat(500), "\ud83d\ude00".repeat(500), "\ud83d\ude00".repeat(501), "'".repeat(400), "\\".repeat(400), "\n".repeat(60), "\t",
	"{\"$gt\":\"\"}", "[]", "{}", "\"}],\"x\":[{\"", "\\u0022", "\\", "\"", "\\\"", "\b\f", " ", "", "  lead and trail  ", "a\r\nb", "\r",
];

const generator = (seed) => {
	let state = seed >>> 0;
	return (n) => {
		state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
		let z = Math.imul(state ^ (state >>> 12), 0x297a2d39);
		z ^= z >>> 15;
		return (z >>> 0) % n;
	};
};

const corpora = () => [process.env.WARD_CORPORA, path.join(root, "../shared/corpora"), path.join(root, "../../shared/corpora")].filter(Boolean)
	.map((dir) => path.join(dir, "payloads/http_params_train.csv.gz")).find((file) => existsSync(file));

// The attacks among the outside payloads, or none.
export const outsidePayloads = () => {
	const file = corpora();
	if (!file) return [];
	return gunzipSync(readFileSync(file)).toString("utf8").split("\n").slice(1)
		.map((line) => /^"((?:[^"]|"")*)","\d*","(\w[\w-]*)"/.exec(line)).filter((m) => m && m[2] !== "norm").map((m) => m[1].replaceAll('""', '"'));
};

export const hostileStrings = (count) => {
	const pick = generator(20261124);
	const of = (list) => list[pick(list.length)];
	const found = new Set(others);
	const outside = outsidePayloads();
	for (let i = 0; i < outside.length && i < count / 2; i++) found.add(outside[(i * 7919) % outside.length]);
	const sql = () => `${of(["1", "x", "", "lamp", "-1"])}${of(quotes)}${of(joins)}${of(clauses)}${of(joins)}${of(ends)}`;
	const markup = () => {
		const tag = of(tags);
		return of(frames)(`<${tag}${of(attributes)}>${of(insides)}${pick(2) ? `</${tag}>` : ""}`);
	};
	const broken = () => {
		const all = [...of([sql(), markup(), of(others)])].slice(0, 480);
		for (let k = 0; k < 1 + pick(3); k++) all.splice(pick(all.length + 1), pick(3), String.fromCodePoint([0, 9, 10, 13, 34, 39, 60, 92, 0x7f, 0xa0, 0x200b, 0x2028, 0xfffe, 0x1f600][pick(14)]));
		return all.join("");
	};
	while (found.size < count) found.add(of([sql, sql, markup, markup, broken])());
	return { strings: [...found].slice(0, count), outside: Math.min(outside.length, Math.floor(count / 2)) };
};
