import { WardError } from "ward";

class Refused extends WardError<{ sku: string }>("Refused", 403) {}

export function refuse(sku: string): never {
	throw new Refused({ sku });
}
