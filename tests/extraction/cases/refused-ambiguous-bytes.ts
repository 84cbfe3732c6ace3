export function f(input: { x: bigint | Uint8Array | null }): void {
	void input;
}
