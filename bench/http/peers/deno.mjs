// The handler of the bench for `deno serve --parallel`.
export default {
	async fetch(request) {
		let body;
		try {
			body = await request.json();
		} catch {}
		if (typeof body?.name !== "string" || body.name.length > 64 || !Number.isInteger(body.qty) || body.qty < 1 || body.qty > 100)
			return new Response("", { status: 400 });
		return Response.json({ greeting: "hello " + body.name, total: Math.round(body.qty * 1999) / 100 });
	},
};
