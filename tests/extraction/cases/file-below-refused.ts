import type { File } from "ward";

export function f(input: { album: { photo: File<"image/png", { maxBytes: 100 }> } }): void {
	void input;
}
