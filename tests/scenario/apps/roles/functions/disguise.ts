import { caller, db } from "ward";

interface Outcome {
	/** What `caller` says after all that was tried. */
	user: string;
	tenant: string | null;
	role: string | null;
	/** Whose rows the host gave. */
	firms: string[];
	customers: string[];
}

const loose = db as unknown as Record<string, (params: unknown) => Promise<{ firm: string; customer: string }[]>>;

/** Past the types: writes to the caller, replaces it, and passes the host's own parameters. */
export async function disguise(input: { user: string; tenant: string }): Promise<Outcome> {
	const open = caller as unknown as Record<string, unknown>;
	const firms: string[] = [];
	const customers: string[] = [];
	const attempts = [
		() => (open.user = input.user),
		() => (open.tenant = input.tenant),
		() => Object.defineProperty(open, "user", { value: input.user }),
		() => Object.setPrototypeOf(open, { role: "admin" }),
		() => delete open.tenant,
		async () => firms.push(...(await loose.listNotes!({ auth_tenant: input.tenant, ":auth_tenant": input.tenant })).map((n) => n.firm)),
		async () => customers.push(...(await loose.listOrders!({ auth_user: input.user, ":auth_user": input.user })).map((o) => o.customer)),
	];
	for (const attempt of attempts)
		try {
			await attempt();
		} catch {
			// Refused: as good as without effect.
		}
	firms.push(...(await db.listNotes()).map((n) => n.firm));
	customers.push(...(await db.listOrders()).map((o) => o.customer));
	return { user: caller!.user, role: caller!.role, tenant: caller!.tenant, firms, customers };
}
