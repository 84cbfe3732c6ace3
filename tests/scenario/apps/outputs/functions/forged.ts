import { type Redirect, redirect } from "ward";

/** What a compromised function would try: a redirect made past redirect()'s own check. */
export async function forged({ to, status }: { /** @rawText */ to: string; status: number }): Promise<Redirect> {
	const made = redirect("/plain");
	Object.assign(made, { to, status });
	return made;
}
