/** @frobnicate */
type Inner = { a: string };
export function f(input: { b: string }): void {
	const inner: Inner = { a: input.b };
	void inner;
}
