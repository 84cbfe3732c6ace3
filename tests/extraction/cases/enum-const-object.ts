const colours = { red: "r", green: "g" } as const;
type Colour = (typeof colours)[keyof typeof colours];
export function f(input: { colour: Colour; key: keyof typeof colours }): void {
	void input;
}
