import type { File } from "ward";

export async function notes({ file }: { file: File<"text/plain" | "text/csv" | "application/json", { maxBytes: 10_000 }> }): Promise<{
	type: string;
	/** @multiline */
	text: string;
}> {
	return { type: file.type, text: new TextDecoder().decode(file.bytes) };
}
