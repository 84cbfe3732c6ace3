interface Deep {
	list: { inner: Record<string, [string, any]> }[];
}
export function f(input: { deep: Deep }): void {
	void input;
}
