export function f(input: { file: Uint8Array }): Uint8Array {
	return input.file;
}
