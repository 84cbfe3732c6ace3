type Email = string & { readonly __brand: "Email" };
export function f(input: { to: Email }): void {
	void input;
}
