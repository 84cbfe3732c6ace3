function deep(text: string): never {
	throw new Error("the inner detail: " + text);
}

export function throws(input: { text: string }): { ok: boolean } {
	return deep(input.text);
}
