export default {
	async fetch(request: Request): Promise<Response> {
		const target = new URL(request.url).searchParams.get("url")!;
		return fetch(target, { headers: request.headers }); // expect: js-ssrf
	},
};
