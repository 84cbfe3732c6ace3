// limit-overrun-*: how long after its limit (20 ms of processor time) an endless loop is answered, and how soon greedy guests
// are. calm-beside-spin: the latency of one function while another spins, beside its latency alone (peer: alone).
import { connected, freePort, median, row, sleep, startWard } from "../lib.mjs";

const port = await freePort();
const server = await startWard("tests/scenario/apps/hostile", port);
const post = (path, body) =>
	`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
try {
	await sleep(1500);
	const ask = await connected(port), other = await connected(port);
	const times = async (client, path, body, count, status) => {
		const found = [];
		for (let i = 0; i < count; i++) {
			const { ms, text } = await client(post(path, body));
			if (!text.startsWith(`HTTP/1.1 ${status}`)) throw new Error(`${path}: ${text}`);
			found.push(ms);
		}
		return found.slice(Math.ceil(count / 5));
	};
	const spin = await times(ask, "/spin", "{}", 40, 504);
	row("limit-overrun-cpu", "ms", median(spin) - 20, null, null);
	console.error(`  endless loop of 20 ms answered after ${median(spin).toFixed(1)} ms, worst of ${spin.length}: ${Math.max(...spin).toFixed(1)} ms`);
	row("limit-recursion", "ms", median(await times(ask, "/recurse", "{}", 40, 500)), null, null);
	row("limit-giant-string", "ms", median(await times(ask, "/giant", "{}", 40, 507)), null, null);
	const alone = median(await times(other, "/calm", '{"n":1}', 400, 200));
	let spinning = true;
	const spinner = (async () => {
		while (spinning) await ask(post("/spin", "{}"));
	})();
	const beside = median(await times(other, "/calm", '{"n":1}', 400, 200));
	spinning = false;
	await spinner;
	row("calm-beside-spin", "ms", beside, alone, "the same function alone");
} finally {
	await server.stop();
}
