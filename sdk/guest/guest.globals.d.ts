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

// First the common form, which takes a promise's resolve; then the one that passes arguments on.
declare function setTimeout(run: (value?: any) => void, ms?: number): number;
declare function setTimeout<Args extends unknown[]>(run: (...args: Args) => void, ms?: number, ...args: Args): number;
declare function setInterval(run: (value?: any) => void, ms?: number): number;
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

declare class URL {
	constructor(url: string | URL, base?: string | URL);
	static canParse(url: string | URL, base?: string | URL): boolean;
	static parse(url: string | URL, base?: string | URL): URL | null;
	href: string;
	readonly origin: string;
	protocol: string;
	username: string;
	password: string;
	host: string;
	hostname: string;
	port: string;
	pathname: string;
	search: string;
	readonly searchParams: URLSearchParams;
	hash: string;
	toString(): string;
	toJSON(): string;
}
declare class URLSearchParams {
	constructor(init?: string | Record<string, string> | Iterable<readonly [string, string]>);
	readonly size: number;
	append(name: string, value: string): void;
	delete(name: string, value?: string): void;
	get(name: string): string | null;
	getAll(name: string): string[];
	has(name: string, value?: string): boolean;
	set(name: string, value: string): void;
	sort(): void;
	forEach(call: (value: string, name: string, params: URLSearchParams) => void): void;
	entries(): IterableIterator<[string, string]>;
	keys(): IterableIterator<string>;
	values(): IterableIterator<string>;
	[Symbol.iterator](): IterableIterator<[string, string]>;
	toString(): string;
}

declare function structuredClone<T>(value: T, options?: { transfer?: ArrayBuffer[] }): T;
declare function queueMicrotask(run: () => void): void;
declare function atob(base64: string): string;
declare function btoa(binary: string): string;

declare class DOMException extends Error {
	constructor(message?: string, name?: string);
	readonly code: number;
}
