// Bundles the dashboard and writes it as a C table for the gateway: build.mjs OUTPUT.h [DEPFILE].
//
// Scripts, styles and fonts get their hash into the name, so that a browser may keep them for good; index.html names them. What a
// browser shall run is decided here and nowhere else: the page has no inline script and no inline style.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const base = "/_ward/assets/";
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".woff2": "font/woff2", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8" };

const packages = ["preact", "uplot", "@fontsource-variable/geist", "@fontsource-variable/geist-mono", "@fontsource-variable/newsreader"];

/** What the page is made of is others' work, and its licences go with every copy of it. */
function licences() {
	const of = (name) => `${name}\n\n${readFileSync(path.join(here, "../node_modules", name, "LICENSE"), "utf8").trim()}\n`;
	return Buffer.from(packages.map(of).join("\n\n"));
}

/** { files: [{ path, bytes }], inputs: [absolute paths] }: everything below /_ward/ that is a file. */
export async function bundle({ minify = true } = {}) {
	const result = await build({
		absWorkingDir: here,
		entryPoints: { app: "src/main.tsx", icon: "src/icon.svg" },
		outdir: "assets",
		entryNames: "[name]-[hash]",
		assetNames: "[name]-[hash]",
		publicPath: base,
		bundle: true,
		write: false,
		metafile: true,
		minify,
		format: "esm",
		target: ["chrome111", "firefox113", "safari16.4"],
		jsx: "automatic",
		jsxImportSource: "preact",
		loader: { ".woff2": "file", ".svg": "copy" },
		legalComments: "none",
	});
	const files = result.outputFiles.map((f) => ({ path: base + path.basename(f.path), bytes: f.contents, immutable: true }));
	const named = (ending) => {
		const found = files.find((f) => new RegExp(ending).test(f.path));
		if (!found) throw new Error(`the bundle has no ${ending}`);
		return found.path;
	};
	const html = readFileSync(path.join(here, "src/index.html"), "utf8")
		.replace("@SCRIPT@", named("/app-.*\\.js$"))
		.replace("@STYLE@", named("/app-.*\\.css$"))
		.replace("@ICON@", named("/icon-.*\\.svg$"))
		.replace("@SANS@", named("/geist-latin-wght-normal-.*\\.woff2$"));
	files.push({ path: `${base}licences.txt`, bytes: licences(), immutable: false });
	files.push({ path: "/_ward/", bytes: Buffer.from(html), immutable: false });
	const inputs = Object.keys(result.metafile.inputs).map((p) => path.resolve(here, p));
	return { files, inputs: [...inputs, path.join(here, "src/index.html"), path.join(here, "pages.json")] };
}

const typeOf = (name) => types[path.extname(name)] ?? types[".html"];
const array = (bytes) => {
	const rows = [];
	for (let i = 0; i < bytes.length; i += 32) rows.push("\t" + Array.from(bytes.subarray(i, i + 32)).join(",") + ",");
	return rows.join("\n");
};

function header(files, pages) {
	const out = ["/* Made by dashboard/build.mjs. */", "#include <stdbool.h>", "#include <stddef.h>", ""];
	files.forEach((f, i) => out.push(`static const unsigned char dashboard_bytes_${i}[] = {`, array(f.bytes), "};"));
	out.push("", "static const struct {", "\tconst char *path, *type, *etag;", "\tconst unsigned char *bytes;", "\tsize_t count;",
		"\tbool immutable;", "} dashboard_files[] = {");
	files.forEach((f, i) => {
		const etag = createHash("sha256").update(f.bytes).digest("hex").slice(0, 20);
		out.push(`\t{"${f.path}", "${typeOf(f.path)}", "\\"${etag}\\"", dashboard_bytes_${i}, sizeof dashboard_bytes_${i}, ${f.immutable}},`);
	});
	out.push("};", "", "/* Each is a page, and so is what stands below it. */", "static const char *const dashboard_pages[] = {");
	for (const page of pages) out.push(`\t"${page}",`);
	out.push("};", "");
	return out.join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const [, , output, depfile] = process.argv;
	const { files, inputs } = await bundle();
	writeFileSync(output, header(files, JSON.parse(readFileSync(path.join(here, "pages.json"), "utf8"))));
	if (depfile) writeFileSync(depfile, `${output}: ${inputs.map((p) => p.replaceAll(" ", "\\ ")).join(" ")}\n`);
}
