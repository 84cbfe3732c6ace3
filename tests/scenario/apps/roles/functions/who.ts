import { caller, type Caller } from "ward";

interface Seen {
	user: string | null;
	role: string | null;
	tenant: string | null;
}

const seen = (who: Caller | null): Seen => ({ user: who?.user ?? null, role: who?.role ?? null, tenant: who?.tenant ?? null });

/** Says whether nobody is null, as its type promises. */
export const anyone = (): Seen & { nobody: boolean } => ({ ...seen(caller), nobody: caller === null });
/** As it is, without a net: what is missing must be null and not undefined. */
export const who = (): Seen => ({ user: caller!.user, role: caller!.role, tenant: caller!.tenant });
export const purge = (): Seen => seen(caller);
export const closeTenant = (): Seen => seen(caller);
export const recent = (): Seen => seen(caller);
export const instant = (): Seen => seen(caller);
export const guarded = (): Seen => seen(caller);
