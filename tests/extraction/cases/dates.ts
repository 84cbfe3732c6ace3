export function f(input: { at: Date; until?: Date }): Date {
	return input.at;
}
