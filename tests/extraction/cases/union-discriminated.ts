type Shape = { kind: "circle"; radius: number } | { kind: "box"; width: number; height: number };
export function f(input: { shape: Shape }): number {
	return input.shape.kind === "circle" ? input.shape.radius : input.shape.width;
}
