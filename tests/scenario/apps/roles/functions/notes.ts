import { db } from "ward";

interface Note {
	id: number;
	firm: string;
	text: string;
}

export async function writeNote(input: { text: string }): Promise<{ id: number }> {
	return { id: Number((await db.addNote({ text: input.text })).lastId) };
}

export async function listNotes(): Promise<Note[]> {
	return db.listNotes();
}

export async function exportNotes(): Promise<Note[]> {
	return db.listNotes();
}

export async function readNote(input: { id: number }): Promise<{ note: Note | null }> {
	return { note: await db.getNote({ id: input.id }) };
}

export async function editNote(input: { id: number; text: string }): Promise<{ changes: number }> {
	return { changes: Number((await db.editNote(input)).changes) };
}
