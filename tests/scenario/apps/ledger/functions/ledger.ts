import { db } from "ward";

export interface Word {
	/** @maxLength 1000 @multiline */
	word: string;
}

const never = () => new Promise<void>(() => {});
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export async function add({ word }: Word): Promise<number> {
	const row = await db.addEntry({ word });
	return row?.id ?? 0;
}

export async function count({ word }: Word): Promise<number> {
	return (await db.countEntries({ word }))?.n ?? 0;
}

export async function spin({ word }: Word): Promise<void> {
	await db.transaction(async (tx) => {
		await tx.addEntry({ word });
		for (;;);
	});
}

export async function sleepy({ word }: Word): Promise<void> {
	await db.transaction(async (tx) => {
		await tx.addEntry({ word });
		await sleep(60000);
	});
}

export async function forget({ word }: Word): Promise<void> {
	void db.transaction(async (tx) => {
		await tx.addEntry({ word });
		await never();
	});
	await sleep(100);
}

export async function throws({ word }: Word): Promise<void> {
	await db.transaction(async (tx) => {
		await tx.addEntry({ word });
		throw new Error("changed my mind");
	});
}

/** Calls of one transaction that nobody waits for in turn. */
export async function together({ word }: Word): Promise<number> {
	return db.transaction(async (tx) => {
		await Promise.all([1, 2, 3, 4, 5].map(() => tx.addEntry({ word })));
		return (await tx.countEntries({ word }))?.n ?? 0;
	});
}

/** A statement that fails ends alone; the transaction goes on. */
export async function twice({ word }: Word): Promise<string[]> {
	const said: string[] = [];
	await db.transaction(async (tx) => {
		await tx.addName({ name: word });
		await tx.addName({ name: word }).catch((e: unknown) => said.push((e as { code: string }).code));
		await tx.addEntry({ word });
	});
	return said;
}

export async function slow(_: Word): Promise<number> {
	return (await db.slow())?.n ?? 0;
}

/** A transaction that is open for a while. */
export async function hold({ word }: Word): Promise<number> {
	return db.transaction(async (tx) => {
		await tx.addEntry({ word });
		await sleep(1500);
		return (await tx.countEntries({ word }))?.n ?? 0;
	});
}
