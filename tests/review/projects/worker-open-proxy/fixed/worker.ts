const origin = "https://api.example";
export default {
	async fetch(request: Request): Promise<Response> {
		return fetch(new URL("/v1/status", origin), { headers: { accept: "application/json" } });
	},
};
