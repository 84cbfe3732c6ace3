// The guest as functions see it: QuickJS from the same wasm file that ward is built with, the prelude of src/wasm/guest/ and
// a host made by the test. What the C engine adds (limits, typed values, fresh instances) is tested in tests/unit/wasm.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { QuickJS } from "quickjs-wasi";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const wasm = await WebAssembly.compile(fs.readFileSync(path.join(root, "node_modules/quickjs-wasi/quickjs.wasm")));

/** The prelude's files as meson.build lists them, in order. */
export function preludeFiles() {
	const text = fs.readFileSync(path.join(root, "src/wasm/meson.build"), "utf8");
	return [...text.matchAll(/'(guest\/[\w-]+\.js)'/g)].map((m) => path.join(root, "src/wasm", m[1]));
}

export function preludeText() {
	return `(function (host) {\n"use strict";\n${preludeFiles().map((f) => fs.readFileSync(f, "utf8")).join("")}return exported;\n})`;
}

/** Evaluates guest code in a fresh guest; `host` is JavaScript text of the object that the engine would pass. */
export async function guest(host = defaultHost) {
	const vm = await QuickJS.create({ wasm });
	vm.evalCode(`globalThis.__exported = (${preludeText()})(${host})`).dispose?.();
	return {
		/** The value of an expression, through JSON. */
		value(code) {
			const result = vm.evalCode(`JSON.stringify((() => (${code}))())`);
			const text = vm.dump(result);
			return text === undefined ? undefined : JSON.parse(text);
		},
		run(code) {
			vm.evalCode(code).dispose?.();
		},
		jobs() {
			vm.executePendingJobs();
		},
		done: () => vm.dispose(),
	};
}

export const defaultHost = `{ call: () => 0, log: () => {}, now: () => 0, caller: () => undefined,
	random: (bytes) => { for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 37 + 11) & 255; } }`;
