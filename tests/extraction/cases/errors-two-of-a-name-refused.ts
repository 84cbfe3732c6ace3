import { WardError } from "ward";
class One extends WardError("Same", 400) {}
class Two extends WardError("Same", 409) {}
export function f(input: { a: boolean }): void {
	throw input.a ? new One() : new Two();
}
