// Files come typed or not at all: what they are, how large, and nothing that hides in them or in the form around them.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { Served, assertProblem, copyApp } from "./lib.mjs";

let app;
before(async () => {
	app = await Served.start(copyApp("tests/scenario/apps/uploads"));
});
after(async () => {
	await app.stop();
});

const word = (n) => Buffer.from([n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
const little = (n) => Buffer.from([n & 255, (n >>> 8) & 255, (n >>> 16) & 255, n >>> 24]);
const chunk = (name, data = Buffer.alloc(0)) => Buffer.concat([word(data.length), Buffer.from(name), data, word(0)]);
const png = (more = []) => Buffer.concat([
	Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", Buffer.concat([word(1), word(1), Buffer.from([8, 0, 0, 0, 0])])), ...more,
	chunk("IDAT", deflateSync(Buffer.from([0, 7]))), chunk("IEND"),
]);
const jpeg = (more = "") => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0]), Buffer.from(more, "latin1"), Buffer.from([0xff, 0xd9])]);
const gif = Buffer.from("GIF89a\x01\x00\x01\x00\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x00\x3b", "latin1");
const pdf = Buffer.from("%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n");
const zip = Buffer.concat([Buffer.from("PK\x05\x06", "latin1"), Buffer.alloc(18)]);
const box = (brands) => Buffer.concat([word(8 + 4 * (brands.length + 1)), Buffer.from("ftyp" + brands[0]), word(0), Buffer.from(brands.slice(1).join("")), word(8), Buffer.from("free")]);
const webp = Buffer.concat([Buffer.from("RIFF"), little(16), Buffer.from("WEBPVP8L"), little(4), Buffer.from([0x2f, 0, 0, 0])]);
const webm = Buffer.from("\x1a\x45\xdf\xa3\x93\x42\x82\x84webm\x42\x87\x81\x02", "latin1");
const frame = Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x00]), Buffer.alloc(413)]);
const woff2 = Buffer.concat([Buffer.from("wOF2"), word(0x10000), word(48), Buffer.alloc(36)]);

const form = (fields, files = []) => {
	const data = new FormData();
	for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) data.append(name, one);
	for (const [name, bytes, type, fileName] of files) data.append(name, new Blob([bytes], { type }), fileName);
	return data;
};
const post = async (pathname, body, headers = {}, method = "POST") => {
	const answer = await fetch(app.base + pathname, { method, body, headers, redirect: "manual" });
	const text = await answer.text();
	return { status: answer.status, headers: answer.headers, text, body: text ? JSON.parse(text) : null };
};
const photo = (bytes, type, name = "a.png", fields = { title: "t" }) => post("/albums/x/photos", form(fields, [["photo", bytes, type, name]]));
const icon = (bytes, type) => post("/icon", bytes, { "content-type": type }, "PUT");
const notes = (bytes, type) => post("/notes", form({}, [["file", bytes, type, "n"]]));
const refused = (answer, status, words) => {
	assertProblem(answer, status);
	assert.match(JSON.stringify(answer.body), words);
};

// A form as its bytes, for what no client would send.
const rawForm = async (body, { boundary = "b", type = `multipart/form-data; boundary=${boundary}`, pathname = "/albums/x/photos" } = {}) => {
	const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body, "latin1");
	const got = await app.raw(Buffer.concat([
		Buffer.from(`POST ${pathname} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nConnection: close\r\nContent-Length: ${bytes.length}\r\n\r\n`), bytes]), { quietMs: 2000 });
	return { status: Number(got.slice(9, 12)), text: got };
};
const part = (disposition, body, more = "") => `--b\r\nContent-Disposition: ${disposition}\r\n${more}\r\n${body}\r\n`;
const title = part('form-data; name="title"', "t");
const picture = (disposition = 'form-data; name="photo"; filename="a.png"', bytes = png()) =>
	part(disposition, bytes.toString("latin1"), "Content-Type: image/png\r\n");

