import { http } from "ward";

/** @rawText */
type Raw = string;

interface Seen {
	status: number;
	text: string;
	code: string;
	/** @rawText */
	message: string;
}

/* Past its types, as a caller's text would be. */
const fetch = http.fetch as (url: string, request?: object) => ReturnType<typeof http.fetch>;

export async function visit(input: { /** @rawText */ url: string; headers?: Record<string, Raw> }): Promise<Seen> {
	try {
		const answer = await fetch(input.url, { headers: input.headers ?? {} });
		return { status: answer.status, text: answer.text(), code: "", message: "" };
	} catch (error) {
		return { status: 0, text: "", code: (error as { code?: string }).code ?? "none", message: (error as Error).message };
	}
}

export async function careless(): Promise<void> {
	await http.fetch("https://loopback.test/");
}

export async function inside(input: { url: string }): Promise<Seen> {
	return visit(input);
}
