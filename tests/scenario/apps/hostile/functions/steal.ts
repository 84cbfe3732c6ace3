import { db } from "ward";

// Past the types: asks the host for a query that its contract does not list.
const call = (globalThis as unknown as { __ward_host: { call(verb: string, name: string, argument: unknown): Promise<unknown> } })
	.__ward_host.call;

export async function steal(input: { query: string }): Promise<{ own: number; stolen: boolean; code: string }> {
	const own = await db.countNotes();
	try {
		await call("query", input.query, {});
		return { own: own?.count ?? 0, stolen: true, code: "" };
	} catch (e) {
		return { own: own?.count ?? 0, stolen: false, code: String((e as { code?: string }).code) };
	}
}
