// What a function finds in its global scope beside the language itself (src/wasm/guest/). No file system, no network,
// no eval: those would be a way around the contract.

interface Console {
	debug(...data: unknown[]): void;
	log(...data: unknown[]): void;
	info(...data: unknown[]): void;
	warn(...data: unknown[]): void;
	error(...data: unknown[]): void;
	dir(value: unknown): void;
	trace(...data: unknown[]): void;
	assert(condition?: unknown, ...data: unknown[]): void;
	table(rows: unknown): void;
	group(...data: unknown[]): void;
	groupEnd(): void;
	count(label?: string): void;
	countReset(label?: string): void;
	time(label?: string): void;
	timeLog(label?: string, ...data: unknown[]): void;
	timeEnd(label?: string): void;
}
declare var console: Console;

declare function setTimeout<Args extends unknown[]>(run: (...args: Args) => void, ms?: number, ...args: Args): number;
declare function setInterval<Args extends unknown[]>(run: (...args: Args) => void, ms?: number, ...args: Args): number;
declare function clearTimeout(id: number | undefined): void;
declare function clearInterval(id: number | undefined): void;

declare var performance: { now(): number; readonly timeOrigin: number };

declare class TextEncoder {
	readonly encoding: "utf-8";
	encode(text?: string): Uint8Array;
	encodeInto(text: string, to: Uint8Array): { read: number; written: number };
}
declare class TextDecoder {
	constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
	readonly encoding: "utf-8";
	readonly fatal: boolean;
	readonly ignoreBOM: boolean;
	decode(bytes?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string;
}

declare var crypto: {
	getRandomValues<T extends ArrayBufferView>(array: T): T;
	randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
};
