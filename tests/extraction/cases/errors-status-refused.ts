import { WardError } from "ward";
class Odd extends WardError("Odd", 200) {}
export function f(): void {
	throw new Odd();
}
