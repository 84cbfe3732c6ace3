import type { File } from "ward";

export function f(input: { photos: File<"image/png", { maxBytes: 100 }>[] }): void {
	void input;
}
