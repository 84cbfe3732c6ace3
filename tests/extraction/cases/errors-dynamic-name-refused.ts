import { WardError } from "ward";
const name: string = "Odd" + Date.now();
class Odd extends WardError(name, 400) {}
export function f(): void {
	throw new Odd();
}