test("a file and typed fields arrive in the function as what they are", async () => {
	const bytes = png();
	const answer = await post("/albums/summer/photos", form({ title: "Sea", stars: "4", taken: "2026-05-01T10:00:00Z", tags: ["a", "b"] }, [
		["photo", bytes, "image/png", "séa side.png"], ["place", '{"lat":54.5,"lon":10}', "application/json", "place"]]));
	assert.equal(answer.status, 200, answer.text);
	assert.deepEqual(answer.body, { album: "summer", title: "Sea", stars: 4, year: 2026, tags: ["a", "b"], lat: 54.5, name: "séa side.png",
		type: "image/png", size: bytes.length, length: bytes.length, last: 0 });
	assert.equal((await photo(jpeg(), "image/jpeg", "a.jpg")).body.type, "image/jpeg");
});

test("fields of a form are held to their types", async () => {
	refused(await photo(png(), "image/png", "a.png", {}), 400, /\/title.*is missing/);
	refused(await photo(png(), "image/png", "a.png", { title: "t", stars: "9" }), 400, /\/stars/);
	refused(await photo(png(), "image/png", "a.png", { title: "t", evil: "1" }), 400, /\/evil.*not a known/);
	refused(await photo(png(), "image/png", "a.png", { title: ["t", "u"] }), 400, /\/title.*once/);
	refused(await photo(png(), "image/png", "a.png", { title: "t", album: "y" }), 400, /\/album.*once/);
	refused(await post("/albums/x/photos", form({ title: "t", photo: "text" })), 400, /\/photo.*must be a file/);
	refused(await post("/albums/x/photos", form({ title: "t" })), 400, /\/photo.*is missing/);
	refused(await post("/albums/x/photos", form({}, [["photo", png(), "image/png", "a.png"], ["title", "t", "text/plain", "t.txt"]])), 400, /takes none/);
	refused(await post("/albums/x/photos", form({ title: "t" }, [["photo", png(), "image/png", "a"], ["place", '{"lat":1,"lon":2}{', "application/json", "p"]])), 400, /after the value/);
});

test("a file never comes as JSON", async () => {
	const body = { title: "t", photo: { name: "a", type: "image/png", size: 3, bytes: "AAAA" } };
	refused(await app.call("POST", "/albums/x/photos", body), 400, /\/photo.*must be sent as a file/);
	refused(await app.call("PUT", "/icon", body.photo), 400, /must be sent as a file/);
});

test("a list of files has as many as its type says", async () => {
	const files = (n) => Array.from({ length: n }, (_, i) => ["papers", i % 2 ? zip : pdf, i % 2 ? "application/zip" : "application/pdf", `p${i}`]);
	assert.deepEqual((await post("/papers", form({ note: "n" }, files(3)))).body, { names: [`p0:${pdf.length}`, `p1:${zip.length}`, `p2:${pdf.length}`], note: "n" });
	assert.equal((await post("/papers", form({}, files(1)))).status, 200);
	refused(await post("/papers", form({}, files(4))), 400, /too many/);
	refused(await post("/papers", form({ note: "n" })), 400, /\/papers.*missing/);
});

test("every kind is known by its content, as the whole body", async () => {
	const kinds = [[gif, "image/gif"], [webp, "image/webp"], [box(["avif", "mif1"]), "image/avif"], [box(["isom", "mp41", "mp42"]), "video/mp4"], [webm, "video/webm"],
		[Buffer.concat([frame, frame]), "audio/mpeg"], [Buffer.from("ID3\x04\x00\x00\x00\x00\x00\x00"), "audio/mpeg"], [woff2, "font/woff2"], [gzipSync("x"), "application/gzip"]];
	for (const [bytes, type] of kinds) {
		const answer = await icon(bytes, type);
		assert.equal(answer.status, 200, `${type}: ${answer.text}`);
		assert.deepEqual(answer.body, { type, size: bytes.length, name: "" });
		assert.equal(answer.headers.get("content-type"), "application/json");
		assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
	}
	for (const [bytes, said] of kinds)
		for (const [, type] of kinds) if (type !== said) refused(await icon(bytes, type), 422, /its content is/);
});

