// `ward check --lsp` spoken to as an editor speaks: requests, notifications, and streams that break the protocol.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { env, program, project } from "./lib.mjs";

const frame = (message) => {
	const body = Buffer.from(typeof message === "string" ? message : JSON.stringify(message));
	return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
};

class Editor {
	constructor(t, args = []) {
		this.child = spawn(program, ["--lsp", ...args], { env });
		this.bytes = Buffer.alloc(0);
		this.messages = [];
		this.waiting = [];
		this.log = "";
		this.ids = 0;
		this.ended = new Promise((resolve) => this.child.on("close", (code) => resolve(code)));
		this.child.stdout.on("data", (data) => this.take(data));
		this.child.stderr.on("data", (data) => (this.log += data));
		this.child.stdin.on("error", () => {});
		t.after(() => this.child.kill("SIGKILL"));
	}
	take(data) {
		this.bytes = Buffer.concat([this.bytes, data]);
		for (;;) {
			const end = this.bytes.indexOf("\r\n\r\n");
			if (end < 0) return;
			const [, length] = /^Content-Length: (\d+)$/.exec(this.bytes.subarray(0, end).toString());
			if (this.bytes.length < end + 4 + Number(length)) return;
			this.messages.push(JSON.parse(this.bytes.subarray(end + 4, end + 4 + Number(length)).toString()));
			this.bytes = this.bytes.subarray(end + 4 + Number(length));
			for (const check of [...this.waiting]) check();
		}
	}
	// The first message not yet taken that fits.
	message(fits, ms = 15_000) {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error(`no such message; ${this.log} ${JSON.stringify(this.messages)}`)), ms);
			const check = () => {
				const at = this.messages.findIndex(fits);
				if (at < 0) return;
				clearTimeout(timer);
				this.waiting = this.waiting.filter((c) => c !== check);
				resolve(this.messages.splice(at, 1)[0]);
			};
			this.waiting.push(check);
			check();
		});
	}
	send(message) {
		this.child.stdin.write(frame({ jsonrpc: "2.0", ...message }));
	}
	notify(method, params) {
		this.send({ method, params });
	}
	async request(method, params) {
		const id = ++this.ids;
		this.send({ id, method, params });
		return this.message((m) => m.id === id);
	}
	diagnostics(uri, fits = () => true) {
		return this.message((m) => m.method === "textDocument/publishDiagnostics" && m.params.uri === uri && fits(m.params.diagnostics))
			.then((m) => m.params.diagnostics);
	}
	open(uri, text) {
		this.notify("textDocument/didOpen", { textDocument: { uri, languageId: "javascript", version: 1, text } });
	}
	change(uri, text) {
		this.notify("textDocument/didChange", { textDocument: { uri, version: 2 }, contentChanges: [{ text }] });
	}
}

const handler = 'const { exec } = require("child_process");\nexports.handler = async (event) => {\n\tconst ü = "🙂"; exec("echo " + event.name);\n};\n';
const fixed = handler.replace(/exec\(.*\);/, "return ü;");
const bucket = 'resource "aws_db_instance" "a" {\n  publicly_accessible = true\n}\n';

const opened = async (t, files) => {
	const dir = project(t, files);
	const uri = (name) => pathToFileURL(path.join(dir, name)).href;
	const editor = new Editor(t);
	const { result } = await editor.request("initialize", { processId: null, rootUri: pathToFileURL(dir).href, capabilities: {} });
	editor.notify("initialized", {});
	return { dir, uri, editor, capabilities: result.capabilities };
};

