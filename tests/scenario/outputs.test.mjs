// Answers that are no JSON: pages under the app's policy, redirects that cannot leave the app, and nothing to inject into.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Served, assertProblem, copyApp } from "./lib.mjs";

let app;
before(async () => {
	app = await Served.start(copyApp("tests/scenario/apps/outputs"));
});
after(async () => {
	await app.stop();
});

const page = (q) => app.call("GET", `/page?q=${encodeURIComponent(q)}`);
const go = (to, more = "") => app.call("GET", `/go?to=${encodeURIComponent(to)}${more}`);

test("a page is text/html under the app's policy, and kept by nobody", async () => {
	const answer = await page("plain");
	assert.equal(answer.status, 200, answer.text);
	assert.equal(answer.headers.get("content-type"), "text/html; charset=utf-8");
	assert.match(answer.headers.get("content-security-policy"), /default-src 'none'; script-src 'self'/);
	assert.equal(answer.headers.get("x-frame-options"), "DENY");
	assert.equal(answer.headers.get("cache-control"), "no-store");
	assert.equal(answer.text,
		'<!doctype html><title>plain</title><p id="plain">plain</p><a href="plain">to</a><a href="/find?q=plain">again</a><ul><li>plain</li><li>plain</li></ul>');
});

test("hostile values stay text, in every place of a page", async () => {
	for (const q of ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</title><script>1</script>", "' onload='1", "${1}<svg/onload=1>"]) {
		const { text, status } = await page(q);
		assert.equal(status, 200, text);
		assert.deepEqual(text.match(/<[a-z!/]+/gi), ["<!doctype", "<title", "</title", "<p", "</p", "<a", "</a", "<a", "</a", "<ul", "<li", "</li", "<li", "</li", "</ul"], text);
		assert.doesNotMatch(text, /"[^<>]*"\s*>?\s*<img/);
		assert.equal(text.match(/"/g).length, 6, text);
	}
});

test("an address that would run code becomes nothing", async () => {
	for (const q of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "data:text/html,<script>1</script>", "vbscript:x"]) {
		const { text } = await page(q);
		assert.match(text, /<a href="about:invalid/, text);
	}
});

test("a redirect leads to a path of the app, with the status that was asked for and no body", async () => {
	for (const [more, status] of [["", 303], ["&status=302", 302], ["&status=307", 307], ["&status=308", 308]]) {
		const answer = await go("/orders?x=1&y=%20#top", more);
		assert.equal(answer.status, status, answer.text);
		assert.equal(answer.headers.get("location"), "/orders?x=1&y=%20#top");
		assert.equal(answer.text, "");
		assert.equal(answer.headers.get("content-type"), null);
	}
});

test("a function that may do either answers with what it returned", async () => {
	const answer = await go("/orders", "&stay=true");
	assert.equal(answer.headers.get("content-type"), "text/html; charset=utf-8");
	assert.equal(answer.text, "<p>/orders</p>");
});

const elsewhere = ["//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "orders", "", "/a b", "/é", "\\\\evil.example"];
const injected = ["/a\r\nSet-Cookie: s=1", "/a\nX: 1", "/a\rX: 1", "/\r\n\r\n<script>1</script>", "/a\u0000b", "/\t/evil.example", "/a\u007f"];

test("an address elsewhere is refused by redirect()", async () => {
	for (const to of elsewhere) {
		const answer = await go(to);
		assertProblem(answer, 500);
		assert.equal(answer.headers.get("location"), null, to);
	}
});

test("a forged redirect is a wrong result: no line of it reaches a header", async () => {
	for (const to of [...elsewhere, ...injected]) {
		const body = JSON.stringify({ to, status: 303 });
		const got = await app.raw(
			`POST /forged HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
			{ quietMs: 2000 });
		assert.match(got, /^HTTP\/1\.1 500 /, `${JSON.stringify(to)}: ${got}`);
		assert.doesNotMatch(got, /^(Location|Set-Cookie|X):/im, got);
		assert.doesNotMatch(got, /evil|<script>/, got);
	}
	for (const status of [200, 304, 300, 404, 303.5, -1]) assertProblem(await app.call("POST", "/forged", { to: "/a", status }), 500);
	const fine = await app.call("POST", "/forged", { to: "/a", status: 307 });
	assert.deepEqual([fine.status, fine.headers.get("location")], [307, "/a"]);
});

test("a string is never a page", async () => {
	const answer = await app.call("POST", "/text", { q: "<script>1</script>" });
	assert.equal(answer.headers.get("content-type"), "application/json");
	assert.equal(answer.body, "<script>1</script>");
});

test("a page has a longest length, its own or a million characters; what is longer does not leave", async () => {
	assert.equal((await app.call("GET", "/long?n=1000000")).text.length, 1000000);
	assertProblem(await app.call("GET", "/long?n=1000001"), 500);
	assert.match((await app.logged("wrong_result", (e) => e.function === "long")).problems, /1000000 characters/);
	assert.equal((await app.call("GET", "/bounded?n=100")).text.length, 100);
	assertProblem(await app.call("GET", "/bounded?n=101"), 500);
});

test("a declared error carries the title that its type gives it, else its name", async () => {
	const closed = await app.call("POST", "/refuses", { plainly: false });
	assertProblem(closed, 409);
	assert.equal(closed.body.title, 'Closed: "until" <Monday> \\ ü');
	assert.equal(closed.body.error, "Closed");
	assert.equal((await app.call("POST", "/refuses", { plainly: true })).body.title, "Plain");
});
