import type { File } from "ward";

export function f(input: { photo: File<"image/png", { maxBytes: 100 }> | null }): void {
	void input;
}
