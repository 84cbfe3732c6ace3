import { http } from "ward";

/** Asks another host three times. */
export async function ask({ n }: { n: number }): Promise<{ n: number }> {
	for (let i = 0; i < 3; i++) await http.fetch("http://127.0.0.1:8090/");
	return { n };
}
