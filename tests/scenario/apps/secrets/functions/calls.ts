import { http, secrets } from "ward";

export async function charge(): Promise<{ status: number; said: string }> {
	const answer = await http.fetch("http://127.0.0.1:18099/charges", { method: "POST", json: { cents: 1 } });
	return { status: answer.status, said: answer.text() };
}

export async function sign(): Promise<{ length: number }> {
	return { length: (await secrets.get("SIGNING_KEY")).length };
}

/** Asks past its types, as code that an attacker brought in would. */
export async function steal(): Promise<{ code: string }> {
	try {
		await secrets.get("BANK_KEY" as "SIGNING_KEY");
		return { code: "given" };
	} catch (error) {
		return { code: (error as { code: string }).code };
	}
}

export async function never(): Promise<{ ok: boolean }> {
	return { ok: true };
}
