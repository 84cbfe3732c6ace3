export function f(input: { id: bigint }): bigint {
	return input.id;
}