test("a session from initialize to exit", async (t) => {
	const { uri, editor, capabilities } = await opened(t, { "h.js": handler });
	assert.equal(capabilities.textDocumentSync.change, 1);
	assert.ok(capabilities.hoverProvider && capabilities.codeActionProvider);
	const [found] = await editor.diagnostics(uri("h.js"));
	assert.equal(found.code, "js-command-injection");
	assert.equal(found.source, "ward");
	assert.equal(found.severity, 1);
	assert.match(found.codeDescription.href, /^https:\/\//);
	assert.match(found.message, /Fix: /);
	// Columns are UTF-16 code units: the smiley before it counts as two.
	const line = handler.split("\n")[2];
	assert.equal(found.range.start.line, 2);
	assert.equal(found.range.start.character, line.indexOf('"echo'));
	assert.ok(found.relatedInformation.length >= 1);
	assert.equal((await editor.request("shutdown")).result, null);
	assert.equal((await editor.request("textDocument/hover", {})).error.code, -32600);
	editor.notify("exit");
	assert.equal(await editor.ended, 0);
});

test("what is typed counts before it is saved, and what is closed unsaved does not", async (t) => {
	const { uri, editor } = await opened(t, { "h.js": fixed, "other.js": handler });
	await editor.diagnostics(uri("other.js"), (d) => d.length === 1);
	editor.open(uri("h.js"), fixed);
	editor.change(uri("h.js"), handler);
	assert.equal((await editor.diagnostics(uri("h.js"), (d) => d.length > 0))[0].code, "js-command-injection");
	editor.change(uri("h.js"), fixed);
	await editor.diagnostics(uri("h.js"), (d) => d.length === 0);
	editor.change(uri("h.js"), handler);
	await editor.diagnostics(uri("h.js"), (d) => d.length === 1);
	editor.notify("textDocument/didClose", { textDocument: { uri: uri("h.js") } });
	await editor.diagnostics(uri("h.js"), (d) => d.length === 0);
});

test("a file saved by another program is seen", async (t) => {
	const { dir, uri, editor } = await opened(t, { "h.js": handler });
	await editor.diagnostics(uri("h.js"), (d) => d.length === 1);
	writeFileSync(path.join(dir, "h.js"), fixed + "// longer\n");
	editor.notify("workspace/didChangeWatchedFiles", { changes: [{ uri: uri("h.js"), type: 2 }] });
	await editor.diagnostics(uri("h.js"), (d) => d.length === 0);
});

const apply = (text, { range, newText }) => {
	const lines = text.split("\n");
	const at = ({ line, character }) => lines.slice(0, line).reduce((n, l) => n + l.length + 1, 0) + character;
	return text.slice(0, at(range.start)) + newText + text.slice(at(range.end));
};

test("code actions: the safe fix, and a comment that needs a reason", async (t) => {
	const { uri, editor } = await opened(t, { "main.tf": bucket });
	editor.open(uri("main.tf"), bucket);
	const [found] = await editor.diagnostics(uri("main.tf"), (d) => d.some((x) => x.code === "tf-rds-public")).then((d) => d.filter((x) => x.code === "tf-rds-public"));
	const { result } = await editor.request("textDocument/codeAction", { textDocument: { uri: uri("main.tf") }, range: found.range, context: { diagnostics: [found] } });
	const fix = result.find((a) => a.isPreferred && a.diagnostics[0].code === "tf-rds-public");
	const fixedText = apply(bucket, fix.edit.changes[uri("main.tf")][0]);
	assert.equal(fixedText, bucket.replace("true", "false"));
	const accept = result.find((a) => /^Accept tf-rds-public/.test(a.title));
	const accepted = apply(bucket, accept.edit.changes[uri("main.tf")][0]);
	assert.equal(accepted, bucket.replace("  publicly", "  # ward-ignore tf-rds-public: \n  publicly"));
	// Without a reason it has no effect; with one it has.
	editor.change(uri("main.tf"), accepted);
	const has = (d) => d.some((x) => x.code === "tf-rds-public");
	await editor.diagnostics(uri("main.tf"), (d) => has(d) && d.find((x) => x.code === "tf-rds-public").range.start.line === 2);
	editor.change(uri("main.tf"), accepted.replace("public: ", "public: a test database without data"));
	await editor.diagnostics(uri("main.tf"), (d) => !has(d));
	const { result: none } = await editor.request("textDocument/codeAction", { textDocument: { uri: uri("main.tf") }, range: { start: { line: 90, character: 0 }, end: { line: 91, character: 0 } }, context: { diagnostics: [] } });
	assert.deepEqual(none, []);
});

test("hover explains the rule, and nothing where nothing is found", async (t) => {
	const { uri, editor } = await opened(t, { "h.js": handler });
	editor.open(uri("h.js"), handler);
	const ask = (line, character) => editor.request("textDocument/hover", { textDocument: { uri: uri("h.js") }, position: { line, character } });
	const { result } = await ask(2, handler.split("\n")[2].indexOf("echo"));
	assert.equal(result.contents.kind, "markdown");
	assert.match(result.contents.value, /`js-command-injection` critical[\s\S]*\*\*Fix:\*\*/);
	assert.equal((await ask(0, 0)).result, null);
});

test("names of files that need encoding, documents outside the folder", async (t) => {
	const { uri, editor } = await opened(t, { "a dir/hä n#.js": handler });
	await editor.diagnostics(uri("a dir/hä n#.js"), (d) => d.length === 1);
	editor.open("file:///etc/passwd", "x");
	editor.open("untitled:1", "x");
	assert.equal((await editor.request("textDocument/hover", { textDocument: { uri: "untitled:1" }, position: { line: 0, character: 0 } })).result, null);
});

test("requests out of order and unknown ones are refused by the protocol's codes", async (t) => {
	const editor = new Editor(t);
	assert.equal((await editor.request("textDocument/hover", {})).error.code, -32002);
	assert.ok((await editor.request("initialize", { processId: null, rootUri: null, capabilities: {} })).result);
	assert.equal((await editor.request("initialize", {})).error.code, -32600);
	assert.equal((await editor.request("ward/unknown", {})).error.code, -32601);
	assert.equal((await editor.request("textDocument/hover", { textDocument: 1 })).error.code, -32602);
	editor.notify("$/cancelRequest", { id: 1 });
	editor.child.stdin.write(frame("{not json"));
	assert.equal((await editor.message((m) => m.error?.code === -32700)).id, null);
	editor.notify("exit");
	assert.equal(await editor.ended, 1, "exit without shutdown");
});

test("messages in pieces and several at once", async (t) => {
	const editor = new Editor(t);
	const bytes = Buffer.concat([frame({ jsonrpc: "2.0", id: "a", method: "initialize", params: { capabilities: {} } }), frame({ jsonrpc: "2.0", id: "b", method: "shutdown" })]);
	for (let i = 0; i < bytes.length; i += 7) {
		editor.child.stdin.write(bytes.subarray(i, i + 7));
		await new Promise((resolve) => setTimeout(resolve, 1));
	}
	await editor.message((m) => m.id === "a" && m.result);
	await editor.message((m) => m.id === "b" && m.result === null);
	editor.child.stdin.end();
	assert.equal(await editor.ended, 0);
});

for (const [what, bytes] of Object.entries({
	"no length": "Content-Type: x\r\n\r\n{}",
	"a length of no number": "Content-Length: -1\r\n\r\n",
	"a length in hexadecimal": "Content-Length: 0x10\r\n\r\n",
	"a length past the bound": "Content-Length: 999999999\r\n\r\n",
	"a length with twenty digits": "Content-Length: 18446744073709551617\r\n\r\n",
	"two lengths": "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
	"bare line feeds": "Content-Length: 2\n\n{}",
	"a header without end": "A".repeat(5000),
	"a line without a name": ": 2\r\n\r\n",
}))
	test(`a stream with ${what} ends the session`, async (t) => {
		const editor = new Editor(t);
		editor.child.stdin.write(bytes);
		assert.equal(await editor.ended, 1);
		assert.match(editor.log, /^ward check --lsp: /);
	});
