import { WardError } from "ward";
class Odd extends WardError<{ why: any }>("Odd", 400) {}
export function f(input: { a: string }): void {
	throw new Odd({ why: input });
}
