// The example shop with its bank under `ward dev`, and people who use it: browse, sign up, order, pay, mistype, and one who tries things.
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { Served, copyApp, freePort, root, sleep } from "../scenario/lib.mjs";

const suggest = `
  suggest:
    why: What goes well with what one looks at.
    source: functions/suggest.ts
    http: POST /suggest
    auth: public
    queries: [ListProducts]
`;

export async function openShop({ port } = {}) {
	const bankPort = await freePort();
	const bank = await Served.start(copyApp("examples/bank"), { port: bankPort });
	const dir = copyApp("examples/shop");
	// The bank's port is part of the contract; here it is a free one.
	for (const file of ["ward.yaml", "functions/pay.ts"]) {
		const at = path.join(dir, file);
		writeFileSync(at, readFileSync(at, "utf8").replaceAll("8090", String(bankPort)));
	}
	const manifest = path.join(dir, "ward.yaml");
	const hook = await openHook();
	writeFileSync(manifest, readFileSync(manifest, "utf8").trimEnd() + "\n" + suggest + hook.yaml);
	copyFileSync(path.join(root, "tests/browser/suggest.ts"), path.join(dir, "functions/suggest.ts"));
	rmSync(path.join(dir, "ward.lock"));
	const shop = await Served.start(dir, { command: "dev", port });
	return { shop, bank, hook, stop: async () => (await shop.stop(), await bank.stop(), hook.server.close(), hook.server.closeAllConnections()) };
}

/** Who is told of incidents: the chat of the shop's people, which has been closed; `hook.status` is what it answers. */
async function openHook() {
	const hook = { status: 410, taken: [] };
	hook.server = http.createServer((request, answer) => {
		let body = "";
		request.on("data", (d) => (body += d));
		request.on("end", () => {
			if (hook.status < 300) hook.taken.push(JSON.parse(body));
			answer.writeHead(hook.status).end();
		});
	});
	await new Promise((done) => hook.server.listen(0, "127.0.0.1", done));
	hook.yaml = `watch:\n  webhooks:\n    - {host: 127.0.0.1, port: ${hook.server.address().port}, tls: false, private: true, paths: [/chat]}\n`;
	return hook;
}

export async function signUp(shop, email) {
	const answer = await shop.call("POST", "/_ward/auth/sign-up", { email, password: "a quiet afternoon walk" });
	return { cookie: answer.headers.get("set-cookie").split(";")[0] };
}

/** One customer's visit: { orders } made. Every kind of ending that an honest customer meets is in it. */
export async function visit(shop, who, { pause = 0 } = {}) {
	const wait = () => (pause ? sleep(pause * Math.random()) : undefined);
	await shop.call("GET", "/products");
	await wait();
	await shop.call("GET", "/products?text=lamp");
	const order = await shop.call("POST", "/orders", { lines: [{ sku: "notebook-a5", qty: 1 }] }, who);
	await wait();
	await shop.call("POST", "/orders", { lines: [{ sku: "mug-stone", qty: 0 }] }, who); // refused by its type
	await shop.call("POST", "/orders", { lines: [{ sku: "no-such-thing", qty: 1 }] }, who); // a declared error
	await shop.call("GET", "/orders", undefined, who);
	if (order.status === 200) await shop.call("GET", `/orders/${order.body.id}`, undefined, who);
	await wait();
	if (order.status === 200) await shop.call("POST", `/orders/${order.body.id}/pay`, { card: "4242424242424242" }, who);
	await shop.call("GET", "/orders"); // not signed in
	await shop.call("POST", "/suggest", { like: "lamp-brass" });
}

/** Somebody tries: errors, and a call that the contract does not grant. */
export async function mischief(shop) {
	for (const like of ["a", "bb"]) await shop.call("POST", "/suggest", { like });
	for (let n = 0; n < 4; n++) await shop.call("POST", "/suggest", { like: "everything" });
}
