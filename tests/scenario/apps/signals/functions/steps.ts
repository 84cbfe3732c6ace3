import { db, http } from "ward";

type Step = "count" | "list" | "add" | "partner" | "another" | "stolen" | "stranger" | "secret";

const call = (globalThis as unknown as { __ward_host: { call(verb: string, name: string, argument: unknown): Promise<unknown> } })
	.__ward_host.call;

const steps: Record<Step, () => Promise<unknown>> = {
	count: () => db.countNotes(),
	list: () => db.listNotes(),
	add: () => db.addNote({ text: "a note" }),
	partner: () => http.fetch("http://127.0.0.1:9/"),
	another: () => http.fetch("http://127.0.0.2:9/"),
	// Past the types: what the contract does not grant.
	stolen: () => call("query", "ReadVault", {}),
	stranger: () => call("http", "collector.example.net", { method: "POST", path: "/", body: "{}" }),
	secret: () => call("secret", "SIGNING_KEY", {}),
};

export async function runSteps(input: { steps: Step[]; times?: number }): Promise<{ done: number }> {
	let done = 0;
	for (const step of input.steps) {
		// Nobody listens at the partners'; that they were asked is what counts.
		await steps[step]().catch(() => undefined);
		done++;
	}
	return { done };
}
