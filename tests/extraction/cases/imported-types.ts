import type { Shared } from "../shared/types.ts";
export function f(input: { list: Shared[] }): Shared {
	return input.list[0] ?? { id: "none" };
}
