type Tagged = ({ kind: "a"; a: number } | { kind: "b"; b: number }) & { id: string };
export function f(input: { item: Tagged }): void {
	void input;
}
