import type { File } from "ward";

/** A place on a map. */
interface Place {
	lat: number;
	lon: number;
}

interface Photo {
	/** @maxLength 20 */
	album: string;
	/** @maxLength 80 */
	title: string;
	/** @minimum 1 @maximum 5 @integer */
	stars?: number;
	taken?: Date;
	/** @maxItems 3 */
	tags?: string[];
	place?: Place;
	photo: File<"image/png" | "image/jpeg", { maxBytes: 200_000 }>;
}

/** Keeps a photo, and says what came. */
export async function photo({ album, title, stars, taken, tags, place, photo }: Photo): Promise<{
	album: string; title: string; stars: number | null; year: number | null; tags: string[]; lat: number | null;
	name: string; type: "image/png" | "image/jpeg"; size: number; length: number; last: number;
}> {
	return {
		album, title, stars: stars ?? null, year: taken ? taken.getUTCFullYear() : null, tags: tags ?? [], lat: place ? place.lat : null,
		name: photo.name, type: photo.type, size: photo.size, length: photo.bytes.length, last: photo.bytes[photo.bytes.length - 1] ?? -1,
	};
}
