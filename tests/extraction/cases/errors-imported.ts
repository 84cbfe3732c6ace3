import { refuse } from "../shared/errors.ts";
export function f(input: { sku: string }): string {
	return refuse(input.sku);
}
