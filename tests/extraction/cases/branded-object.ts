declare const checked: unique symbol;
type Checked<T> = T & { readonly [checked]: true };
export function f(input: { order: Checked<{ id: string }> }): void {
	void input;
}
