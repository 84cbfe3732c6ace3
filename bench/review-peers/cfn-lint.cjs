// The npm port of cfn-lint over many templates in one process: node cfn-lint.cjs FILE... prints {file: findings}. It throws on what it
// does not understand; that counts as nothing said.
const { validateFile } = require("cfn-lint");
const out = {};
for (const file of process.argv.slice(2)) {
	try {
		const { errors } = validateFile(file);
		out[file] = errors.crit.length + errors.warn.length;
	} catch {
		out[file] = 0;
	}
}
process.stdout.write(JSON.stringify(out));
