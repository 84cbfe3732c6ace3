export function f(...all: string[]): string {
	return all.join();
}
