// Runs a function's bundle once in QuickJS, with a host whose answers the test gives.
import { guest } from "./quickjs.mjs";

const host = `{
	calls: [], logs: [], answers: {}, who: undefined,
	call(verb, name, argument) { return host.calls.push([verb, name, argument]); },
	log(level, text) { host.logs.push([level, text]); },
	now: () => 0, caller: () => host.who, random: (bytes) => bytes.fill(7),
}`;

/** Runs a function once: answers to its host calls by "verb name", in order. */
export async function run(app, name, input, answers = {}, who = "undefined") {
	const g = await guest(`(globalThis.host = ${host})`);
	try {
		g.run(app.read(`.ward/build/${name}.js`));
		// As the engine does: the hooks are taken away before any request.
		g.run(`globalThis.main = __ward_main; delete globalThis.__ward_main; delete globalThis.__ward_host;
			host.who = ${who}; globalThis.end = undefined;
			Promise.resolve().then(() => main(${input})).then((value) => (end = { value }), (e) => (end = { name: e.name, message: e.message, wardError: e.wardError, status: e.status, data: e.data, error: e instanceof Error }));`);
		const left = structuredClone(answers);
		for (let settled = 0; ; ) {
			g.jobs();
			const calls = g.value(`host.calls.length`);
			if (settled === calls) break;
			for (; settled < calls; settled++) {
				const [verb, of] = g.value(`[host.calls[${settled}][0], host.calls[${settled}][1]]`);
				const answer = left[`${verb} ${of}`]?.shift() ?? "undefined";
				const refused = answer.startsWith("!");
				g.run(`__exported.settle(${settled + 1}, ${!refused}, ${refused ? `__exported.makeError("denied", ${JSON.stringify(answer.slice(1))})` : answer})`);
			}
		}
		return { end: g.value("end"), calls: g.value("host.calls"), logs: g.value("host.logs") };
	} finally {
		g.done();
	}
}
