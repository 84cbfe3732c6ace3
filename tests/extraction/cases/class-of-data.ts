class Point {
	x = 0;
	y = 0;
}
export function f(input: { at: Point }): void {
	void input;
}
