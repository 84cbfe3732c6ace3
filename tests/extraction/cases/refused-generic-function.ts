export function f<T>(input: { value: T }): T {
	return input.value;
}
