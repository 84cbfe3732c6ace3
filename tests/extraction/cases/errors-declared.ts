import { WardError } from "ward";
export class OutOfStock extends WardError<{ sku: string; left: number }>("OutOfStock", 409, "Not enough left") {}
class Gone extends WardError("Gone", 410) {}
class Unused extends WardError("Unused", 418) {}
export const unused = Unused;
function fail(sku: string): never {
	throw new OutOfStock({ sku, left: 0 });
}
export function f(input: { sku: string }): string {
	if (input.sku === "") throw new Gone();
	return fail(input.sku);
}
