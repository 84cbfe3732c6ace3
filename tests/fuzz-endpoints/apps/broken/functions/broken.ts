/** Takes several lines and promises one. */
export function store({ text }: { /** @multiline @maxLength 40 */ text: string }): { text: string } {
	return { text };
}

/** Forgets that zero is a number too. */
export function divide({ by }: { /** @integer @minimum 0 @maximum 9 */ by: number }): { result: bigint } {
	return { result: 100n / BigInt(by) };
}
