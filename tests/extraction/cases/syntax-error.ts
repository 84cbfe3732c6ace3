export function f(input: { a: string ): void {
}
