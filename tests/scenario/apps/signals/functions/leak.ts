interface Public {
	id: number;
	name: string;
}

// The value holds more than its type names; what the type does not name must stay behind.
export function leak(input: { wrong: boolean }): Public {
	const row = { id: input.wrong ? ("one" as unknown as number) : 1, name: "Ada", passwordHash: "the-hash-that-must-not-leave" };
	return row;
}
