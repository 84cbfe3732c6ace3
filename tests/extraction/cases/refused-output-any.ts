export function f(input: { text: string }) {
	return JSON.parse(input.text);
}
