export function f(input: {
	/**
	 * @exclusiveMinimum 0
	 * @exclusiveMaximum 1e3
	 * @multipleOf 0.5
	 */
	half: number;
	/** @uniqueItems @minItems 2 */
	set: number[];
	/** @minProperties 1 @maxProperties 3 */
	bag: Record<string, string>;
	/** @multiline */
	text: string;
	/** @rawText */
	raw: string;
	/** @secret */
	password: string;
	/** @default "eur" */
	currency?: string;
	/** @deprecated use other */
	old?: string;
}): void {
	void input;
}
