// The page. `ward/client` is generated from the functions' types: a wrong argument does not compile.
import { api } from "ward/client";

const form = document.querySelector<HTMLFormElement>("#write")!;
const problem = document.querySelector<HTMLElement>("#problem")!;
const list = document.querySelector<HTMLOListElement>("#notes")!;

async function showNotes(): Promise<void> {
	const notes = await api.listNotes();
	list.replaceChildren(...notes.map((note) => {
		const item = document.createElement("li");
		const by = document.createElement("cite");
		by.textContent = `${note.author}, ${note.createdAt.toLocaleString()}`;
		item.append(note.text, by);
		return item;
	}));
}

form.addEventListener("submit", async (event) => {
	event.preventDefault();
	const fields = new FormData(form);
	problem.hidden = true;
	try {
		await api.addNote({ author: String(fields.get("author")), text: String(fields.get("text")) });
		form.reset();
		await showNotes();
	} catch (error) {
		problem.textContent = error instanceof Error ? error.message : String(error);
		problem.hidden = false;
	}
});

void showNotes();
