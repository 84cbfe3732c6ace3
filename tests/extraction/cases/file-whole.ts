import type { File } from "ward";

export function f(input: File<"text/csv", { maxBytes: 100 }>): number {
	return input.bytes.length;
}
