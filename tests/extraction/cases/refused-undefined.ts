export function f(input: { value: undefined }): void {
	void input;
}
