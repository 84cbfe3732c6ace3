/** @maxLength 4 */ type Short = string; /** @minimum 2 */ type Two = number;
export function f(input: { /** @integer @minimum 0 */ a: number; /** @minLength 1 */ b: string, c: Short; d: Two[] }): void {
	void input;
}