test("text is text", async () => {
	assert.deepEqual((await notes("a;b\nä;c\n", "text/csv")).body, { type: "text/csv", text: "a;b\nä;c\n" });
	assert.equal((await notes('{"a":1}', "application/json")).status, 200);
	refused(await notes('{"a":1', "application/json"), 422, /is not JSON/);
	refused(await notes('{"a":1,"a":2}', "application/json"), 422, /is not JSON/);
	refused(await notes(Buffer.from("a\0b"), "text/plain"), 422, /no type that is known/);
	refused(await notes(Buffer.from([0x61, 0xff, 0xfe]), "text/plain"), 422, /no type that is known/);
	refused(await notes(png(), "text/plain"), 422, /is a PNG image/);
	for (const markup of ["<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "\ufeff \n<!DOCTYPE html><script>1</script>", "<?xml version='1.0'?><svg/>", "<script>1</script>", "</title><img src=x>"])
		refused(await notes(markup, "text/plain"), 422, /markup/);
});

test("a content type that lies is refused in words", async () => {
	refused(await photo(gif, "image/png"), 422, /\/photo.*is sent as image\/png, but its content is a GIF image/);
	refused(await photo(jpeg(), "image/png"), 422, /is a JPEG image/);
	refused(await photo(Buffer.from("<svg onload=alert(1)>"), "image/png"), 422, /is markup/);
	refused(await photo(Buffer.from("MZ\x90\0"), "image/png"), 422, /of no type that is known/);
	refused(await photo(Buffer.alloc(0), "image/png"), 422, /is empty/);
	refused(await photo(gif, "image/gif"), 415, /must be a file of type image\/jpeg or image\/png/);
	for (const type of ["image/svg+xml", "text/html", "application/octet-stream", ""]) refused(await photo(Buffer.from("<svg/>"), type), 415, /must be a file of type/);
	refused(await icon(Buffer.from("<html>"), "text/html"), 415, /must be a file of type/);
});

test("two files in one are refused", async () => {
	const text = (s) => chunk("tEXt", Buffer.from(`c\0${s}`));
	refused(await photo(png([text("<script>alert(1)</script>")]), "image/png"), 422, /markup hidden/);
	refused(await photo(png([text("<SVG onload=1>")]), "image/png"), 422, /markup hidden/);
	refused(await photo(jpeg("\xff\xfe<?php system($_GET[0]); ?>"), "image/jpeg"), 422, /markup hidden/);
	refused(await photo(Buffer.concat([png(), zip]), "image/png"), 422, /two things at once/);
	refused(await photo(png([text("%PDF-1.4")]), "image/png"), 422, /two things at once/);
	refused(await photo(Buffer.concat([png(), Buffer.from("more")]), "image/png"), 422, /after its end/);
	refused(await photo(png().subarray(0, 40), "image/png"), 422, /ends too early/);
	refused(await icon(Buffer.concat([webp, Buffer.from("x")]), "image/webp"), 422, /after its end/);
	refused(await icon(Buffer.concat([gif, Buffer.from("alert(1)")]), "image/gif"), 422, /after its end/);
	refused(await post("/papers", form({}, [["papers", Buffer.concat([Buffer.from("x"), pdf]), "application/pdf", "p"]])), 422, /is text/);
});

test("size is the contract's", async () => {
	const big = (n) => png([chunk("teXt", Buffer.alloc(n, 120))]);
	assert.equal((await photo(big(199_000), "image/png")).status, 200);
	refused(await photo(big(200_001), "image/png"), 413, /at most 200000 bytes/);
	const beyond = await photo(big(3_000_000), "image/png").catch((e) => e);
	assert.ok(beyond.status === 413 || beyond instanceof Error, "refused from the head alone");
	refused(await icon(Buffer.concat([gzipSync("x"), Buffer.alloc(50_000)]), "application/gzip"), 413, /50000/);
});

test("names of files are names", async () => {
	for (const name of ["../../etc/passwd", "a/b.png", "/etc/passwd", "..", "a.png.", "a.png ", "x\u202egnp.exe", "a%00.png", "a%0d%0aX: 1.png", "n".repeat(256)])
		assert.equal((await rawForm(Buffer.from(`${title}--b\r\nContent-Disposition: form-data; name="photo"; filename="${name}"\r\nContent-Type: image/png\r\n\r\n`
			+ "x\r\n--b--\r\n"))).status, 400, name);
	for (const name of ["..\\\\..\\\\a", "a\\b.png", "a\0.png", "a\x01.png", "a\n.png", "a\x7f.png", "\xff.png", 'a"b.png'])
		assert.equal((await rawForm(`${title}${picture(`form-data; name="photo"; filename="${name}"`)}--b--\r\n`)).status, 400, JSON.stringify(name));
	assert.equal((await rawForm(`${title}${picture()}--b--\r\n`)).status, 200);
});

test("a form that two readers could read in two ways is refused", async () => {
	const fine = `${title}${picture()}--b--\r\n`;
	const attacks = {
		preamble: `hello\r\n${fine}`,
		epilogue: `${fine}more`,
		"no last boundary": `${title}${picture()}`,
		"bare line feeds": fine.replaceAll("\r\n", "\n"),
		"boundary with more": fine.replace("--b\r\nContent-Disposition: form-data; name=\"photo\"", "--b \r\nContent-Disposition: form-data; name=\"photo\""),
		"boundary as prefix": `${title}--bb\r\n\r\n\r\n--b--\r\n`,
		"no name": `${part("form-data", "x")}${fine}`,
		"empty name": `${part('form-data; name=""', "x")}${fine}`,
		"name twice": `${part('form-data; name="title"; name="photo"', "x")}--b--\r\n`,
		"filename star": `${title}${picture("form-data; name=\"photo\"; filename*=UTF-8''a.png")}--b--\r\n`,
		"name without quotes": `${title}${picture("form-data; name=photo; filename=a.png")}--b--\r\n`,
		"not form-data": `${part('attachment; name="title"', "x")}--b--\r\n`,
		"transfer encoding": `${title}${part('form-data; name="photo"; filename="a.png"', png().toString("base64"), "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n")}--b--\r\n`,
		"type twice": `${title}${part('form-data; name="photo"; filename="a.png"', png().toString("latin1"), "Content-Type: image/png\r\nContent-Type: text/html\r\n")}--b--\r\n`,
		"disposition twice": `${title}${part('form-data; name="photo"; filename="a.png"', png().toString("latin1"), 'Content-Disposition: form-data; name="title"\r\n')}--b--\r\n`,
		"folded header": `${title}${part('form-data;\r\n name="photo"; filename="a.png"', png().toString("latin1"), "Content-Type: image/png\r\n")}--b--\r\n`,
		"long head": `${part('form-data; name="title"', "t", `Content-Type: text/plain; x=${"y".repeat(2000)}\r\n`)}--b--\r\n`,
		"too many parts": `${Array.from({ length: 70 }, () => part('form-data; name="tags"', "x")).join("")}${fine}`,
		"file twice": `${title}${picture()}${picture()}--b--\r\n`,
		"null in a name": `${part('form-data; name="ti\0tle"', "x")}${fine}`,
		"null in a field": `${part('form-data; name="title"', "t\0u")}${picture()}--b--\r\n`,
		"bytes that are no UTF-8 in a field": `${part('form-data; name="title"', "t\xff")}${picture()}--b--\r\n`,
		"a line end in a title": `${part('form-data; name="title"', "t\r\nu")}${picture()}--b--\r\n`,
	};
	for (const [name, body] of Object.entries(attacks)) {
		const answer = await rawForm(body);
		assert.equal(answer.status, 400, `${name}: ${answer.text}`);
	}
	for (const type of ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"b", `multipart/form-data; boundary=${"b".repeat(71)}`,
		"multipart/form-data; boundary=b; boundary=c", "multipart/form-data; charset=x; boundary=b"])
		assert.equal((await rawForm(fine, { type })).status, 400, type);
	for (const type of ["multipart/mixed; boundary=b", "application/x-www-form-urlencoded", "text/plain"])
		assert.equal((await rawForm(fine, { type })).status, 415, type);
	assert.equal((await rawForm(fine)).status, 200);
});

test("a boundary within a file does not end it, and a file without a choice is none", async () => {
	const inside = png([chunk("teXt", Buffer.from("--b and \r\n-b--"))]);
	assert.equal((await rawForm(`${title}${picture(undefined, inside)}--b--\r\n`)).status, 200);
	const answer = await rawForm(`${title}${part('form-data; name="photo"; filename=""', "", "Content-Type: application/octet-stream\r\n")}--b--\r\n`);
	assert.equal(answer.status, 400);
	assert.match(answer.text, /is missing/);
});

test("chunked uploads are read the same", async () => {
	const bytes = Buffer.from(`${title}${picture()}--b--\r\n`, "latin1");
	const got = await app.raw(Buffer.concat([Buffer.from("POST /albums/x/photos HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"),
		...[...bytes].map((b) => Buffer.from([0x31, 13, 10, b, 13, 10])), Buffer.from("0\r\n\r\n")]), { quietMs: 2000 });
	assert.match(got, /^HTTP\/1\.1 200 /);
});

test("the generated client sends Blobs", async () => {
	const source = await (await fetch(`${app.base}/_ward/client.js`)).text();
	const file = path.join(app.dir, "client.mjs");
	writeFileSync(file, source);
	const { api, configure } = await import(pathToFileURL(file).href);
	configure({ baseUrl: app.base });
	const got = await api.photo({ album: "a b", title: "T", stars: 2, tags: ["x", "y"], place: { lat: 1.5, lon: 2 }, photo: new File([png()], "me.png", { type: "image/png" }) });
	assert.deepEqual([got.album, got.title, got.stars, got.tags, got.lat, got.name, got.type], ["a b", "T", 2, ["x", "y"], 1.5, "me.png", "image/png"]);
	assert.deepEqual((await api.papers({ papers: [new Blob([pdf], { type: "application/pdf" })] })).names, [`papers:${pdf.length}`]);
	assert.deepEqual(await api.icon(new Blob([gif], { type: "image/gif" })), { type: "image/gif", size: gif.length, name: "" });
	const wrong = await api.icon.result(new Blob([gif], { type: "image/webp" }));
	assert.equal(wrong.ok, false);
	assert.equal(wrong.error.status, 422);
	assert.match(wrong.error.problems[0].message, /its content is a GIF image/);
});

test("OpenAPI says what is sent", async () => {
	const { paths } = await (await fetch(`${app.base}/_ward/openapi.json`)).json();
	const { content } = paths["/albums/{album}/photos"].post.requestBody;
	assert.deepEqual(Object.keys(content), ["multipart/form-data"]);
	assert.equal(content["multipart/form-data"].encoding.photo.contentType, "image/jpeg, image/png");
	assert.equal(content["multipart/form-data"].schema.properties.album, undefined);
	assert.deepEqual(Object.keys(paths["/notes"].post.requestBody.content), ["multipart/form-data", "application/json", "text/csv", "text/plain"]);
	assert.ok("image/gif" in paths["/icon"].put.requestBody.content);
});
