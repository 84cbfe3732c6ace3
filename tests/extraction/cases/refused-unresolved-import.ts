import type { Missing } from "no-such-package";
export function f(input: { value: Missing }): void {
	void input;
}
