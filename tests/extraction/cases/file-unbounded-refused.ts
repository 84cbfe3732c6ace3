import type { File } from "ward";

export function f(input: { a: File<"image/png", { maxBytes: number }>; b: File<"image/png", { maxBytes: 1e9 }> }): void {
	void input;
}
