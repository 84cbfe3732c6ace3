export default {
	async fetch(request, env) {
		const name = new URL(request.url).searchParams.get("name");
		return Response.json({ hello: name });
	},
};
