import { db } from "ward";

export interface Note {
	id: number;
	author: string;
	text: string;
	createdAt: Date;
}

export interface NewNote {
	/** @minLength 1 @maxLength 40 */
	author: string;
	/** @minLength 1 @maxLength 500 */
	text: string;
}

/** The newest notes. */
export async function listNotes(): Promise<Note[]> {
	return db.listNotes();
}

/** Writes a note and tells its number. */
export async function addNote({ author, text }: NewNote): Promise<{ id: number }> {
	const note = await db.insertNote({ author, text });
	if (!note) throw new Error("an insert always returns its row");
	return note;
}
