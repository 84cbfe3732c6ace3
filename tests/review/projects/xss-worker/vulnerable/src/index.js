export default {
	async fetch(request, env) {
		const name = new URL(request.url).searchParams.get("name");
		return new Response(`<h1>Hello ${name}</h1>`, { headers: { "content-type": "text/html" } }); // expect: js-html-injection
	},
};
