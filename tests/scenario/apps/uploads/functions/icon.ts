import type { File } from "ward";

/** The icon is the whole body. */
export async function icon(
	input: File<"image/gif" | "image/webp" | "image/avif" | "video/mp4" | "video/webm" | "audio/mpeg" | "font/woff2" | "application/gzip", { maxBytes: 50_000 }>,
): Promise<{ type: string; size: number; name: string }> {
	return { type: input.type, size: input.size, name: input.name };
}
