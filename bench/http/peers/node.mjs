// The handler of the bench on node's own http module, with the check written by hand.
import http from "node:http";
http.createServer((request, response) => {
	let text = "";
	request.setEncoding("utf8");
	request.on("data", (part) => (text += part));
	request.on("end", () => {
		let body;
		try {
			body = JSON.parse(text);
		} catch {}
		if (request.method !== "POST" || request.url !== "/echo" || typeof body?.name !== "string" || body.name.length > 64 ||
			!Number.isInteger(body.qty) || body.qty < 1 || body.qty > 100) {
			response.writeHead(400).end();
			return;
		}
		const answer = JSON.stringify({ greeting: "hello " + body.name, total: Math.round(body.qty * 1999) / 100 });
		response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(answer) }).end(answer);
	});
}).listen(Number(process.argv[2]), "127.0.0.1");
