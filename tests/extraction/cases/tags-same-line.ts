export function f(input: {
	/** @minItems 1 @maxItems 50 */
	list: string[];
	/** The name. @minLength 2 @maxLength 64 @pattern ^[a-z]+$ */
	name: string;
	/** @minimum 1 @maximum 10 @integer */
	qty: number;
	/** @format email @pii */
	mail: string;
}): void {
	void input;
}
