import { type Html, WardError, html, http, log, secrets } from "ward";

const base64 = (text: string): string => {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	let bits = "";
	for (const byte of new TextEncoder().encode(text)) bits += byte.toString(2).padStart(8, "0");
	let out = "";
	for (let i = 0; i < bits.length; i += 6) out += digits[parseInt(bits.slice(i, i + 6).padEnd(6, "0"), 2)];
	return out;
};
const hex = (text: string): string => Array.from(new TextEncoder().encode(text), (b) => b.toString(16).padStart(2, "0")).join("");

interface Forms {
	plain: string;
	within: string;
	encoded: string;
	json: string;
	basic: string;
	basicTwo: string;
	hex: string;
	list: string[];
	map: Record<string, string>;
	bytes: Uint8Array;
}

const forms = (key: string): Forms => ({
	plain: key,
	within: `Bearer ${key}, twice ${key}`,
	encoded: `https://a.example/?k=${encodeURIComponent(key)}`,
	json: JSON.stringify({ key }),
	basic: base64(`u:${key}`),
	basicTwo: base64(`me:${key}:x`),
	hex: hex(key),
	list: ["a", key],
	map: { [key]: "as a name", b: key },
	bytes: new TextEncoder().encode(`=${key}=`),
});

/** @maxLength 10 */
type Short = string;

export async function answers(input: { short: boolean }): Promise<{ forms: Forms; short: Short; untouched: string }> {
	const key = await secrets.get("HELD_KEY");
	return { forms: forms(key), short: input.short ? key.slice(0, 10) : "", untouched: "ordinary ***text***" };
}

export async function page(): Promise<Html> {
	const key = await secrets.get("HELD_KEY");
	return html`<p title="${key}">${key}</p>`;
}

export async function logs(): Promise<void> {
	const key = await secrets.get("HELD_KEY");
	console.log("key", key, { deep: { key } });
	log.info(`as fields ${JSON.stringify(forms(key))}`);
	/* Where a long line is cut, half a key would be left. */
	for (let cut = 3900; cut < 4010; cut++) console.log("x".repeat(cut) + key + key);
}

export async function throws(): Promise<void> {
	const key = await secrets.get("HELD_KEY");
	throw new Error(`401 from https://a.example/?k=${encodeURIComponent(key)} with ${key}`);
}

export class Refused extends WardError<{ because: string }>("Refused", 409) {}

/** @throws {Refused} */
export async function refuses(): Promise<void> {
	throw new Refused({ because: `the key ${await secrets.get("HELD_KEY")} is old` });
}

export async function asks(): Promise<{ code: string }> {
	const key = await secrets.get("HELD_KEY");
	try {
		await http.fetch(`https://${hex(key)}.example.com/` as "https://api.example.com/");
		return { code: "made" };
	} catch (error) {
		return { code: (error as { code: string }).code };
	}
}

export async function slow(): Promise<void> {
	const key = await secrets.get("HELD_KEY");
	console.log(`slow with ${key}`);
	await new Promise((resolve) => setTimeout(resolve, 5000));
}

export async function echo(): Promise<{ text: string; header: string; packed: string }> {
	const answer = await http.fetch("http://127.0.0.1:18099/");
	let packed = "refused";
	try {
		packed = (await http.fetch("http://127.0.0.1:18099/", { headers: { Range: "bytes=0-20" } })).text();
	} catch {
		/* An answer in pieces could not be looked through. */
	}
	return { text: answer.text(), header: answer.headers["x-echo"] ?? "", packed };
}
