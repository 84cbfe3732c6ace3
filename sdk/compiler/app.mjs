// What the C side tells about the app (data.json) and where things lie. Trusted: ward itself wrote it.
import fs from "node:fs";
import path from "node:path";

/**
 * @typedef {import("./schema/types.mjs").Schema} Schema
 * @typedef {object} Query
 * @property {string} file
 * @property {number} line
 * @property {"one" | "many" | "exec"} kind
 * @property {Schema} params
 * @property {Schema} row
 * @property {string[]} [host]
 * @typedef {object} Egress
 * @property {string} host
 * @property {number} [port]
 * @property {boolean} [tls] false: plain http
 * @property {boolean} [private] may be plain http
 * @typedef {object} AppFunction
 * @property {string} source
 * @property {string} [export] the function's own name when absent
 * @property {string[]} [queries]
 * @property {{ method: string, path: string } | null} [http]
 * @property {string | Record<string, unknown>} [auth]
 * @property {Egress[]} [egress]
 * @property {string[]} [secrets]
 * @property {string[]} [publish]
 * @typedef {object} App
 * @property {string} dir absolute
 * @property {string} out absolute: .ward/build
 * @property {string} ward absolute: .ward
 * @property {string} name
 * @property {Record<string, Query>} queries
 * @property {Record<string, AppFunction>} functions
 */

/**
 * @param {string} dir
 * @param {string} dataFile
 * @param {string} out
 * @returns {App}
 */
export function readApp(dir, dataFile, out) {
	const data = JSON.parse(fs.readFileSync(dataFile, "utf8"));
	return {
		dir: path.resolve(dir),
		out: path.resolve(out),
		ward: path.dirname(path.resolve(out)),
		name: typeof data.app === "string" ? data.app : path.basename(path.resolve(dir)),
		queries: data.queries ?? {},
		functions: data.functions ?? {},
	};
}

/** @param {AppFunction} f */
export function isPublic(f) {
	return f.auth === undefined || f.auth === "public" || (typeof f.auth === "object" && f.auth.kind === "public");
}

/** `GetOwnOrder` → `getOwnOrder`. @param {string} name */
export function camelCase(name) {
	return name.charAt(0).toLowerCase() + name.slice(1);
}

/** Path parameters in order: `/orders/{order}/pay` → ["order"]. @param {string} template */
export function pathParameters(template) {
	return [...template.matchAll(/\{([A-Za-z_][A-Za-z0-9_]*)\}/g)].map((m) => m[1] ?? "");
}

/** As a URL writes it: `api.stripe.com`, `127.0.0.1:8090`. @param {Egress} e */
export function authority(e) {
	const host = e.host.includes(":") ? `[${e.host}]` : e.host;
	return e.port === undefined || e.port === 443 || e.port === 80 ? host : `${host}:${e.port}`;
}

/** Writes only what differs, so that watchers and time stamps stay quiet. @param {string} file @param {string} text */
export function writeIfChanged(file, text) {
	try {
		if (fs.readFileSync(file, "utf8") === text) return false;
	} catch {
		// Not there yet.
	}
	fs.mkdirSync(path.dirname(file), { recursive: true });
	const temporary = `${file}.${process.pid}.tmp`;
	fs.writeFileSync(temporary, text);
	fs.renameSync(temporary, file);
	return true;
}
