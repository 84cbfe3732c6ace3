import type { File } from "ward";

type Picture = File<"image/png" | "image/jpeg", { maxBytes: 5_000_000 }>;

export function f(input: {
	title: string;
	photo: Picture;
	thumbnail?: Picture;
	/** @maxItems 3 */
	papers?: File<"application/pdf", { maxBytes: 1000 }>[];
}): void {
	void input;
}
