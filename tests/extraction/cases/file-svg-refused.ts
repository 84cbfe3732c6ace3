import type { File } from "ward";

export function f(input: { icon: File<"image/svg+xml", { maxBytes: 100 }> }): void {
	void input;
}
