// One row read over HTTP from ward and from a peer: both up at once, measured in turn, medians over the rounds. `begin` starts one of
// the two ("ward", "peer") on a port.
import path from "node:path";
import { freePort, median, root, row, wrk } from "../lib.mjs";

const rounds = Number(process.env.WARD_BENCH_ROUNDS ?? 3), seconds = Number(process.env.WARD_BENCH_SECONDS ?? 5);
export const here = path.join(root, "bench", "data");
const script = path.join(here, "get.lua");

export const measurePair = async (bench, peer, begin) => {
	const servers = {};
	try {
		for (const name of ["ward", "peer"]) {
			const port = await freePort();
			servers[name] = { port };
			servers[name].server = await begin(name, port);
			const answer = await fetch(`http://127.0.0.1:${port}/products/7`);
			const got = await answer.text();
			if (got !== '{"id":7,"name":"product 7","price":700,"stock":7}') throw new Error(`${name} answered ${answer.status} ${got}`);
		}
		const rps = { ward: [], peer: [] };
		for (const name in servers) wrk(servers[name].port, { script, connections: 32, seconds: 2 });
		for (let round = 0; round < rounds; round++)
			for (const name in servers) {
				const busy = wrk(servers[name].port, { script, connections: 32, seconds });
				rps[name].push(busy.rps);
				console.error(`  round ${round + 1} ${name} ${Math.round(busy.rps)} requests/s, p50 ${busy.p50} us, p99 ${busy.p99} us`);
			}
		row(bench, "requests/s", median(rps.ward), median(rps.peer), peer);
	} finally {
		for (const { server } of Object.values(servers)) await server?.stop();
	}
};
