export function f(input: { a?: string; b: string | undefined; c?: number | undefined }): void {
	void input;
}
