type Id<T> = T extends { numeric: true } ? number : string;
type Unwrap<T> = T extends Promise<infer U> ? U : T;
export function f(input: { a: Id<{ numeric: true }>; b: Id<{}>; c: Unwrap<Promise<boolean>> }): void {
	void input;
}
