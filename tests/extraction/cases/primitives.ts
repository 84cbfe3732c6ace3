export function f(input: { text: string; amount: number; yes: boolean; nothing: null }): string {
	return input.text;
}
