import type { File } from "ward";

export async function papers({ papers, note }: {
	/** @minItems 1 @maxItems 3 */
	papers: File<"application/pdf" | "application/zip", { maxBytes: 100_000 }>[];
	note?: string;
}): Promise<{ names: string[]; note: string }> {
	return { names: papers.map((p) => `${p.name}:${p.size}`), note: note ?? "" };
}
